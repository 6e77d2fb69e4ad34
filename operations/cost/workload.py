"""What people do, from operations/workload.toml."""

import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from operations.cost.prices import REGIONS
from operations.refusal import Refusal

PATH = Path(__file__).parent.parent / "workload.toml"
PUBLIC = ("tonight", "events", "event", "public_post")
WRITES = frozenset({"comment", "like", "many_likes", "picture", "post", "register", "views"})
FIXED = ("comment", "picture", "post", "register")  # so many a month, however much is read
DATABASE_WRITES = frozenset({"comment", "post", "register"})  # the others' facts are DynamoDB's


@dataclass(frozen=True, slots=True)
class Person:
    sessions: float
    requests_a_session: float
    likes_a_session: float
    socket_minutes_a_session: float
    pictures: float


@dataclass(frozen=True, slots=True)
class Edge:
    offload_json: float
    offload_pictures: float
    shield_pictures: float
    further_pictures_a_session: float
    kilobytes_a_picture: float
    kilobytes_an_answer: float
    kilobytes_a_request: float


@dataclass(frozen=True, slots=True)
class Sockets:
    opened_a_session: float
    pings_a_minute: float
    frames_a_like: float
    frames_a_post: float
    frames_a_comment: float


@dataclass(frozen=True, slots=True)
class History:
    months: float
    kilobytes_of_rows_a_person_a_month: float
    kilobytes_of_reactions_a_person_a_month: float
    kilobytes_of_their_index_a_person_a_month: float
    kilobytes_of_inbox_a_person: float
    changed_a_day: float
    kilobytes_cached_a_person: float
    database_writes_a_request: float
    database_misses_a_request: float


@dataclass(frozen=True, slots=True)
class Mail:
    mails: float


@dataclass(frozen=True, slots=True)
class Functions:
    cold_share: float
    cold_ms: float
    dynamodb_ms: float
    s3_ms: float
    sqs_ms: float
    sql_ms: float
    cache_ms: float
    log_bytes_an_invocation: float
    polls_a_second: float


@dataclass(frozen=True, slots=True)
class Workload:
    person: Person
    requests: dict[str, float]
    edge: Edge
    sockets: Sockets
    history: History
    mail: Mail
    regions: dict[str, float]
    functions: Functions

    @property
    def json_a_session(self) -> float:
        return sum(self.requests.values())

    @property
    def pictures_a_session(self) -> float:
        """What of a session's requests is not of JSON, and what is seen beside them."""
        return self.person.requests_a_session - self.json_a_session + self.edge.further_pictures_a_session

    def reaching(self, *, edge: bool = True) -> dict[str, float]:
        """The requests of JSON of a session that come to the origin, by act; all of them without `edge`."""
        public = sum(self.requests[name] for name in PUBLIC)
        missed = max(1 - self.edge.offload_json * self.json_a_session / public, 0) if edge else 1.0
        return {name: often * (missed if name in PUBLIC else 1) for name, often in self.requests.items()}

    def acts(self) -> dict[str, float]:
        """How often a person does each in a month, as it reaches the origin: without what the edge answered."""
        person = self.person
        found = {name: person.sessions * often for name, often in self.reaching().items()}
        found["picture"] = person.pictures
        found["like"] = person.sessions * person.likes_a_session
        found["socket"] = person.sessions * self.sockets.opened_a_session
        found["ping"] = person.sessions * person.socket_minutes_a_session * self.sockets.pings_a_minute
        return found


PARTS: dict[str, Any] = {
    "person": Person, "edge": Edge, "sockets": Sockets, "history": History, "mail": Mail, "functions": Functions,
}  # fmt: skip


def with_pictures_beside(work: Workload, pictures: float = 40) -> Workload:
    """Where the 20 requests are as they are, and so many pictures are seen beside them."""
    return replace(work, edge=replace(work.edge, further_pictures_a_session=pictures))


def all_of_json(work: Workload, pictures: float = 40) -> Workload:
    """Where all 20 requests are of JSON, more being read and no more written, and so many pictures are seen beside."""
    written = {name: work.requests[name] for name in FIXED}
    more = (work.person.requests_a_session - sum(written.values())) / (work.json_a_session - sum(written.values()))
    requests = {name: often * more for name, often in work.requests.items()} | written
    return with_pictures_beside(replace(work, requests=requests), pictures)


@cache
def load(path: Path = PATH) -> Workload:
    """
    Raises:
        Refusal: the file is not there, is no TOML, or lacks a figure.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refusal(f"{path} is missing", cure="run this in a whole checkout of the repository") from error
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"{path.name} is not TOML: {error}", cure="correct it") from error
    parts = {name: _part(kind, written.get(name, {}), f"{path.name}: {name}") for name, kind in PARTS.items()}
    for name, wanted in (("requests", PUBLIC), ("regions", REGIONS)):
        for key in wanted:
            if key not in written.get(name, {}):
                raise Refusal(f"{path.name}: {name} has no {key}", cure="write it down, with its reason")
    return Workload(**parts, requests=written["requests"], regions=written["regions"])


def _part(kind: Any, written: dict[str, Any], where: str) -> Any:
    for field in fields(kind):
        if not isinstance(written.get(field.name), int | float):
            raise Refusal(f"{where} has no {field.name}", cure="write it down, with its reason")
    return kind(**{field.name: float(written[field.name]) for field in fields(kind)})
