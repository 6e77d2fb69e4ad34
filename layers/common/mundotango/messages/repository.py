"""What is said, as its reader sees it. Whoever adds something holds the conversation, so that ids sort as said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed
from psycopg.types.json import Jsonb

from mundotango.errors import Conflict
from mundotango.messages.model import Message
from mundotango.posts.model import Author
from mundotango.visibility.repository import sees_conversation, sees_message

# The columns that `message_from` reads, of a row of `messages` whose author is joined, if there is one.
MESSAGE = SQL("""
    messages.id AS message_id, messages.conversation_id AS said_in, messages.text, messages.created_at AS said_at,
    messages.deleted_at IS NOT NULL AS deleted,
    author.id AS author_id, author.handle, author.display_name, author.avatar, (
        SELECT jsonb_agg(shown.picture || jsonb_build_object('alt', shown.alt) ORDER BY shown.position)
        FROM message_media AS shown WHERE shown.message_id = messages.id
    ) AS media
""")
_SEEN = SQL("""
    SELECT {message} FROM conversation_members AS mine
    JOIN conversations ON conversations.id = mine.conversation_id
    JOIN messages ON messages.conversation_id = mine.conversation_id AND messages.id > mine.joined_after
    LEFT JOIN users AS author ON author.id = messages.user_id
    WHERE mine.user_id = %(reader_id)s AND mine.conversation_id = %(conversation_id)s
        AND {sees_conversation} AND {sees_message} {chosen}
    ORDER BY messages.id DESC LIMIT %(limit)s
""")
_LEADING = SQL("""
    SELECT reported.id AS reported_id, said.* FROM messages AS reported CROSS JOIN LATERAL (
        SELECT {message} FROM messages LEFT JOIN users AS author ON author.id = messages.user_id
        WHERE messages.conversation_id = reported.conversation_id AND messages.id <= reported.id
        ORDER BY messages.id DESC LIMIT %(limit)s
    ) AS said
    WHERE reported.id = ANY(%(message_ids)s) ORDER BY said.message_id
""").format(message=MESSAGE)


class MessageRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, message: Message, author_id: UUID) -> None:
        self._connection.execute(
            "INSERT INTO messages (id, conversation_id, user_id, text, created_at) VALUES (%s, %s, %s, %s, %s)",
            (message.id, message.conversation_id, author_id, message.text, message.created_at),
        )
        if message.media:
            self._add_pictures(message)

    def _add_pictures(self, message: Message) -> None:
        rows = [
            (message.id, position, picture["id"], picture["alt"], Jsonb(picture))
            for position, picture in enumerate(message.media)
        ]
        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    """
                    INSERT INTO message_media (message_id, position, media_id, alt, picture)
                    VALUES (%s, %s, %s, %s, %s)
                    """,
                    rows,
                )
        except UniqueViolation as violation:
            raise Conflict("one of the pictures is in another message already") from violation

    def find(self, conversation_id: UUID, message_id: UUID, reader_id: UUID) -> Message | None:
        found = self._read(SQL("AND messages.id = %(message_id)s"), conversation_id, reader_id, 1, message_id)
        return found[0] if found else None

    def list_of(self, conversation_id: UUID, reader_id: UUID, before: UUID | None, limit: int) -> list[Message]:
        """Newest first, from when the reader joined."""
        beyond = SQL("AND messages.id < %(message_id)s") if before else SQL("")
        return self._read(beyond, conversation_id, reader_id, limit, before)

    def author_of(self, message_id: UUID) -> tuple[UUID, UUID] | None:
        """The conversation it was said in, and who said it; None where they are gone."""
        row = self._connection.execute(
            "SELECT conversation_id, user_id FROM messages WHERE id = %s AND user_id IS NOT NULL", (message_id,)
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def empty(self, conversation_id: UUID, message_id: UUID, author_id: UUID, at: datetime) -> list[UUID] | None:
        """Leaves an empty place of what this person said; the pictures it showed. None where there is no such message,
        or it is empty already."""
        emptied = self._connection.execute(
            """
            UPDATE messages SET text = '', deleted_at = %s
            WHERE id = %s AND conversation_id = %s AND user_id = %s AND deleted_at IS NULL
            """,
            (at, message_id, conversation_id, author_id),
        )
        if not emptied.rowcount:
            return None
        rows = self._connection.execute(
            "DELETE FROM message_media WHERE message_id = %s RETURNING media_id", (message_id,)
        )
        return [media_id for (media_id,) in rows]

    def mark_read(self, conversation_id: UUID, user_id: UUID, message_id: UUID) -> bool:
        """False when they had read it before."""
        moved = self._connection.execute(
            """
            UPDATE conversation_members SET read_up_to = %(message_id)s
            WHERE conversation_id = %(conversation_id)s AND user_id = %(user_id)s AND read_up_to < %(message_id)s
            """,
            {"conversation_id": conversation_id, "user_id": user_id, "message_id": message_id},
        )
        return moved.rowcount == 1

    def leading_to(self, message_ids: Sequence[UUID], limit: int) -> dict[UUID, list[Message]]:
        """Of each message it and what was said before it, `limit` in all, oldest first, whoever may see it."""
        values = {"message_ids": list(message_ids), "limit": limit}
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(_LEADING, values).fetchall()
        found: dict[UUID, list[Message]] = {}
        for row in rows:
            found.setdefault(row["reported_id"], []).append(message_from(row))
        return found

    def oldest_of(self, conversation_id: UUID, limit: int) -> dict[UUID, list[tuple[UUID, UUID]]]:
        """Messages, each with its pictures and whose those are."""
        rows = self._connection.execute(
            """
            SELECT messages.id, array_agg(message_media.media_id) FILTER (WHERE message_media.media_id IS NOT NULL),
                messages.user_id
            FROM messages LEFT JOIN message_media ON message_media.message_id = messages.id
            WHERE messages.conversation_id = %s GROUP BY messages.id ORDER BY messages.id LIMIT %s
            """,
            (conversation_id, limit),
        )
        return {message_id: [(user_id, each) for each in media_ids or ()] for message_id, media_ids, user_id in rows}

    def remove(self, message_ids: Sequence[UUID]) -> None:
        self._connection.execute("DELETE FROM messages WHERE id = ANY(%s)", (list(message_ids),))

    def _read(
        self, chosen: SQL, conversation_id: UUID, reader_id: UUID, limit: int, message_id: UUID | None
    ) -> list[Message]:
        query: Composed = _SEEN.format(
            message=MESSAGE,
            sees_conversation=sees_conversation("conversations", "mine"),
            sees_message=sees_message("messages", "author"),
            chosen=chosen,
        )
        values = {
            "conversation_id": conversation_id, "reader_id": reader_id, "limit": limit, "message_id": message_id,
        }  # fmt: skip
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return [message_from(row) for row in cursor.execute(query, values)]


def message_from(row: dict[str, Any]) -> Message:
    """Of the columns `MESSAGE`."""
    gone = row["author_id"] is None
    return Message(
        id=row["message_id"],
        conversation_id=row["said_in"],
        author=None if gone else Author(row["author_id"], row["handle"], row["display_name"], row["avatar"]),
        # Somebody's account may be gone before what they wrote is: it is not shown without them.
        text="" if gone else row["text"],
        media=() if gone else tuple(row["media"] or ()),
        created_at=row["said_at"],
        deleted=gone or row["deleted"],
    )
