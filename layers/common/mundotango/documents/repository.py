"""By which words events are found: derived from what they say, and what that is made of is in the schema."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from psycopg import Connection


class DocumentRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, event_ids: Sequence[UUID]) -> None:
        """Last of all in a transaction: others may wait for them."""
        self._connection.execute("SELECT write_event_documents(%s)", (list(event_ids),))

    def write_of_venue(self, venue_id: UUID) -> None:
        """Of what is to take place there, likewise."""
        self._connection.execute(
            """
            SELECT write_event_documents(array_agg(events.id))
            FROM events JOIN event_documents ON event_id = events.id WHERE events.venue_id = %s AND NOT over
            """,
            (venue_id,),
        )

    def page(self, after: UUID | None, limit: int) -> list[tuple[UUID, datetime | None]]:
        """Events that are not set apart as over, by their ids, and when their document was written, if there is one."""
        rows = self._connection.execute(
            """
            SELECT events.id, document.written_at
            FROM events LEFT JOIN event_documents AS document ON document.event_id = events.id
            WHERE document.over IS NOT TRUE AND (%(after)s::uuid IS NULL OR events.id > %(after)s)
            ORDER BY events.id LIMIT %(limit)s
            """,
            {"after": after, "limit": limit},
        )
        return [(event_id, written_at) for event_id, written_at in rows]

    def set_apart(self, event_ids: Sequence[UUID], before: datetime) -> int:
        """Those of these that were over before then; how many they are."""
        changed = self._connection.execute(
            """
            UPDATE event_documents SET over = true
            WHERE event_id = ANY(%(event_ids)s) AND NOT over AND NOT EXISTS (
                SELECT FROM occurrences WHERE occurrences.event_id = event_documents.event_id AND ends_at > %(before)s
            )
            """,
            {"event_ids": list(event_ids), "before": before},
        )
        return changed.rowcount

    def write_due(self, limit: int) -> int:
        """Some of those that nobody could wait for; how many they are."""
        rows = self._connection.execute(
            """
            DELETE FROM event_documents_due
            WHERE event_id IN (SELECT event_id FROM event_documents_due ORDER BY event_id LIMIT %s) RETURNING event_id
            """,
            (limit,),
        )
        due = [event_id for (event_id,) in rows]
        self.write(due)
        return len(due)

    def forget_words(self, before: date) -> int:
        """Those that no document written since then has; in the order in which others write them."""
        query = """
            DELETE FROM event_words
            WHERE word IN (SELECT word FROM event_words WHERE seen_on < %s ORDER BY word FOR UPDATE)
        """
        return self._connection.execute(query, (before,)).rowcount

    def leave_events(self, user_id: UUID, limit: int) -> int:
        """They take part in no event any more, and none is found by their name."""
        rows = self._connection.execute(
            """
            DELETE FROM event_people WHERE (event_id, position) IN (
                SELECT event_id, position FROM event_people WHERE user_id = %(user_id)s LIMIT %(limit)s
            ) RETURNING event_id
            """,
            {"user_id": user_id, "limit": limit},
        )
        left = [event_id for (event_id,) in rows]
        self.write(left)
        return len(left)

    def forget_words_of(self, user_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        """Those of the next of their events, by their ids, and of their names, which occur in nobody else's events."""
        rows = self._connection.execute(
            """
            SELECT id FROM events WHERE organiser_id = %(user_id)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
            ORDER BY id LIMIT %(limit)s
            """,
            {"user_id": user_id, "after": after, "limit": limit},
        )
        page = [event_id for (event_id,) in rows]
        self._connection.execute(
            "SELECT forget_event_words(id, %s, concat_ws(' ', display_name, handle)) FROM users WHERE id = %s",
            (page, user_id),
        )
        return page
