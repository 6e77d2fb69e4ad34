"""The database as a whole: whether it takes writes, how far it has come, and what is in it."""

from datetime import datetime
from typing import cast

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from mundotango.recovery.model import Digest, Position


class RecoveryRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def refuse_writes(self) -> None:
        """In every session of this role that begins after the commit. A role may set so much for itself."""
        self._set(SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET default_transaction_read_only = on"))

    def allow_writes(self) -> None:
        """Likewise; to be the first statement of its transaction, which would be read-only."""
        self._set(SQL("ALTER ROLE CURRENT_USER IN DATABASE {} RESET default_transaction_read_only"))

    def refuses_writes(self) -> bool:
        """Whether this session's transactions are read-only: by our setting, or because the server is a copy."""
        row = self._connection.execute("SELECT current_setting('transaction_read_only')::boolean").fetchone()
        return row == (True,)

    def now(self) -> datetime:
        """By the server's clock, at this statement."""
        ((found,),) = self._connection.execute("SELECT clock_timestamp()").fetchall()
        return cast(datetime, found)

    def end_sessions(self, before: datetime, *, busy: bool) -> int:
        """Ends sessions that began before; with `busy` also those amid a transaction. Answers how many are left."""
        state = SQL("true") if busy else SQL("state = 'idle'")
        query = SQL(
            """
            SELECT count(*) - count(*) FILTER (WHERE {state} AND pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()
                AND backend_start < %s
            """
        )
        (left,) = self._connection.execute(query.format(state=state), (before,)).fetchone() or (0,)
        return int(left)

    def position(self) -> Position:
        """Of the last change written, or, at a copy, applied."""
        ((lsn, copy),) = self._connection.execute(
            """
            SELECT pg_wal_lsn_diff(
                CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0'
            )::bigint, pg_is_in_recovery()
            """
        ).fetchall()
        # A copy that has applied nothing since it was made knows no position.
        return Position(lsn or 0, copy)

    def digests(self, patience: float) -> dict[str, Digest]:
        """Of every table that this role may read, all at one moment; `patience` in seconds is for each table."""
        self._connection.execute("SET LOCAL transaction_isolation = 'repeatable read'")
        self._connection.execute("SET LOCAL transaction_read_only = on")
        self._connection.execute(SQL("SET LOCAL statement_timeout = {}").format(Literal(f"{patience:.0f}s")))
        # What a row looks like as text depends on these.
        self._connection.execute("SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1")
        names = self._connection.execute(
            """
            SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND has_table_privilege(oid, 'SELECT')
            ORDER BY relname
            """
        ).fetchall()
        return {name: self._digest(name) for (name,) in names}

    def _digest(self, table: str) -> Digest:
        query = SQL("SELECT count(*), coalesce(sum(hashtextextended(one::text, 0)::numeric), 0)::text FROM {} one")
        ((rows, checksum),) = self._connection.execute(query.format(Identifier(table))).fetchall()
        return Digest(rows, checksum)

    def _set(self, statement: SQL) -> None:
        self._connection.execute("SET LOCAL transaction_read_only = off")
        self._connection.execute(statement.format(Identifier(self._connection.info.dbname)))
