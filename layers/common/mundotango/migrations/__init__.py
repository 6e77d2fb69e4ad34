"""The schema, forward only: each file of SQL here is applied once, in the order of its name, and never changed after.

A file and the note that it was applied are one transaction: a run that is killed at any point leaves nothing half done,
and the next run goes on from there. (Of yoyo-migrations this is not true: it notes an applied file on another
connection, and its lock is a row that a killed process leaves.) A file whose first line is `-- outside a transaction`
is one statement that may be repeated, such as an index made beside those who write; `: index NAME` after it says which,
so that what a failed attempt left of it is dropped first.

People write meanwhile, by code of the version before. A lock that is not free soon is given up and tried again, for
whoever comes after one that waits, waits too. What a file may do is in docs/upgrading.md.
"""

import hashlib
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files

from psycopg import Connection, Error
from psycopg import errors as sql
from psycopg.sql import SQL, Identifier, Literal

_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
_OUTSIDE = re.compile(r"-- outside a transaction(?:: index (?P<index>[a-z0-9_]+))?\n")
# Any number, the same for all who migrate this database.
_LOCK = 7_216_381
_TURN_SECONDS = 0.1
# How long a file waits for a lock, and all who write to the table behind it: less than a statement of theirs may take.
LOCK_SECONDS = 1.0
# Outside a transaction a file waits for those who began before it, and nobody waits behind it.
OUTSIDE_LOCK_SECONDS = 60.0
# How long a file is tried again, and the pause in between on average, in which those who waited are served.
PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 1.0


class MigrationFailed(Exception):
    """A file cannot be applied; the message names it and the database's reason."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def outside(self) -> bool:
        """Whether it cannot run in a transaction."""
        return _OUTSIDE.match(self.sql) is not None

    @property
    def index(self) -> str | None:
        """The index that a file outside a transaction makes."""
        found = _OUTSIDE.match(self.sql)
        return found["index"] if found else None


def packaged() -> list[Migration]:
    """The migrations that came with this code, in order."""
    found = [entry for entry in files(__name__).iterdir() if _NAME.fullmatch(entry.name)]
    return [Migration(e.name, e.read_text(encoding="utf-8")) for e in sorted(found, key=lambda entry: entry.name)]


def schema_version(migrations: list[Migration] | None = None) -> str:
    """The hash of the names and contents of all migrations: a deploy migrates when it has changed."""
    chosen = packaged() if migrations is None else migrations
    return hashlib.sha256("".join(f"{m.sha256}  {m.name}\n" for m in chosen).encode()).hexdigest()


def earlier_versions() -> set[str]:
    """What `schema_version` was before each of the packaged migrations."""
    known = packaged()
    return {schema_version(known[:count]) for count in range(1, len(known))}


def apply(connection: Connection, migrations: list[Migration] | None = None) -> list[str]:
    """Applies what is missing and answers its names. `connection` is in autocommit, as the owner of the schema.

    Waits for another run to finish. What was applied by newer code, before it was rolled back, is left as it is.

    Raises:
        MigrationFailed: nothing of the named file was kept; those before it were.
    """
    chosen = packaged() if migrations is None else migrations
    return [migration.name for migration in chosen if _apply_one(connection, migration)]


def _apply_one(connection: Connection, migration: Migration) -> bool:
    with _alone(connection):
        if _is_noted(connection, migration):
            return False
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                _run(connection, migration)
                return True
            except (sql.LockNotAvailable, sql.DeadlockDetected) as failure:
                if time.monotonic() > ends:
                    raise MigrationFailed(f"{migration.name}: no lock was free in time; deploy again") from failure
                time.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            except Error as failure:
                reason = failure.diag.message_primary or type(failure).__name__
                raise MigrationFailed(f"{migration.name}: {reason}") from failure


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Of the session, which a killed process ends. By asking again: who waits in a statement would hold up an index
    that is made concurrently, which waits for all statements that began before it."""
    while connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone() != (True,):
        time.sleep(_TURN_SECONDS)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _is_noted(connection: Connection, migration: Migration) -> bool:
    connection.execute(
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    row = connection.execute("SELECT sha256 FROM schema_migrations WHERE name = %s", (migration.name,)).fetchone()
    if row is not None and row[0] != migration.sha256:
        raise MigrationFailed(f"{migration.name} was changed after it was applied; write a new file instead")
    return row is not None


def _run(connection: Connection, migration: Migration) -> None:
    if migration.outside:
        _run_outside(connection, migration)
    else:
        with connection.transaction():
            connection.execute(SQL("SET LOCAL lock_timeout = {}").format(Literal(f"{LOCK_SECONDS * 1000:.0f}ms")))
            # Without parameters: one message with all the file's statements, as psql would send it.
            connection.execute(migration.sql.encode())
            _note(connection, migration)


def _run_outside(connection: Connection, migration: Migration) -> None:
    connection.execute(SQL("SET lock_timeout = {}").format(Literal(f"{OUTSIDE_LOCK_SECONDS * 1000:.0f}ms")))
    try:
        if migration.index and _is_invalid(connection, migration.index):
            connection.execute(SQL("DROP INDEX CONCURRENTLY {}").format(Identifier(migration.index)))
        connection.execute(migration.sql.encode())
        _note(connection, migration)
    finally:
        if not connection.closed:
            connection.execute("RESET lock_timeout")


def _is_invalid(connection: Connection, index: str) -> bool:
    """Whether an attempt to make it was broken off: it is written to, and no question is answered by it."""
    query = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
    return connection.execute(query, (index,)).fetchone() is not None


def _note(connection: Connection, migration: Migration) -> None:
    connection.execute(
        "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s)", (migration.name, migration.sha256)
    )
