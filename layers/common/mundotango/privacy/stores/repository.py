"""A person's rows in PostgreSQL: read for an export, and deleted or emptied when they leave.

Each statement works on a page and is repeated until it finds nothing, so none takes long however much somebody wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table that are a person's own, and those that are to be gone with them, as conditions on `user_id`.

    `key` is the table's, in whose order pages go. `hidden` columns are not exported.
    """

    name: str
    key: tuple[str, ...]
    own: str
    gone: str = ""
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """A comment that is no more, of the post `post_id`; `counted` when it still counted there."""

    id: UUID
    post_id: UUID
    counted: bool


@dataclass(frozen=True, slots=True)
class GonePost:
    """`repost_of` is what it showed, if it was a repost."""

    id: UUID
    repost_of: UUID | None


FOLLOWS = Table(
    "follows",
    ("follower_id", "followee_id"),
    "follower_id = %(user_id)s OR followee_id = %(user_id)s",
)
FOLLOW_REQUESTS = Table(
    "follow_requests",
    ("follower_id", "followee_id"),
    "follower_id = %(user_id)s OR followee_id = %(user_id)s",
)
FORMER_HANDLES = Table("former_handles", ("handle",), "user_id = %(user_id)s")
BLOCKS = Table(
    "blocks",
    ("blocker_id", "blocked_id"),
    "blocker_id = %(user_id)s",
    "blocker_id = %(user_id)s OR blocked_id = %(user_id)s",
)
MUTES = Table(
    "mutes",
    ("muter_id", "muted_id"),
    "muter_id = %(user_id)s",
    "muter_id = %(user_id)s OR muted_id = %(user_id)s",
)
SAVED_POSTS = Table("saved_posts", ("user_id", "post_id"), "user_id = %(user_id)s")
DRAFTS = Table("drafts", ("id",), "user_id = %(user_id)s")
COMMENTS = Table("comments", ("id",), "user_id = %(user_id)s")
POSTS = Table("posts", ("id",), "user_id = %(user_id)s")
_OF_THEIR_POSTS = "post_id IN (SELECT id FROM posts WHERE user_id = %(user_id)s)"
POST_VERSIONS = Table("post_versions", ("post_id", "version"), _OF_THEIR_POSTS)
POST_MEDIA = Table("post_media", ("post_id", "position"), _OF_THEIR_POSTS)
POST_MEDIA_DETAILS = Table(
    "post_media_details",
    ("media_id",),
    "media_id IN (SELECT media_id FROM post_media JOIN posts ON posts.id = post_id WHERE user_id = %(user_id)s)",
)
NOTIFICATIONS_OFF = Table("notifications_off", ("user_id", "kind", "way"), "user_id = %(user_id)s")
NOTIFICATION_SETTINGS = Table("notification_settings", ("user_id",), "user_id = %(user_id)s")
DIGESTS_SENT = Table("digests_sent", ("id",), "user_id = %(user_id)s", hidden=("token_hash",))
DIGEST_DAYS = Table("digest_days", ("user_id",), "user_id = %(user_id)s")
CONVERSATION_MEMBERS = Table("conversation_members", ("conversation_id", "user_id"), "user_id = %(user_id)s")
MESSAGES = Table("messages", ("id",), "user_id = %(user_id)s")
MESSAGE_MEDIA = Table(
    "message_media", ("message_id", "position"), "message_id IN (SELECT id FROM messages WHERE user_id = %(user_id)s)"
)
POST_MENTIONS = Table("post_mentions", ("post_id", "user_id"), "user_id = %(user_id)s")
EVENTS = Table("events", ("id",), "organiser_id = %(user_id)s")
_OF_THEIR_EVENTS = "event_id IN (SELECT id FROM events WHERE organiser_id = %(user_id)s)"
EVENT_TEXTS = Table("event_texts", ("event_id", "position"), _OF_THEIR_EVENTS)
OCCURRENCES = Table("occurrences", ("id",), _OF_THEIR_EVENTS)
EVENT_VERSIONS = Table("event_versions", ("event_id", "version"), _OF_THEIR_EVENTS, hidden=("written_by",))
EVENT_PEOPLE = Table("event_people", ("event_id", "position"), "user_id = %(user_id)s")
EVENT_MEDIA = Table("event_media", ("event_id", "position"), "owner_id = %(user_id)s")
# A partner answered nothing.
REGISTRATIONS = Table(
    "registrations",
    ("id",),
    "id IN (SELECT registration_id FROM registration_dancers WHERE user_id = %(user_id)s AND position = 0)",
)
REGISTRATION_DANCERS = Table("registration_dancers", ("registration_id", "position"), "user_id = %(user_id)s")
RSVPS = Table("rsvps", ("occurrence_id", "user_id"), "user_id = %(user_id)s")
CALENDAR_FEEDS = Table("calendar_feeds", ("user_id",), "user_id = %(user_id)s", hidden=("token_hash",))
VENUES = Table("venues", ("id",), "created_by = %(user_id)s")
REPORTS = Table("reports", ("id",), "reporter_id = %(user_id)s", "target_kind = 'user' AND target_id = %(user_id)s")
AUDIT = Table(
    "audit",
    ("id",),
    "target_kind = 'user' AND target_id = %(user_id)s",
    hidden=("moderator_id", "report_id"),
)
EXPORTS = Table("exports", ("id",), "user_id = %(user_id)s", hidden=("token_hash", "object_key"))
PROFILE = Table("users", ("id",), "id = %(user_id)s")
DEPARTURES = Table("departures", ("user_id",), "user_id = %(user_id)s")

