"""Which of two real databases is asked: the primary, or a reader that lags behind it for as long as the test lasts."""

from collections.abc import Callable, Iterator
from copy import replace
from uuid import UUID

import pytest

from devstack.postgres import Server
from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.adapters.reader import LAG_SECONDS, PAUSE_SECONDS, Reader
from mundotango.bootstrap import Platform
from mundotango.errors import ReaderAway
from tests.fakes.cache import FakeCache
from tests.fixtures.gateway import Gateway, Log, fake_platform
from tests.fixtures.postgres import clone, superuser

Join = Callable[[str], UUID]


class Seconds:
    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed


@pytest.fixture
def lagging(postgres_server: Server, database_settings: settings.Database) -> Iterator[Database]:
    """A copy of the empty database, under the name of this worker's with `_reader` behind."""
    name = f"{database_settings.name}_reader"
    with superuser(postgres_server) as connection:
        clone(connection, name)
        found = Database(
            replace(database_settings, name=name), "eu-west-1", password=lambda: "trusted", wait=0.5, away=ReaderAway
        )
        yield found
        found.close()
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def platform(real_database: Database, lagging: Database, seconds: Seconds) -> Platform:
    platform = fake_platform()
    platform.database = real_database
    platform.reader = Reader(lagging, lambda: platform.cache, monotonic=seconds)
    return platform


@pytest.fixture
def cache(platform: Platform) -> FakeCache:
    assert isinstance(platform.cache, FakeCache)
    return platform.cache


def later(cache: FakeCache, user: UUID) -> None:
    """The seconds after a write are over."""
    cache.delete(f"wrote:{user}")


def test_who_has_not_written_is_answered_by_the_reader(gateway: Gateway, join: Join, cache: FakeCache) -> None:
    malena = join("malena")
    later(cache, malena)

    assert gateway.get("/api/users/malena/followers", user=malena).status == 404


def test_who_has_just_written_finds_what_they_wrote(gateway: Gateway, join: Join, cache: FakeCache) -> None:
    malena, troilo = join("malena"), join("troilo")
    later(cache, troilo)
    post = gateway.post("/api/posts", user=malena, json={"body": "Hola"}).headers["location"]

    assert gateway.get(post, user=malena).status == 200
    assert gateway.get("/api/feed", user=malena).json()["items"]
    assert gateway.get(post, user=troilo).status == 404
    later(cache, malena)
    assert gateway.get(post, user=malena).status == 404


def test_the_mark_of_a_write_lasts_longer_than_a_reader_lags(gateway: Gateway, join: Join, cache: FakeCache) -> None:
    malena = join("malena")

    _, ends_at = cache._rows[f"wrote:{malena}"]
    assert LAG_SECONDS - 1 < (ends_at - gateway.platform.clock.now()).total_seconds() <= LAG_SECONDS


def test_a_refused_write_is_no_write(gateway: Gateway, join: Join, cache: FakeCache) -> None:
    malena = join("malena")
    later(cache, malena)

    assert gateway.post("/api/posts", user=malena, json={"body": ""}).status == 422
    assert cache.holds(f"wrote:{malena}") is False


def test_while_the_cache_cannot_say_the_primary_answers(gateway: Gateway, join: Join, cache: FakeCache) -> None:
    malena = join("malena")
    cache.away = True

    assert gateway.get("/api/users/malena/followers", user=malena).status == 200


def test_what_fills_the_cache_is_read_from_the_primary(gateway: Gateway, join: Join, cache: FakeCache) -> None:
    malena = join("malena")
    later(cache, malena)

    assert gateway.get("/api/users/me", user=malena).status == 200


def test_a_reader_that_is_away_is_replaced_by_the_primary_at_once_and_left_alone(
    gateway: Gateway, join: Join, cache: FakeCache, lagging: Database, seconds: Seconds, log: Log
) -> None:
    malena = join("malena")
    later(cache, malena)
    found = lagging._settings
    lagging.close()
    lagging._settings = replace(found, name="nowhere")
    lagging.__dict__.pop("_pool", None)
    log.text()

    for _ in range(2):
        assert gateway.get("/api/users/malena/followers", user=malena).status == 200
        assert gateway.call("HEAD", "/api/users/malena/followers", user=malena).status == 200
    lines = [line for line in log.lines() if line.get("route") == "/api/users/{handle}/followers"]
    assert [line.get("reader_failures", 0) for line in lines] == [1, 0, 0, 0]
    assert [line["method"] for line in lines] == ["GET", "HEAD", "GET", "HEAD"]

    lagging._settings = found
    lagging.close()
    lagging.__dict__.pop("_pool", None)
    assert gateway.get("/api/users/malena/followers", user=malena).status == 200
    seconds.passed = PAUSE_SECONDS
    assert gateway.get("/api/users/malena/followers", user=malena).status == 404


def test_a_reader_that_ends_a_statement_is_replaced_by_the_primary(
    gateway: Gateway, join: Join, cache: FakeCache, lagging: Database, postgres_server: Server
) -> None:
    """As a copy does whose changes cannot wait for what is being read."""
    malena = join("malena")
    later(cache, malena)
    with superuser(postgres_server, lagging._settings.name) as connection:
        connection.execute("ALTER TABLE users RENAME TO others")
        connection.execute(
            """
            CREATE FUNCTION conflict() RETURNS SETOF others LANGUAGE plpgsql AS $$
            BEGIN RAISE 'canceling statement due to conflict with recovery' USING ERRCODE = '40001'; END $$
            """
        )
        connection.execute("CREATE VIEW users AS SELECT * FROM conflict()")
        connection.execute("GRANT SELECT ON users TO mundo_app")

    assert gateway.get("/api/users/malena/followers", user=malena).status == 200


def test_with_both_away_it_is_503(gateway: Gateway, join: Join, cache: FakeCache) -> None:
    malena = join("malena")
    later(cache, malena)
    reader = gateway.platform.reader
    assert reader is not None
    for database in (reader.database, gateway.platform.database):
        database.close()
        database._settings = replace(database._settings, name="nowhere")
        database._wait = 0.2
        database.__dict__.pop("_pool", None)

    answer = gateway.get("/api/users/malena/followers", user=malena)

    assert (answer.status, answer.problem) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_without_a_reader_nothing_is_marked_or_asked(gateway: Gateway, join: Join, cache: FakeCache) -> None:
    gateway.platform.reader = None
    malena = join("malena")

    assert cache.holds(f"wrote:{malena}") is False
    assert gateway.get("/api/users/malena/followers", user=malena).status == 200


def test_the_reader_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"HOST": "primary", "PORT": "5432", "NAME": "m", "USER": "mundo_app", "SSLMODE": "disable"}
    for name, value in given.items():
        monkeypatch.setenv(f"DATABASE_{name}", value)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    assert Platform().reader is None
    monkeypatch.setenv("DATABASE_READER_HOST", "primary")
    assert Platform().reader is None
    monkeypatch.setenv("DATABASE_READER_HOST", "reader")
    reader = Platform().reader
    assert reader is not None
    assert (reader.database._settings.host, reader.database._settings.port) == ("reader", 5432)
