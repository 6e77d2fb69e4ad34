"""What was committed is announced, what was not is not, and the answer tells which."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.realtime.model import Activity, Appended
from tests.factories.media import ready_media
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway, Log, fake_platform

Join = Callable[[str], UUID]


@pytest.fixture
def platform(real_database: Database) -> Platform:
    """With the real pool and real commits."""
    platform = fake_platform()
    platform.database = real_database
    return platform


class FailingAtCommit:
    """A database that takes every statement and loses the transaction at its end."""

    def __init__(self, database: Database, failure: Exception) -> None:
        self._database = database
        self._failure = failure

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        with self._database.transaction() as connection:
            yield connection
            raise self._failure


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (psycopg.OperationalError("server closed the connection"), 503, "unavailable"),
        (psycopg.errors.CheckViolation("a rule we forgot"), 500, "internal-error"),
    ],
    ids=["database gone", "unforeseen"],
)
def test_a_commit_that_fails_is_an_error_and_announces_nothing(
    gateway: Gateway, join: Join, real_database: Database, failure: Exception, status: int, code: str
) -> None:
    malena = join("malena")
    gateway.platform.database = FailingAtCommit(real_database, failure)  # type: ignore[assignment]

    answer = gateway.post("/api/posts", user=malena, json={"body": "Hola"})

    assert (answer.status, answer.problem) == (status, code)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert isinstance(gateway.platform.activities, FakeActivities)
    assert gateway.platform.activities.appended == []
    gateway.platform.database = real_database
    assert gateway.get("/api/feed", user=malena).json()["items"] == []


def test_a_commit_that_fails_leaves_the_cache_alone(gateway: Gateway, real_database: Database) -> None:
    user_id = ids.new_id()
    gateway.platform.cache.set(f"user:{user_id}", {"still": "right"}, 60)
    gateway.platform.database = FailingAtCommit(real_database, psycopg.OperationalError())  # type: ignore[assignment]

    answer = gateway.post("/api/users", user=user_id, json={"handle": "malena", "display_name": "Malena", "city": ""})

    assert answer.status == 503
    assert gateway.platform.cache.get(f"user:{user_id}") == {"still": "right"}


def test_a_refusal_leaves_nothing_behind(gateway: Gateway, join: Join) -> None:
    malena = join("malena")

    answer = gateway.post("/api/posts", user=malena, json={"body": "Hola", "media": [{"id": str(malena), "alt": ""}]})

    assert answer.problem == "not-found"
    assert gateway.get("/api/feed", user=malena).json()["items"] == []


def test_a_post_is_made_though_nobody_can_be_told(gateway: Gateway, join: Join, log: Log) -> None:
    malena = join("malena")
    activities = gateway.platform.activities

    def append(_: Activity) -> Appended:
        raise Unavailable("DynamoDB is away")

    activities.append = append  # type: ignore[assignment, method-assign]
    log.text()

    answer = gateway.post("/api/posts", user=malena, json={"body": "Hola"})

    assert answer.status == 201
    assert gateway.get(answer.headers["location"], user=malena).status == 200
    line = next(line for line in log.lines() if line.get("route") == "/api/posts")
    assert line["outbox_failures"] == 1
    assert unannounced(gateway.platform.database) == 1


def unannounced(database: Database) -> int:
    with database.transaction() as connection:
        row = connection.execute("SELECT count(*) FROM outbox WHERE relayed_at IS NULL").fetchone()
    assert row is not None
    return int(row[0])


class Watched:
    """A database that knows how many of its transactions are open."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.opened = self.open = 0

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        with self._database.transaction() as connection:
            self.opened += 1
            self.open += 1
            try:
                yield connection
            finally:
                self.open -= 1


class Asked:
    """A store that notes for each call how many transactions were open meanwhile."""

    def __init__(self, store: object, database: Watched, calls: list[tuple[str, int]]) -> None:
        self._store, self._database, self._calls = store, database, calls

    def __getattr__(self, name: str) -> Any:
        self._calls.append((name, self._database.open))
        return getattr(self._store, name)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/feed", None),
        ("GET", "/api/posts/{post}", None),
        ("PUT", "/api/posts/{post}/reaction", {"kind": "like"}),
        ("DELETE", "/api/posts/{post}/reaction", None),
        ("POST", "/api/posts/views", {"post_ids": ["{post}"]}),
        ("POST", "/api/posts", {"body": "Hola", "media": [{"id": "{picture}", "alt": ""}]}),
    ],
)
def test_no_transaction_waits_for_another_store(
    gateway: Gateway, join: Join, real_database: Database, method: str, path: str, body: Any
) -> None:
    malena = join("malena")
    picture = ready_media(owner_id=malena)
    gateway.platform.media.add(picture)
    post = gateway.post("/api/posts", user=malena, json={"body": "Hola"}).json()["id"]
    database, calls = Watched(real_database), list[tuple[str, int]]()
    gateway.platform.database = database  # type: ignore[assignment]
    for store in ("reactions", "counters", "engagements", "media"):
        setattr(gateway.platform, store, Asked(getattr(gateway.platform, store), database, calls))

    sent = json.loads(json.dumps(body).replace("{picture}", str(picture.media_id)).replace("{post}", post))
    answer = gateway.call(method, path.format(post=post), user=malena, json=sent)

    assert answer.status in (200, 201, 204)
    assert database.opened
    assert calls
    assert [name for name, open_transactions in calls if open_transactions] == []


def test_a_feed_costs_the_same_whatever_its_length(gateway: Gateway, join: Join, log: Log) -> None:
    malena = join("malena")

    def statements() -> int:
        log.text()
        gateway.get("/api/feed", user=malena)
        (line,) = log.lines()
        return int(line["sql_statements"])

    gateway.post("/api/posts", user=malena, json={"body": "1"})
    with_one = statements()
    for n in range(10):
        gateway.post("/api/posts", user=malena, json={"body": str(n)})

    assert statements() == with_one <= 3


def test_a_database_that_is_away_is_503_everywhere(gateway: Gateway, platform: Platform) -> None:
    class Away:
        def transaction(self) -> AbstractContextManager[psycopg.Connection]:
            raise Unavailable("the database cannot be reached now")

    platform.database = Away()  # type: ignore[assignment]
    somebody = UUID(int=7)

    for answer in (
        gateway.get("/api/public/events"),
        gateway.get("/api/feed", user=somebody),
        gateway.get("/api/users/me", user=somebody),
        gateway.post("/api/posts", user=somebody, json={"body": "Hola"}),
    ):
        assert (answer.status, answer.problem) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["cache-control"] == "no-store"
