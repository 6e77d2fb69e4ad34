"""That somebody asked to be forgotten: a moment in their own row, until which they may change their mind."""

from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mundotango.privacy.model import Departure


class DepartureRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, user_id: UUID) -> Departure | None:
        """None where there is no profile."""
        with self._connection.cursor(row_factory=class_row(Departure)) as cursor:
            return cursor.execute("SELECT handle, leaves_at FROM users WHERE id = %s", (user_id,)).fetchone()

    def ask(self, user_id: UUID, leaves_at: datetime) -> Departure | None:
        """Who asked before leaves when they were to leave. None where there is no profile."""
        with self._connection.cursor(row_factory=class_row(Departure)) as cursor:
            return cursor.execute(
                "UPDATE users SET leaves_at = coalesce(leaves_at, %s) WHERE id = %s RETURNING handle, leaves_at",
                (leaves_at, user_id),
            ).fetchone()

    def withdraw(self, user_id: UUID, now: datetime) -> None:
        """Only while it is not too late."""
        self._connection.execute("UPDATE users SET leaves_at = NULL WHERE id = %s AND leaves_at > %s", (user_id, now))

    def list_due(self, before: datetime, after: UUID | None, limit: int) -> list[UUID]:
        """Who was to leave before then, in the order of ids."""
        rows = self._connection.execute(
            """
            SELECT id FROM users
            WHERE leaves_at < %(before)s AND (%(after)s::uuid IS NULL OR id > %(after)s) ORDER BY id LIMIT %(limit)s
            """,
            {"before": before, "after": after, "limit": limit},
        )
        return [user_id for (user_id,) in rows]
