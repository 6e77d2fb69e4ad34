from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ReadOnlySqlTransaction, UniqueViolation
from psycopg.rows import class_row

from mundotango.errors import ExportWaiting
from mundotango.exports.model import Export, export_key


class ExportRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, export: Export) -> None:
        try:
            self._connection.execute(
                "INSERT INTO exports (id, user_id, state, requested_at) VALUES (%s, %s, %s, %s)",
                (export.id, export.user_id, export.state, export.requested_at),
            )
        except UniqueViolation as violation:
            raise ExportWaiting("an export is being made already") from violation

    def find_latest(self, user_id: UUID) -> Export | None:
        with self._connection.cursor(row_factory=class_row(Export)) as cursor:
            return cursor.execute(
                """
                SELECT id, user_id, state, requested_at, ready_at, expires_at, attempts FROM exports
                WHERE user_id = %s ORDER BY requested_at DESC LIMIT 1
                """,
                (user_id,),
            ).fetchone()

    def find_by_token(self, token_hash: str) -> Export | None:
        with self._connection.cursor(row_factory=class_row(Export)) as cursor:
            return cursor.execute(
                """
                SELECT id, user_id, state, requested_at, ready_at, expires_at, attempts FROM exports
                WHERE token_hash = %s
                """,
                (token_hash,),
            ).fetchone()

    def set_token(self, export_id: UUID, token_hash: str) -> bool:
        """The link that was given before opens nothing any more; False where writes are stopped, and it still does."""
        try:
            with self._connection.transaction():
                self._connection.execute("UPDATE exports SET token_hash = %s WHERE id = %s", (token_hash, export_id))
        except ReadOnlySqlTransaction:
            return False
        return True

    def take_waiting(self, now: datetime, leased_until: datetime) -> Export | None:
        """The one that waits longest and that nobody is at work on, for whoever takes it until the lease ends."""
        with self._connection.cursor(row_factory=class_row(Export)) as cursor:
            return cursor.execute(
                """
                UPDATE exports SET attempts = attempts + 1, leased_until = %(until)s
                WHERE id = (
                    SELECT id FROM exports
                    WHERE state = 'waiting' AND (leased_until IS NULL OR leased_until <= %(now)s)
                    ORDER BY requested_at LIMIT 1 FOR UPDATE SKIP LOCKED
                )
                RETURNING id, user_id, state, requested_at, ready_at, expires_at, attempts
                """,
                {"now": now, "until": leased_until},
            ).fetchone()

    def mark_ready(self, export: Export, ready_at: datetime, expires_at: datetime) -> bool:
        """False when it does not wait any more, or its owner is gone."""
        return (
            self._connection.execute(
                """
                UPDATE exports SET state = 'ready', object_key = %s, ready_at = %s, expires_at = %s, leased_until = NULL
                WHERE id = %s AND state = 'waiting'
                """,
                (export_key(export), ready_at, expires_at, export.id),
            ).rowcount
            == 1
        )

    def mark_failed(self, export_id: UUID) -> bool:
        return (
            self._connection.execute(
                "UPDATE exports SET state = 'failed', leased_until = NULL WHERE id = %s AND state = 'waiting'",
                (export_id,),
            ).rowcount
            == 1
        )

    def release(self, export_id: UUID, until: datetime) -> None:
        """Whoever comes after that moment may try."""
        self._connection.execute(
            "UPDATE exports SET leased_until = %s WHERE id = %s AND state = 'waiting'", (until, export_id)
        )

    def expire(self, now: datetime) -> int:
        """Those that can no longer be downloaded; how many it was."""
        return self._connection.execute(
            """
            UPDATE exports SET state = 'expired', object_key = NULL, token_hash = NULL
            WHERE state = 'ready' AND expires_at <= %s
            """,
            (now,),
        ).rowcount

    def forget(self, before: datetime) -> int:
        """Those that were asked for before then and are over."""
        return self._connection.execute(
            "DELETE FROM exports WHERE requested_at < %s AND state IN ('failed', 'expired')", (before,)
        ).rowcount
