"""Conversations and who takes part in them. Whoever changes either holds the conversation's row first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL, Composed

from mundotango.conversations.model import NOTHING, Conversation, Held, Member, Seat, State
from mundotango.conversations.policy import MOST_COUNTED
from mundotango.messages.repository import MESSAGE, message_from
from mundotango.pagination import Place
from mundotango.posts.model import Author
from mundotango.visibility.repository import sees_conversation, sees_message, sees_person

_FRESH = SQL("""
    SELECT true FROM messages JOIN users AS sender ON sender.id = messages.user_id
    WHERE messages.conversation_id = mine.conversation_id AND messages.id > mine.read_up_to
        AND messages.user_id <> %(reader_id)s AND messages.deleted_at IS NULL AND {sees_sender}
""").format(sees_sender=sees_person("sender"))
# `page` selects rows of `conversation_members`, the reader's own. Each look into the messages ends after a few rows of
# their index.
_SHOWN = SQL("""
    WITH page AS MATERIALIZED (
        SELECT mine.* FROM conversation_members AS mine JOIN conversations ON conversations.id = mine.conversation_id
        WHERE mine.user_id = %(reader_id)s AND {sees_conversation} {chosen}
    )
    SELECT conversations.id, conversations.kind, conversations.title, conversations.created_at, mine.state,
        mine.read_up_to AS read_by_me, coalesce(mine.active_at, mine.joined_at) AS active_at, there.members, last.*,
        (SELECT count(*) FROM ({fresh} LIMIT {most}) AS fresh) AS unread
    FROM page AS mine JOIN conversations ON conversations.id = mine.conversation_id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(
            jsonb_build_object(
                'id', person.id, 'handle', person.handle, 'display_name', person.display_name,
                'avatar', person.avatar, 'active', seat.state = 'active', 'read_up_to', seat.read_up_to
            ) ORDER BY seat.joined_at, person.id
        ) AS members
        FROM conversation_members AS seat JOIN users AS person ON person.id = seat.user_id
        WHERE seat.conversation_id = mine.conversation_id
            AND (seat.state <> 'left' OR conversations.kind = 'direct') AND {sees_member}
    ) AS there ON true
    LEFT JOIN LATERAL (
        SELECT {message} FROM messages LEFT JOIN users AS author ON author.id = messages.user_id
        WHERE messages.conversation_id = mine.conversation_id AND messages.id > mine.joined_after AND {sees_message}
        ORDER BY messages.id DESC LIMIT 1
    ) AS last ON true
    ORDER BY mine.active_at DESC, mine.conversation_id DESC
""")
_PAGE = SQL("""
    AND mine.state = %(state)s AND mine.active_at IS NOT NULL {beyond}
    ORDER BY mine.active_at DESC, mine.conversation_id DESC LIMIT %(limit)s
""")
_BEYOND = SQL("AND (mine.active_at, mine.conversation_id) < (%(at)s, %(id)s)")
_ONE = SQL("AND mine.conversation_id = %(conversation_id)s")
# A scalar subquery and no EXISTS, which the server may turn into a hash of all messages there are.
_UNREAD = SQL("""
    SELECT count(*) FROM (
        SELECT FROM conversation_members AS mine JOIN conversations ON conversations.id = mine.conversation_id
        WHERE mine.user_id = %(reader_id)s AND mine.state = 'active' AND mine.latest_id > mine.read_up_to
            AND {sees_conversation} AND ({fresh} LIMIT 1) LIMIT {most}
    ) AS unread
""")
_SEATS = SQL("""
    SELECT seat.user_id, seat.state, seat.joined_after, {sees_member} AS seen,
        EXISTS (
            SELECT FROM follows WHERE follows.follower_id = seat.user_id AND follows.followee_id = %(reader_id)s
        ) AS follows
    FROM conversation_members AS seat JOIN users AS person ON person.id = seat.user_id
    WHERE seat.conversation_id = %(conversation_id)s ORDER BY seat.user_id
""").format(sees_member=sees_person("person"))
_CALLED = SQL("""
    SELECT lower(users.handle::text) AS handle, users.id AS user_id, EXISTS (
        SELECT FROM follows WHERE follows.follower_id = users.id AND follows.followee_id = %(reader_id)s
    ) AS follows
    FROM users WHERE users.handle = ANY(%(handles)s::citext[]) AND {seen}
""").format(seen=sees_person("users"))
_TAKING_PART = SQL("""
    SELECT mine.conversation_id FROM conversation_members AS mine
    JOIN conversations ON conversations.id = mine.conversation_id
    WHERE mine.user_id = %(reader_id)s AND mine.conversation_id = ANY(%(conversation_ids)s)
        AND mine.state = 'active' AND {seen}
""").format(seen=sees_conversation("conversations", "mine"))


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody whom the reader sees, by the handle that was asked for, and whether they follow the reader."""

    handle: str
    user_id: UUID
    follows: bool


class ConversationRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def people_called(self, handles: Collection[str], reader_id: UUID) -> dict[str, Called]:
        """Those of these handles, in lower case, that are somebody's whom the reader sees."""
        with self._connection.cursor(row_factory=class_row(Called)) as cursor:
            found = cursor.execute(_CALLED, {"handles": list(handles), "reader_id": reader_id}).fetchall()
        return {called.handle: called for called in found}

    def add_group(self, conversation_id: UUID, title: str, at: datetime) -> None:
        self._connection.execute(
            "INSERT INTO conversations (id, kind, title, created_at) VALUES (%s, 'group', %s, %s)",
            (conversation_id, title, at),
        )

    def add_direct(self, conversation_id: UUID, one_id: UUID, other_id: UUID, at: datetime) -> UUID:
        """The one that these two have; under the id given where they had none.

        Who begins one at the same time as another waits here until the other's is committed, and finds that.
        """
        pair = {"one_id": min(one_id, other_id), "other_id": max(one_id, other_id)}
        self._connection.execute(
            """
            INSERT INTO conversations (id, kind, one_id, other_id, created_at)
            VALUES (%(id)s, 'direct', %(one_id)s, %(other_id)s, %(at)s) ON CONFLICT (one_id, other_id) DO NOTHING
            """,
            pair | {"id": conversation_id, "at": at},
        )
        row = self._connection.execute(
            "SELECT id FROM conversations WHERE one_id = %(one_id)s AND other_id = %(other_id)s FOR NO KEY UPDATE", pair
        ).fetchone()
        if row is None:
            raise AssertionError("a pair that is there was not found")
        found: UUID = row[0]
        return found

    def hold(self, conversation_id: UUID, user_id: UUID) -> Held | None:
        """None where there is no such conversation, or this person was never in it."""
        row = self._connection.execute(
            "SELECT kind, latest_id FROM conversations WHERE id = %s FOR NO KEY UPDATE", (conversation_id,)
        ).fetchone()
        seats = self.list_seats(conversation_id, user_id) if row else []
        me = next((seat for seat in seats if seat.user_id == user_id), None)
        if row is None or me is None:
            return None
        others = tuple(seat for seat in seats if seat.user_id != user_id)
        return Held(conversation_id, row[0], row[1], me, others)

    def list_seats(self, conversation_id: UUID, reader_id: UUID) -> list[Seat]:
        """Of everybody who was ever in it, in the order of ids."""
        with self._connection.cursor(row_factory=class_row(Seat)) as cursor:
            return cursor.execute(_SEATS, {"conversation_id": conversation_id, "reader_id": reader_id}).fetchall()

    def enter(
        self, conversation_id: UUID, user_id: UUID, state: State, after: UUID, at: datetime, *, shown: bool = True
    ) -> None:
        """A place that begins now, behind the message `after`; in their lists from now on if it is `shown`."""
        self._connection.execute(
            """
            INSERT INTO conversation_members (
                conversation_id, user_id, state, joined_at, joined_after, read_up_to, latest_id, active_at
            ) VALUES (
                %(conversation_id)s, %(user_id)s, %(state)s, %(at)s, %(after)s, %(after)s, %(after)s, %(active_at)s
            ) ON CONFLICT (conversation_id, user_id) DO UPDATE SET state = excluded.state,
                joined_at = excluded.joined_at, joined_after = excluded.joined_after,
                read_up_to = excluded.read_up_to, latest_id = excluded.latest_id, active_at = excluded.active_at
            """,
            {
                "conversation_id": conversation_id, "user_id": user_id, "state": state, "at": at, "after": after,
                "active_at": at if shown else None,
            },
        )  # fmt: skip

    def set_state(self, conversation_id: UUID, user_id: UUID, state: State, at: datetime) -> None:
        self._connection.execute(
            """
            UPDATE conversation_members SET state = %s, active_at = coalesce(active_at, %s)
            WHERE conversation_id = %s AND user_id = %s
            """,
            (state, at, conversation_id, user_id),
        )

    def note_message(
        self, conversation_id: UUID, message_id: UUID, author_id: UUID, told: Sequence[UUID], at: datetime
    ) -> None:
        """The latest one; in the lists of these people, and of its author, who has read it."""
        self._connection.execute("UPDATE conversations SET latest_id = %s WHERE id = %s", (message_id, conversation_id))
        self._connection.execute(
            """
            UPDATE conversation_members SET latest_id = %(message_id)s,
                active_at = CASE WHEN user_id = ANY(%(told)s) THEN %(at)s ELSE active_at END,
                read_up_to = CASE WHEN user_id = %(author_id)s THEN %(message_id)s ELSE read_up_to END
            WHERE conversation_id = %(conversation_id)s AND state IN ('active', 'requested')
            """,
            {
                "conversation_id": conversation_id, "message_id": message_id, "author_id": author_id,
                "told": [author_id, *told], "at": at,
            },
        )  # fmt: skip

    def rename(self, conversation_id: UUID, title: str) -> None:
        self._connection.execute("UPDATE conversations SET title = %s WHERE id = %s", (title, conversation_id))

    def end(self, conversation_id: UUID, at: datetime | None) -> None:
        """Nobody takes part any more, as of that moment; with None somebody does again."""
        self._connection.execute(
            "UPDATE conversations SET ended_at = %s WHERE id = %s AND ended_at IS DISTINCT FROM %s",
            (at, conversation_id, at),
        )

    def list_ended(self, limit: int) -> list[UUID]:
        rows = self._connection.execute(
            "SELECT id FROM conversations WHERE ended_at IS NOT NULL ORDER BY ended_at LIMIT %s", (limit,)
        )
        return [conversation_id for (conversation_id,) in rows]

    def hold_ended(self, conversation_id: UUID) -> bool:
        """False where somebody takes part again."""
        row = self._connection.execute(
            "SELECT FROM conversations WHERE id = %s AND ended_at IS NOT NULL FOR UPDATE", (conversation_id,)
        ).fetchone()
        return row is not None

    def remove_ended(self, conversation_id: UUID) -> None:
        """Its messages are gone. Of two of whom one declined the row stays, so that they are not asked again."""
        removed = self._connection.execute(
            """
            DELETE FROM conversations WHERE id = %s AND ended_at IS NOT NULL AND (
                one_id IS NULL OR other_id IS NULL OR NOT EXISTS (
                    SELECT FROM conversation_members
                    WHERE conversation_id = conversations.id AND conversation_members.state = 'declined'
                )
            )
            """,
            (conversation_id,),
        )
        if not removed.rowcount:
            self.end(conversation_id, None)

    def find(self, conversation_id: UUID, reader_id: UUID) -> Conversation | None:
        found = self._read(_ONE, {"reader_id": reader_id, "conversation_id": conversation_id})
        return found[0] if found else None

    def list_of(self, reader_id: UUID, state: State, after: Place | None, limit: int) -> list[Conversation]:
        """Those with the newest message first."""
        place = {"at": after.at, "id": after.id} if after else {}
        chosen = _PAGE.format(beyond=_BEYOND if after else SQL(""))
        return self._read(chosen, {"reader_id": reader_id, "state": state, "limit": limit} | place)

    def count_unread(self, reader_id: UUID) -> int:
        """In how many the reader has something to read; counted to `MOST_COUNTED`."""
        query = _UNREAD.format(sees_conversation=_SEES_MINE, fresh=_FRESH, most=MOST_COUNTED)
        row = self._connection.execute(query, {"reader_id": reader_id}).fetchone()
        return 0 if row is None else int(row[0])

    def taking_part(self, user_id: UUID, conversation_ids: Sequence[UUID]) -> set[UUID]:
        """Those of these conversations that this person takes part in and sees."""
        rows = self._connection.execute(
            _TAKING_PART, {"reader_id": user_id, "conversation_ids": list(conversation_ids)}
        )
        return {conversation_id for (conversation_id,) in rows}

    def hold_page(self, after: UUID | None, limit: int) -> dict[UUID, set[UUID]]:
        """Who takes part in conversations, in the order of their ids; until the transaction ends nobody joins or leaves
        them. One that everybody left is there with nobody."""
        rows = self._connection.execute(
            """
            SELECT id FROM conversations WHERE %(after)s::uuid IS NULL OR id > %(after)s
            ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE
            """,
            {"after": after, "limit": limit},
        )
        found: dict[UUID, set[UUID]] = {conversation_id: set() for (conversation_id,) in rows}
        members = self._connection.execute(
            """
            SELECT conversation_id, user_id FROM conversation_members
            WHERE conversation_id = ANY(%s) AND state = 'active'
            """,
            (list(found),),
        )
        for conversation_id, user_id in members:
            found[conversation_id].add(user_id)
        return found

    def _read(self, chosen: SQL | Composed, values: dict[str, Any]) -> list[Conversation]:
        query = _SHOWN.format(
            sees_conversation=_SEES_MINE,
            chosen=chosen,
            fresh=_FRESH,
            most=MOST_COUNTED,
            sees_member=sees_person("person"),
            message=MESSAGE,
            sees_message=sees_message("messages", "author"),
        )
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return [_conversation(row) for row in cursor.execute(query, values)]


_SEES_MINE = sees_conversation("conversations", "mine")


def _conversation(row: dict[str, Any]) -> Conversation:
    return Conversation(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        created_at=row["created_at"],
        state=row["state"],
        read_up_to=_something(row["read_by_me"]),
        active_at=row["active_at"],
        members=tuple(_member(member) for member in row["members"] or ()),
        last_message=None if row["message_id"] is None else message_from(row),
        unread=row["unread"],
    )


def _member(row: dict[str, Any]) -> Member:
    return Member(
        person=Author(UUID(row["id"]), row["handle"], row["display_name"], row["avatar"]),
        state="active" if row["active"] else "requested",
        read_up_to=_something(UUID(row["read_up_to"])) if row["active"] else None,
    )


def _something(message_id: UUID) -> UUID | None:
    return None if message_id == NOTHING else message_id
