"""The environment, read once, typed, and named when something is missing. Nothing else reads `os.environ`.

A handler asks for the parts it needs and for no others: a missing variable is an error at the first request of
the function that needs it, never of its neighbour.

The parts are named tuples, as each start of each function makes them all: a dataclass takes six times as long.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple, Self

# Time-outs in seconds: each caller waits longer than any one call it makes (client 35, gateway 30, API function 15).
API_TIMEOUT = 15
AWS_CALL_TIMEOUT = 3
AWS_CALL_ATTEMPTS = 2
SQL_TIMEOUT = 5
CACHE_TIMEOUT = 0.05
SOCKET_DELIVERY_TIMEOUT = 2
PUSH_SERVICE_TIMEOUT = 5
JOBS_TIMEOUT = 300


class MissingSetting(Exception):
    """A variable the function needs is not in its environment."""


def _require(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise MissingSetting(f"environment variable {name} is not set; template.yaml gives it to the function")
    return value


class Database(NamedTuple):
    """How to reach PostgreSQL; the password is always an IAM token made on the spot; a trusting server ignores it."""

    host: str
    port: int
    name: str
    user: str
    sslmode: str
    pool_size: int

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(
            host=_require(env, "DATABASE_HOST"),
            port=int(_require(env, "DATABASE_PORT")),
            name=_require(env, "DATABASE_NAME"),
            user=_require(env, "DATABASE_USER"),
            sslmode=_require(env, "DATABASE_SSLMODE"),
            pool_size=int(env.get("DATABASE_POOL_SIZE") or 1),
        )


class Reader(NamedTuple):
    """Where a copy of the database answers that may lag a little; none where `host` is empty, or the database's own."""

    host: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(host=env.get("DATABASE_READER_HOST", ""))


class Cache(NamedTuple):
    host: str
    port: int
    user: str
    tls: bool

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(
            host=_require(env, "CACHE_HOST"),
            port=int(_require(env, "CACHE_PORT")),
            user=_require(env, "CACHE_USER"),
            tls=_require(env, "CACHE_TLS") == "true",
        )


class Region(NamedTuple):
    """Where the function runs, and where the SDK was told to find AWS (empty: at AWS).

    `home` is where writes go and the database is (empty: here); `regions` are all regions that hold the tables, the one
    in which the platform began first (empty: home alone).
    """

    name: str
    endpoint: str
    home: str = ""
    regions: tuple[str, ...] = ()

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(
            name=_require(env, "AWS_REGION"),
            endpoint=env.get("AWS_ENDPOINT_URL", ""),
            home=env.get("HOME_REGION", ""),
            regions=tuple(filter(None, env.get("REGIONS", "").split(","))),
        )

    @property
    def is_home(self) -> bool:
        return self.home in ("", self.name)

    @property
    def everywhere(self) -> tuple[str, ...]:
        """The regions that hold the tables, the first one first, this one among them."""
        return tuple(dict.fromkeys((*(self.regions or (self.home or self.name,)), self.name)))

    @property
    def first(self) -> str:
        """Where the platform began: what says of no region that it wrote it is from there. It stays the first when
        another becomes home."""
        return self.everywhere[0]

    def owns(self, written_in: str | None) -> bool:
        """Whether it is for this region to do what follows from an item that was written there. Of the three streams
        that bring an item, each region's one, so one does."""
        return (written_in or self.first) == self.name


class Site(NamedTuple):
    """The platform's own address, for absolute links and the list of origins a socket may come from.

    `url` is empty where the distribution's own name is used: then the edge says which host the viewer asked for,
    and is believed when it proves itself by the secret whose SHA-256 is `origin_secret_sha256`.
    """

    url: str
    origin_secret_sha256: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(
            url=env.get("SITE_URL", "").rstrip("/"), origin_secret_sha256=env.get("ORIGIN_SECRET_SHA256", "").lower()
        )


class UserPool(NamedTuple):
    """Where people's identities are."""

    id: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(id=_require(env, "USER_POOL_ID"))


