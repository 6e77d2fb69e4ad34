"""Jobs while writes are stopped: they wait for their next turn, and nothing of theirs becomes a dead letter."""

from collections.abc import Iterator
from threading import Thread
from time import sleep
from uuid import UUID

import pytest

from devstack.postgres import Server
from functions.jobs import handler
from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.errors import WritesStopped
from mundotango.recovery.service import digests, resume_writes, row_differences, stop_writes, writes_stopped
from tests.fixtures.gateway import fake_platform
from tests.fixtures.postgres import another

NOTE = "INSERT INTO request_keys VALUES (gen_random_uuid(), 'key', 'body', null, now())"


class Call:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture(scope="module")
def database_settings(database_settings: settings.Database, postgres_server: Server) -> Iterator[settings.Database]:
    """Whoever stops writes ends the sessions of all tests on a database."""
    with another(postgres_server, database_settings) as own:
        yield own


@pytest.fixture
def platform(real_database: Database, monkeypatch: pytest.MonkeyPatch) -> Platform:
    platform = fake_platform()
    platform.database = real_database
    monkeypatch.setattr(handler, "platform", lambda: platform)
    return platform


@pytest.fixture
def operator(database_settings: settings.Database) -> Iterator[Database]:
    """A way to the database that an operator's call has to itself."""
    found = Database(database_settings, "eu-west-1", password=lambda: "trusted")
    yield found
    resume_writes(found, monotonic=Hurried())
    found.close()


class Hurried:
    """A second of its own passes at each look."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        self.passed += 1
        return self.passed


def test_a_job_pauses_and_goes_on(platform: Platform, operator: Database) -> None:
    stop_writes(operator, monotonic=Hurried())

    assert handler.lambda_handler({"job": "sweep_outbox"}, Call()) == {"job": "sweep_outbox"} | handler.PAUSED

    resume_writes(operator, monotonic=Hurried())

    assert handler.lambda_handler({"job": "sweep_outbox"}, Call())["done"]


def test_a_job_that_is_stopped_amid_its_work_pauses(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> dict[str, object]:
        raise WritesStopped("now")

    monkeypatch.setitem(handler.JOBS, "sweep_outbox", stop)

    assert handler.lambda_handler({"job": "sweep_outbox"}, Call())["paused"]


def test_sessions_begun_before_are_held_to_it_too(real_database: Database, operator: Database) -> None:
    with real_database.transaction() as connection:
        before = connection.info.backend_pid

    stop_writes(operator, monotonic=Hurried())

    assert writes_stopped(real_database)
    with real_database.transaction() as connection:
        assert connection.info.backend_pid != before
    with pytest.raises(WritesStopped), real_database.transaction() as connection:
        connection.execute(NOTE)


def test_a_transaction_amid_its_work_is_left_to_commit(real_database: Database, operator: Database) -> None:
    stopping = Thread(target=stop_writes, args=[operator])
    with real_database.transaction() as connection:
        stopping.start()
        sleep(0.5)
        connection.execute(NOTE)
    stopping.join(10)

    assert digests(operator)["request_keys"].rows == 1


def test_a_session_that_was_refused_is_not_kept(real_database: Database, operator: Database) -> None:
    """It learned at its beginning that it may not write, and where: after a failover the next may find the primary."""
    stop_writes(operator, monotonic=Hurried())
    sessions = set()

    def write() -> None:
        with real_database.transaction() as connection:
            sessions.add(connection.info.backend_pid)
            connection.execute(NOTE)

    for _ in range(2):
        with pytest.raises(WritesStopped):
            write()

    assert len(sessions) == 2


def test_a_difference_is_seen_where_the_counts_are_equal(real_database: Database) -> None:
    seen = []
    for location in ("/api/posts/1", "/api/posts/2"):
        with real_database.transaction() as connection:
            connection.execute("DELETE FROM request_keys")
            connection.execute(
                "INSERT INTO request_keys VALUES (%s, 'key', 'body', %s, '2026-11-23T12:00:00Z')",
                (UUID(int=1), location),
            )
        seen.append(digests(real_database))

    assert row_differences(*seen) == {"request_keys": 1}
    assert row_differences(seen[0], seen[0]) == {}
