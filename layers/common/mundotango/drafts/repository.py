from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from mundotango.drafts.model import Draft
from mundotango.pagination import Place

_COLUMNS = "id, user_id, content, updated_at"


class DraftRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, user_id: UUID) -> int:
        (number,) = self._connection.execute(
            "SELECT count(*) FROM drafts WHERE user_id = %s", (user_id,)
        ).fetchone() or (0,)
        return int(number)

    def add(self, draft: Draft) -> None:
        self._connection.execute(
            "INSERT INTO drafts (id, user_id, content, updated_at) VALUES (%s, %s, %s, %s)",
            (draft.id, draft.user_id, Jsonb(draft.content), draft.updated_at),
        )

    def find(self, draft_id: UUID, user_id: UUID) -> Draft | None:
        with self._connection.cursor(row_factory=class_row(Draft)) as cursor:
            return cursor.execute(
                f"SELECT {_COLUMNS} FROM drafts WHERE id = %s AND user_id = %s",  # noqa: S608 - the columns above
                (draft_id, user_id),
            ).fetchone()

    def list_of(self, user_id: UUID, after: Place | None, limit: int) -> list[Draft]:
        """Last changed first."""
        beyond = "AND (updated_at, id) < (%(at)s, %(id)s)" if after else ""
        values = {"user_id": user_id, "limit": limit} | ({"at": after.at, "id": after.id} if after else {})
        with self._connection.cursor(row_factory=class_row(Draft)) as cursor:
            return cursor.execute(
                f"""
                SELECT {_COLUMNS} FROM drafts WHERE user_id = %(user_id)s {beyond}
                ORDER BY updated_at DESC, id DESC LIMIT %(limit)s
                """,  # noqa: S608 - the columns and the condition above
                values,
            ).fetchall()

    def replace(self, draft: Draft) -> bool:
        """False when this person has no such draft."""
        replaced = self._connection.execute(
            "UPDATE drafts SET content = %s, updated_at = %s WHERE id = %s AND user_id = %s",
            (Jsonb(draft.content), draft.updated_at, draft.id, draft.user_id),
        )
        return replaced.rowcount == 1

    def remove(self, draft_id: UUID, user_id: UUID, *, unchanged_since: datetime | None = None) -> bool:
        """False when there is none, or it was changed since."""
        removed = self._connection.execute(
            """
            DELETE FROM drafts
            WHERE id = %(id)s AND user_id = %(user_id)s
                AND (%(since)s::timestamptz IS NULL OR updated_at = %(since)s)
            """,
            {"id": draft_id, "user_id": user_id, "since": unchanged_since},
        )
        return removed.rowcount == 1