class Grown(NamedTuple):
    """The stack as growing is decided: by which names AWS measures it, what its database bears, its parameters."""

    name: str
    api_id: str
    database_dimension: str
    database_watched: str
    database_connections: int
    database_memory: int  # bytes
    parameters: Mapping[str, str]

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        words = _require(env, "STACK_PARAMETERS").split()
        return cls(
            name=_require(env, "STACK_NAME"),
            api_id=_require(env, "API_ID"),
            database_dimension=_require(env, "DATABASE_DIMENSION"),
            database_watched=_require(env, "DATABASE_WATCHED"),
            database_connections=int(_require(env, "DATABASE_CONNECTIONS")),
            database_memory=int(_require(env, "DATABASE_MEMORY")),
            parameters=dict(word.split("=", 1) for word in words),
        )


class Topic(NamedTuple):
    """Where alarms are told."""

    arn: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(arn=_require(env, "ALARMS_TOPIC"))


class Sender(NamedTuple):
    """Whom mails come from, such as `Mundo Tango <hola@example.org>`; empty where the platform sends none."""

    address: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(address=env.get("MAIL_FROM", ""))


class VapidKey(NamedTuple):
    """The parameter of Systems Manager that holds the private key of Web Push."""

    parameter: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(parameter=_require(env, "VAPID_KEY_PARAMETER"))


class VapidPublicKey(NamedTuple):
    """What browsers know this platform by when it sends to them; empty where there is no Web Push. The template has a
    short name and a dot before it."""

    key: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(key=env.get("VAPID_PUBLIC_KEY", "").rpartition(".")[2])


class PushServices(NamedTuple):
    """Origins of push services beside those of the known browsers."""

    further: tuple[str, ...]

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(further=tuple(filter(None, env.get("PUSH_SERVICES", "").split(","))))


class ChunkQueue(NamedTuple):
    """The address of the queue that large audiences are told through; empty, there is none, and they are told at once
    by who finds them."""

    url: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(url=env.get("CHUNKS_QUEUE", ""))


class Distribution(NamedTuple):
    """The edge's distribution, whose copies are invalidated."""

    id: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(id=_require(env, "DISTRIBUTION_ID"))


class DeadLetterQueues(NamedTuple):
    """The addresses of all queues of what was given up."""

    urls: tuple[str, ...]

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(urls=tuple(_require(env, "DEAD_LETTER_QUEUES").split()))


class EdgeSettles(NamedTuple):
    """How long `after` an act the edge is told of it."""

    after: timedelta

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        return cls(after=timedelta(seconds=float(_require(env, "EDGE_SETTLES"))))


def table(name: str, env: Mapping[str, str] = os.environ) -> str:
    """The real name of a DynamoDB table, such as `table("reactions")` from REACTIONS_TABLE."""
    return _require(env, f"{name.upper()}_TABLE")


def bucket(name: str, env: Mapping[str, str] = os.environ) -> str:
    """The real name of a bucket, `uploads` or `media`."""
    return _require(env, f"{name.upper()}_BUCKET")


def queue(name: str, env: Mapping[str, str] = os.environ) -> str:
    """The address of a queue, such as `queue("mails")` from MAILS_QUEUE."""
    return _require(env, f"{name.upper()}_QUEUE")


def runs_in_lambda(env: Mapping[str, str] = os.environ) -> bool:
    """Whether a handler may warm up at import: only inside Lambda does an import precede a request."""
    return "AWS_LAMBDA_FUNCTION_NAME" in env


def function_memory(env: Mapping[str, str] = os.environ) -> int | None:
    """What the function may take, in bytes; None outside of Lambda."""
    megabytes = env.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    return int(megabytes) * 1024 * 1024 if megabytes.isdigit() else None


def starts_on_demand(env: Mapping[str, str] = os.environ) -> bool:
    """Whether a call waits for the environment's start; one that is provisioned, or restored, was started before."""
    return env.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand") == "on-demand"


def starts_from_snapshot(env: Mapping[str, str] = os.environ) -> bool:
    """Whether what an import leaves in memory is what many environments begin with."""
    return env.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
