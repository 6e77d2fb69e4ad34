"""That somebody asked to be forgotten: the moment until which they may change their mind.

It stands in their profile, by which others cease to see them; of an account without one, in a row of its own.
"""

from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mundotango.privacy.model import Departure


class DepartureRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, user_id: UUID) -> Departure:
        with self._connection.cursor(row_factory=class_row(Departure)) as cursor:
            found = cursor.execute(
                """
                SELECT handle, least(users.leaves_at, departures.leaves_at) AS leaves_at
                FROM (SELECT %s::uuid AS id) AS one
                LEFT JOIN users USING (id) LEFT JOIN departures ON departures.user_id = one.id
                """,
                (user_id,),
            ).fetchone()
        if found is None:
            raise AssertionError("a row joined to nothing is still a row")
        return found

    def ask(self, user_id: UUID, leaves_at: datetime) -> Departure:
        """Who asked before leaves when they were to leave."""
        asked = self._connection.execute(
            "UPDATE users SET leaves_at = coalesce(leaves_at, %s) WHERE id = %s", (leaves_at, user_id)
        )
        if not asked.rowcount:
            self._connection.execute(
                "INSERT INTO departures (user_id, leaves_at) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (user_id, leaves_at),
            )
        return self.find(user_id)

    def withdraw(self, user_id: UUID, now: datetime) -> None:
        """Only while it is not too late."""
        self._connection.execute("UPDATE users SET leaves_at = NULL WHERE id = %s AND leaves_at > %s", (user_id, now))
        self._connection.execute("DELETE FROM departures WHERE user_id = %s AND leaves_at > %s", (user_id, now))

    def move_to_profile(self, user_id: UUID) -> None:
        """Who asked before they made a profile leaves with it."""
        self._connection.execute(
            """
            WITH gone AS (DELETE FROM departures WHERE user_id = %(user_id)s RETURNING leaves_at)
            UPDATE users SET leaves_at = gone.leaves_at FROM gone WHERE id = %(user_id)s
            """,
            {"user_id": user_id},
        )

    def list_due(self, before: datetime, after: UUID | None, limit: int) -> list[UUID]:
        """Who was to leave before then, in the order of ids."""
        rows = self._connection.execute(
            """
            SELECT id FROM (
                SELECT id FROM users WHERE leaves_at < %(before)s
                UNION SELECT user_id FROM departures WHERE leaves_at < %(before)s
            ) AS due
            WHERE %(after)s::uuid IS NULL OR id > %(after)s ORDER BY id LIMIT %(limit)s
            """,
            {"before": before, "after": after, "limit": limit},
        )
        return [user_id for (user_id,) in rows]
