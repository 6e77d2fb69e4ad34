"""Secrets the platform made for itself, at migration."""

from datetime import datetime
from uuid import UUID

from psycopg import Connection


class KeyRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_secrets(self, purpose: str) -> list[bytes]:
        """Those in use, oldest first."""
        rows = self._connection.execute(
            "SELECT secret FROM signing_keys WHERE purpose = %s AND retired_at IS NULL ORDER BY created_at, key_id",
            (purpose,),
        )
        return [bytes(secret) for (secret,) in rows]

    def retire(self, purpose: str, before: datetime, now: datetime) -> None:
        """Those made before that moment sign and verify nothing any more."""
        self._connection.execute(
            "UPDATE signing_keys SET retired_at = %s WHERE purpose = %s AND created_at < %s AND retired_at IS NULL",
            (now, purpose, before),
        )

    def add(self, key_id: UUID, purpose: str, secret: bytes, created_at: datetime) -> None:
        self._connection.execute(
            "INSERT INTO signing_keys (key_id, purpose, secret, created_at) VALUES (%s, %s, %s, %s)",
            (key_id, purpose, secret, created_at),
        )
