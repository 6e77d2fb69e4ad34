"""Where pictures are used, and which are being deleted. Other features' tables, read and written for that alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg import Connection

# What shows a picture to others comes before a draft that only names it.
Use = Literal["shown", "drafted"]


class AttachmentRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def uses(self, owner_id: UUID, media_ids: Sequence[UUID]) -> dict[UUID, Use]:
        """What this person's pictures are used for; those in no use are not in it."""
        rows = self._connection.execute(
            """
            SELECT one.id, CASE WHEN shown.yes THEN 'shown' ELSE 'drafted' END
            FROM unnest(%(media_ids)s::uuid[]) AS one (id)
            CROSS JOIN LATERAL (
                SELECT EXISTS (SELECT FROM post_media WHERE media_id = one.id)
                OR EXISTS (SELECT FROM message_media WHERE media_id = one.id)
                OR EXISTS (SELECT FROM event_media WHERE media_id = one.id) OR EXISTS (
                    SELECT FROM users WHERE id = %(owner_id)s
                    AND (avatar ->> 'id' = one.id::text OR cover ->> 'id' = one.id::text)
                ) AS yes
            ) AS shown
            WHERE shown.yes OR EXISTS (
                SELECT FROM drafts WHERE user_id = %(owner_id)s
                AND content -> 'media' @> jsonb_build_array(jsonb_build_object('id', one.id::text))
            )
            """,
            {"owner_id": owner_id, "media_ids": list(media_ids)},
        )
        return dict(rows.fetchall())

    def hold_post(self, media_id: UUID) -> UUID | None:
        """The post that shows this picture; until this transaction ends nobody else changes it."""
        row = self._connection.execute(
            """
            SELECT posts.id FROM posts JOIN post_media ON post_media.post_id = posts.id
            WHERE post_media.media_id = %s FOR NO KEY UPDATE OF posts
            """,
            (media_id,),
        ).fetchone()
        return row[0] if row else None

    def is_in_message(self, media_id: UUID) -> bool:
        row = self._connection.execute("SELECT FROM message_media WHERE media_id = %s", (media_id,)).fetchone()
        return row is not None

    def find_event(self, media_id: UUID) -> UUID | None:
        """The event that shows this picture."""
        row = self._connection.execute("SELECT event_id FROM event_media WHERE media_id = %s", (media_id,)).fetchone()
        return row[0] if row else None

    def take_out_of_drafts(self, owner_id: UUID, media_id: UUID, now: datetime) -> None:
        self._connection.execute(
            """
            UPDATE drafts SET updated_at = %(now)s, content = jsonb_set(content, '{media}', (
                SELECT coalesce(jsonb_agg(picture ORDER BY place), '[]')
                FROM jsonb_array_elements(content -> 'media') WITH ORDINALITY AS each (picture, place)
                WHERE picture ->> 'id' <> %(media_id)s
            ))
            WHERE user_id = %(owner_id)s
            AND content -> 'media' @> jsonb_build_array(jsonb_build_object('id', %(media_id)s::text))
            """,
            {"owner_id": owner_id, "media_id": str(media_id), "now": now},
        )

    def note_removed(self, media_id: UUID, now: datetime) -> bool:
        """From now on nothing shows it; False when that was noted before."""
        noted = self._connection.execute(
            "INSERT INTO removed_media (media_id, removed_at) VALUES (%s, %s) ON CONFLICT DO NOTHING", (media_id, now)
        )
        return noted.rowcount == 1

    def removed(self, media_ids: Sequence[UUID]) -> set[UUID]:
        rows = self._connection.execute(
            "SELECT media_id FROM removed_media WHERE media_id = ANY(%s)", (list(media_ids),)
        )
        return {media_id for (media_id,) in rows}

    def forget_removed(self, before: datetime) -> int:
        """Of those noted before then; how many it was."""
        return self._connection.execute("DELETE FROM removed_media WHERE removed_at < %s", (before,)).rowcount
