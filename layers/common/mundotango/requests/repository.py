"""The requests with an Idempotency-Key whose effect is committed, each in the transaction of its effect."""

from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mundotango.requests.model import RequestKey


class RequestKeyRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: RequestKey, outdated: datetime) -> bool:
        """False when there is one already that is not from before `outdated`; of two at once the second waits here."""
        return bool(
            self._connection.execute(
                """
                INSERT INTO request_keys AS known (user_id, key_hash, body_hash, location, created_at)
                VALUES (%s, %s, %s, %s, %s)
                ON CONFLICT (user_id, key_hash) DO UPDATE
                SET body_hash = excluded.body_hash, location = excluded.location, created_at = excluded.created_at
                WHERE known.created_at < %s
                """,
                (key.user_id, key.key_hash, key.body_hash, key.location, key.created_at, outdated),
            ).rowcount
        )

    def find(self, user_id: UUID, key_hash: bytes) -> RequestKey | None:
        with self._connection.cursor(row_factory=class_row(RequestKey)) as cursor:
            return cursor.execute(
                """
                SELECT user_id, key_hash, body_hash, location, created_at FROM request_keys
                WHERE user_id = %s AND key_hash = %s
                """,
                (user_id, key_hash),
            ).fetchone()

    def forget(self, before: datetime, limit: int) -> int:
        """Deletes at most `limit` from before then; how many it was."""
        return self._connection.execute(
            """
            DELETE FROM request_keys WHERE (user_id, key_hash) IN (
                SELECT user_id, key_hash FROM request_keys WHERE created_at < %s ORDER BY created_at LIMIT %s
            )
            """,
            (before, limit),
        ).rowcount
