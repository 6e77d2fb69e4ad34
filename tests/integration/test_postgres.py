"""The way to the database: what a request notices of a server that goes, comes, is full or will not be trusted."""

import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import replace
from datetime import timedelta

import pytest
from psycopg import errors as sql

from devstack import postgres
from devstack.postgres import Server
from mundotango import settings
from mundotango.adapters import postgres as adapter
from mundotango.adapters.postgres import Database
from mundotango.errors import Invalid, Unavailable
from mundotango.observability import counting
from tests.fakes.clock import FakeClock
from tests.fixtures.postgres import FAST, make_database, superuser


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own, to be stopped and filled."""
    data = tmp_path_factory.mktemp("private") / "data"
    server = postgres.start(data, _free_port(), FAST)
    make_database(server, "private")
    yield server
    postgres.forget(data)


@pytest.fixture
def open_database(private: Server, clock: FakeClock) -> Iterator[Callable[..., Database]]:
    opened: list[Database] = []

    def open_(size: int = 1, wait: float = adapter.WAIT_SECONDS, **changes: object) -> Database:
        chosen = settings.Database(
            host=private.host,
            port=private.port,
            name="private",
            user="mundo_app",
            sslmode="disable",
            pool_size=size,
        )
        opened.append(
            Database(
                replace(chosen, **changes),  # type: ignore[arg-type]
                "eu-west-1",
                clock=clock,
                password=lambda: "trusted",
                wait=wait,
            )
        )
        return opened[-1]

    yield open_
    for database in opened:
        database.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((postgres.HOST, 0))
        return int(probe.getsockname()[1])


def backend(database: Database) -> int:
    with database.transaction() as connection:
        return connection.info.backend_pid


def test_a_connection_is_used_again_without_asking_whether_it_lives(
    open_database: Callable[..., Database], clock: FakeClock
) -> None:
    database = open_database()
    first = backend(database)
    with counting() as counts:
        assert backend(database) == first
    assert counts["sql_statements"] == 0
    clock.advance(timedelta(minutes=5))
    with counting() as counts:
        assert backend(database) == first
    assert counts["sql_statements"] == 1  # after a long rest it is tried


def test_a_session_the_server_ended_at_rest_is_replaced_unnoticed(
    open_database: Callable[..., Database], private: Server
) -> None:
    database = open_database()
    ended = backend(database)
    with superuser(private) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (ended,))
    assert backend(database) != ended


def test_a_connection_that_breaks_in_use_is_replaced_for_the_next(
    open_database: Callable[..., Database], private: Server
) -> None:
    database = open_database()

    def lose() -> None:
        with database.transaction() as connection:
            with superuser(private) as killer:
                killer.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
            connection.execute("SELECT 1")

    with pytest.raises(Unavailable):
        lose()
    database.ping()


def test_a_server_that_comes_back_is_found_again(open_database: Callable[..., Database], private: Server) -> None:
    database = open_database()
    database.ping()
    private.stop()
    with pytest.raises(Unavailable) as refused:
        database.ping()
    assert refused.value.retry_after > 0
    postgres.start(private.data_dir, private.port, FAST)
    database.ping()


def test_a_full_server_is_unavailable_and_then_is_not(
    open_database: Callable[..., Database], private: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with superuser(private) as connection:
        connection.execute("ALTER ROLE mundo_app CONNECTION LIMIT 1")
        first, second = open_database(), open_database()
        with first.transaction(), pytest.raises(Unavailable):
            second.ping()
        connection.execute("ALTER ROLE mundo_app CONNECTION LIMIT -1")
    second.ping()
    reasons = [str(record.__dict__.get("reason")) for record in caplog.records]
    assert any("too many connections for role" in reason for reason in reasons)


def test_a_process_ends_at_once_though_nobody_closed_the_pool(private: Server) -> None:
    program = f"""
from mundotango import settings
from mundotango.adapters.postgres import Database
database = settings.Database("{private.host}", {private.port}, "private", "mundo_app", "disable", 1)
Database(database, "eu-west-1", password=lambda: "trusted").ping()
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=5, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_more_requests_than_connections_wait_and_then_are_told(open_database: Callable[..., Database]) -> None:
    database = open_database(size=1, wait=0.2)
    with database.transaction(), counting() as counts, pytest.raises(Unavailable):
        database.ping()
    assert 200 <= counts["database_wait_ms"] < 1000


def test_a_statement_that_takes_too_long_is_unavailable(open_database: Callable[..., Database]) -> None:
    database = open_database()
    with database.transaction() as connection:
        settings_ = connection.execute(
            "SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'),"
            " current_setting('timezone')"
        ).fetchone()
    assert settings_ == ("5s", "10s", "UTC")

    def dawdle() -> None:
        with database.transaction() as connection:
            connection.execute("SET LOCAL statement_timeout = 50")
            connection.execute("SELECT pg_sleep(5)")

    with pytest.raises(Unavailable):
        dawdle()


def test_a_transaction_left_idle_is_unavailable(open_database: Callable[..., Database]) -> None:
    def idle() -> None:
        with open_database().transaction() as connection:
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = 1")
            select.select([connection.fileno()], [], [], 5)
            connection.execute("SELECT 1")

    with pytest.raises(Unavailable):
        idle()


@pytest.mark.parametrize("value", ["a\x00b", 10**30])
def test_a_value_the_database_refuses_is_invalid(open_database: Callable[..., Database], value: object) -> None:
    def ask() -> None:
        with open_database().transaction() as connection:
            connection.execute("SELECT %s::bigint", (value,))

    with pytest.raises(Invalid):
        ask()


def test_nothing_is_prepared_on_the_server(open_database: Callable[..., Database]) -> None:
    with open_database().transaction() as connection:
        for number in range(20):
            connection.execute("SELECT %s::int", (number,))
        assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "DROP TABLE users",
        "ALTER TABLE users ADD mine int",
        "TRUNCATE users",
        "INSERT INTO signing_keys VALUES (gen_random_uuid(), 'cursor', 'x', now())",
        "UPDATE signing_keys SET secret = 'x'",
        "DELETE FROM schema_migrations",
    ],
)
def test_functions_change_rows_and_nothing_else(open_database: Callable[..., Database], statement: str) -> None:
    with open_database().transaction() as connection, pytest.raises(sql.InsufficientPrivilege):
        connection.execute(statement)


def test_functions_read_the_keys_they_sign_with_and_not_the_edges(open_database: Callable[..., Database]) -> None:
    with open_database().transaction() as connection:
        purposes = {purpose for (purpose,) in connection.execute("SELECT purpose FROM signing_keys")}
    assert purposes == {"check-in", "cursor"}


def test_each_connection_signs_in_with_a_token_of_its_own(
    open_database: Callable[..., Database], private: Server
) -> None:
    made: list[int] = []

    def token() -> str:
        made.append(len(made))
        return "token"

    database = Database(open_database()._settings, "eu-west-1", password=token)
    for expected in (1, 2):
        ended = backend(database)
        assert len(made) == expected
        with superuser(private) as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (ended,))
    database.close()