# Where texts say whom they mention, besides the text itself.
MENTIONING = ("posts", "post_versions", "comments")


class PersonRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self, table: Table, user_id: UUID, after: Sequence[Any], limit: int
    ) -> list[tuple[dict[str, Any], tuple[Any, ...]]]:
        """Their own rows beyond the key `after`, each with its key."""
        key = _columns(table.key)
        query = SQL("""
            SELECT to_jsonb(one) - %(hidden)s::text[], {key} FROM {table} AS one
            WHERE ({own}) {beyond} ORDER BY {key} LIMIT %(limit)s
        """).format(
            key=key,
            table=Identifier(table.name),
            own=SQL(table.own),  # one of the conditions above
            beyond=SQL("AND ({}) > ({})").format(key, _placeholders(table.key)) if after else SQL(""),
        )
        values = {name: value for name, value in zip(table.key, after, strict=False)}  # noqa: C416
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            rows = cursor.execute(
                query, values | {"user_id": user_id, "hidden": list(table.hidden), "limit": limit}
            ).fetchall()
        return [(row, tuple(found)) for row, *found in rows]

    def delete(self, table: Table, user_id: UUID, limit: int) -> int:
        query = SQL("DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {gone} LIMIT %(limit)s)")
        return self._connection.execute(
            query.format(
                table=Identifier(table.name),
                key=_columns(table.key),
                gone=SQL(table.gone or table.own),  # one of the conditions above
            ),
            {"user_id": user_id, "limit": limit},
        ).rowcount

    def delete_posts(self, user_id: UUID, limit: int) -> list[GonePost]:
        """With all below them, and what was reported of them."""
        rows = self._connection.execute(
            """
            WITH gone AS (
                DELETE FROM posts WHERE id IN (SELECT id FROM posts WHERE user_id = %(user_id)s LIMIT %(limit)s)
                RETURNING id, repost_of
            ), reported AS (
                DELETE FROM reports WHERE target_kind = 'post' AND target_id IN (SELECT id FROM gone)
            )
            SELECT id, repost_of FROM gone
            """,
            {"user_id": user_id, "limit": limit},
        )
        return [GonePost(*row) for row in rows]

    def delete_comments(self, user_id: UUID, limit: int) -> list[Gone]:
        """Those that nobody replied to."""
        return self._gone(
            """
            DELETE FROM comments WHERE id IN (
                SELECT id FROM comments AS one WHERE user_id = %(user_id)s
                AND NOT EXISTS (SELECT FROM comments AS reply WHERE reply.parent_id = one.id) LIMIT %(limit)s
            ) RETURNING id, post_id, deleted_at IS NULL AS counted
            """,
            {"user_id": user_id, "limit": limit},
        )

    def empty_comments(self, user_id: UUID, now: datetime, limit: int) -> list[Gone]:
        """What others replied to stays as an empty place."""
        return self._gone(
            """
            UPDATE comments SET user_id = NULL, body = '', entities = '[]',
                deleted_at = coalesce(before.deleted_at, %(now)s)
            FROM (
                SELECT id, deleted_at FROM comments WHERE user_id = %(user_id)s LIMIT %(limit)s FOR UPDATE
            ) AS before
            WHERE comments.id = before.id
            RETURNING comments.id, comments.post_id, before.deleted_at IS NULL AS counted
            """,
            {"user_id": user_id, "now": now, "limit": limit},
        )

    def _gone(self, changes: str, values: dict[str, Any]) -> list[Gone]:
        """Of comments changed by this statement; what was reported of them goes with them."""
        rows = self._connection.execute(
            f"""
            WITH gone AS ({changes}), reported AS (
                DELETE FROM reports WHERE target_kind = 'comment' AND target_id IN (SELECT id FROM gone)
            )
            SELECT id, post_id, counted FROM gone
            """,  # noqa: S608 - one of the two statements above
            values,
        )
        return [Gone(*row) for row in rows]

    def empty_messages(self, user_id: UUID, now: datetime, limit: int) -> int:
        """In the conversations an empty place stays. What was reported of them goes with them."""
        row = self._connection.execute(
            """
            WITH gone AS (
                UPDATE messages SET user_id = NULL, text = '', deleted_at = coalesce(deleted_at, %(now)s)
                WHERE id IN (SELECT id FROM messages WHERE user_id = %(user_id)s LIMIT %(limit)s) RETURNING id
            ), shown AS (
                DELETE FROM message_media WHERE message_id IN (SELECT id FROM gone)
            ), reported AS (
                DELETE FROM reports WHERE target_kind = 'message' AND target_id IN (SELECT id FROM gone)
            )
            SELECT count(*) FROM gone
            """,
            {"user_id": user_id, "now": now, "limit": limit},
        ).fetchone()
        return 0 if row is None else int(row[0])

    def leave_conversations(self, user_id: UUID, now: datetime, limit: int) -> int:
        """Those that nobody takes part in after that are ended."""
        rows = self._connection.execute(
            """
            DELETE FROM conversation_members WHERE user_id = %(user_id)s AND conversation_id IN (
                SELECT conversation_id FROM conversation_members WHERE user_id = %(user_id)s LIMIT %(limit)s
            ) RETURNING conversation_id
            """,
            {"user_id": user_id, "limit": limit},
        )
        left = [conversation_id for (conversation_id,) in rows]
        self._connection.execute(
            """
            UPDATE conversations SET one_id = NULLIF(one_id, %(user_id)s), other_id = NULLIF(other_id, %(user_id)s),
                ended_at = CASE WHEN EXISTS (
                    SELECT FROM conversation_members
                    WHERE conversation_id = conversations.id AND state IN ('active', 'requested')
                ) THEN ended_at ELSE %(now)s END
            WHERE id = ANY(%(left)s)
            """,
            {"user_id": user_id, "now": now, "left": left},
        )
        return len(left)

    def forget_mentions(self, table: str, user_id: UUID, limit: int) -> int:
        """In what others wrote, the mention is text again; the text is theirs."""
        return self._connection.execute(
            SQL("""
                UPDATE {table} SET entities = (
                    SELECT coalesce(jsonb_agg(entity ORDER BY place), '[]')
                    FROM jsonb_array_elements(entities) WITH ORDINALITY AS each (entity, place)
                    WHERE entity ->> 'user_id' IS DISTINCT FROM %(user_id)s
                )
                WHERE ctid = ANY(ARRAY(
                    SELECT ctid FROM {table} WHERE entities <> '[]'
                    AND entities @> jsonb_build_array(jsonb_build_object('user_id', %(user_id)s::text))
                    LIMIT %(limit)s FOR UPDATE
                ))
            """).format(table=Identifier(table)),
            {"user_id": str(user_id), "limit": limit},
        ).rowcount

    def hand_over_events(self, user_id: UUID, limit: int) -> int:
        """What others organise with them goes on as the first of those who have edited it, for whom it is theirs too;
        others were named without being asked."""
        return self._connection.execute(
            """
            UPDATE events SET organiser_id = theirs.user_id
            FROM (
                SELECT events.id, fellow.user_id FROM events CROSS JOIN LATERAL (
                    SELECT part.user_id FROM event_people AS part JOIN users ON users.id = part.user_id
                    WHERE part.event_id = events.id AND part.role = 'organiser' AND part.user_id <> %(user_id)s
                    AND users.suspended_at IS NULL AND users.leaves_at IS NULL
                    AND EXISTS (
                        SELECT FROM event_versions AS edit
                        WHERE edit.event_id = events.id AND edit.written_by = part.user_id
                    )
                    ORDER BY part.position LIMIT 1
                ) AS fellow
                WHERE events.organiser_id = %(user_id)s LIMIT %(limit)s
            ) AS theirs
            WHERE events.id = theirs.id
            """,
            {"user_id": user_id, "limit": limit},
        ).rowcount

    def forget_parts(self, user_id: UUID, limit: int) -> int:
        """What others' events were before says no more that this person took part."""
        return self._connection.execute(
            """
            UPDATE event_versions SET content = jsonb_set(content, '{people}', (
                SELECT coalesce(jsonb_agg(part ORDER BY place), '[]')
                FROM jsonb_array_elements(content -> 'people') WITH ORDINALITY AS each (part, place)
                WHERE part ->> 'user_id' IS DISTINCT FROM %(user_id)s
            ))
            WHERE (event_id, version) IN (
                SELECT event_id, version FROM event_versions
                WHERE content -> 'people' @> jsonb_build_array(jsonb_build_object('user_id', %(user_id)s::text))
                LIMIT %(limit)s FOR UPDATE
            )
            """,
            {"user_id": str(user_id), "limit": limit},
        ).rowcount

    def leave_registrations(self, user_id: UUID, limit: int) -> int:
        """Partners keep theirs, without what this person answered; what was only this person's goes."""
        rows = self._connection.execute(
            """
            DELETE FROM registration_dancers WHERE user_id = %(user_id)s AND registration_id IN (
                SELECT registration_id FROM registration_dancers WHERE user_id = %(user_id)s LIMIT %(limit)s
            ) RETURNING registration_id, position
            """,
            {"user_id": user_id, "limit": limit},
        ).fetchall()
        self._connection.execute(
            """
            DELETE FROM registrations WHERE id = ANY(%s)
            AND NOT EXISTS (SELECT FROM registration_dancers WHERE registration_id = registrations.id)
            """,
            ([registration_id for registration_id, _ in rows],),
        )
        self._connection.execute(
            "UPDATE registrations SET answers = '{}' WHERE id = ANY(%s)",
            ([registration_id for registration_id, position in rows if position == 0],),
        )
        return len(rows)

    def clear_reports(self, user_id: UUID, limit: int) -> int:
        """What they reported stays to be looked at, without who did and what they said of it."""
        return self._connection.execute(
            """
            UPDATE reports SET reporter_id = NULL, note = ''
            WHERE id IN (SELECT id FROM reports WHERE reporter_id = %s LIMIT %s)
            """,
            (user_id, limit),
        ).rowcount

    def forget_announcements(self, user_id: UUID, after: int, limit: int) -> tuple[int, int | None]:
        """Among the outbox's next `limit` rows: how many told of them, and where to go on; None at the end.

        A command that is still to be handed on stays, for it is what ends their sign-in.
        """
        row = self._connection.execute(
            """
            WITH looked_at AS (
                SELECT seq, actor_id = %(user_id)s::uuid OR payload::text LIKE %(named)s
                    OR channel LIKE %(named)s AS theirs, relayed_at IS NULL AND kind LIKE 'command.%%' AS kept
                FROM outbox WHERE seq > %(after)s ORDER BY seq LIMIT %(limit)s
            ), gone AS (
                DELETE FROM outbox WHERE seq IN (SELECT seq FROM looked_at WHERE theirs AND NOT kept) RETURNING kind
            )
            SELECT (SELECT count(*) FROM gone WHERE kind NOT LIKE 'command.%%'), max(seq) FROM looked_at
            """,
            {"user_id": user_id, "named": f"%{user_id}%", "after": after, "limit": limit},
        ).fetchone()
        if row is None:
            raise AssertionError("an aggregate returned nothing")
        return int(row[0]), row[1]

    def list_request_keys(self, user_id: UUID, limit: int) -> list[bytes]:
        """Hashes of the keys of their requests, any of them."""
        rows = self._connection.execute(
            "SELECT key_hash FROM request_keys WHERE user_id = %s LIMIT %s", (user_id, limit)
        )
        return [bytes(key_hash) for (key_hash,) in rows]

    def forget_request_keys(self, user_id: UUID, key_hashes: Sequence[bytes]) -> None:
        self._connection.execute(
            "DELETE FROM request_keys WHERE user_id = %s AND key_hash = ANY(%s)", (user_id, list(key_hashes))
        )

    def find_handle(self, user_id: UUID) -> str | None:
        row = self._connection.execute("SELECT handle FROM users WHERE id = %s", (user_id,)).fetchone()
        return None if row is None else str(row[0])


def _columns(names: Sequence[str]) -> Composed:
    return SQL(", ").join(map(Identifier, names))


def _placeholders(names: Sequence[str]) -> Composed:
    return SQL(", ").join(SQL("%({})s").format(SQL(name)) for name in names)
