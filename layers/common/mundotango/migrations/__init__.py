"""The schema, forward only: each file of SQL here is applied once, in the order of its name, and never changed after.

A file and the note that it was applied are one transaction, behind one lock of that transaction: a run that is killed
at any point leaves nothing half done and nothing locked, and the next run goes on from there. (Of yoyo-migrations this
is not true: it notes an applied file on another connection, and its lock is a row that a killed process leaves.)
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

from psycopg import Connection, Error

_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
# Any number, the same for all who migrate this database.
_LOCK = 7_216_381


class MigrationFailed(Exception):
    """A file cannot be applied; the message names it and the database's reason."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


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
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )
        row = connection.execute("SELECT sha256 FROM schema_migrations WHERE name = %s", (migration.name,)).fetchone()
        if row is not None:
            if row[0] != migration.sha256:
                raise MigrationFailed(f"{migration.name} was changed after it was applied; write a new file instead")
            return False
        try:
            # Without parameters: one message with all the file's statements, as psql would send it.
            connection.execute(migration.sql.encode())
        except Error as failure:
            reason = failure.diag.message_primary or type(failure).__name__
            raise MigrationFailed(f"{migration.name}: {reason}") from failure
        connection.execute(
            "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s)", (migration.name, migration.sha256)
        )
        return True
