from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed

from mundotango.calendars.model import Feed, Mark
from mundotango.errors import ProfileMissing
from mundotango.events.policy import LONGEST_EVENT
from mundotango.text import key
from mundotango.visibility.repository import everybody_sees_event

_NEXT_IN_CITY = SQL("""
    SELECT id FROM (
        SELECT DISTINCT ON (occurrences.event_id) occurrences.id, occurrences.starts_at
        FROM occurrences
        JOIN events ON events.id = occurrences.event_id
        JOIN venues ON venues.id = events.venue_id
        WHERE occurrences.city_key = %(city)s AND venues.city_key = %(city)s
        AND occurrences.status <> 'draft' AND {seen}
        AND occurrences.ends_at > %(now)s AND occurrences.starts_at > %(earliest)s
        ORDER BY occurrences.event_id, occurrences.starts_at
    ) AS next
    ORDER BY starts_at, id LIMIT %(limit)s
""").format(seen=everybody_sees_event("events"))
_GUESTS_OF_CITY = SQL("""
    SELECT occurrences.id FROM occurrences
    JOIN events ON events.id = occurrences.event_id
    JOIN venues ON venues.id = events.venue_id
    WHERE occurrences.city_key = %(city)s AND venues.city_key <> %(city)s
    AND occurrences.own_venue_id IS NOT NULL AND occurrences.status <> 'draft' AND {seen}
    AND occurrences.ends_at > %(now)s AND occurrences.starts_at > %(earliest)s
    ORDER BY occurrences.starts_at, occurrences.id LIMIT %(limit)s
""").format(seen=everybody_sees_event("events"))


class CalendarRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_feed(self, feed: Feed) -> None:
        """The address that this person had before opens nothing any more."""
        try:
            self._connection.execute(
                """
                INSERT INTO calendar_feeds (user_id, token_hash, created_at) VALUES (%s, %s, %s)
                ON CONFLICT (user_id) DO UPDATE SET
                    token_hash = excluded.token_hash, created_at = excluded.created_at
                """,
                (feed.user_id, feed.token_hash, feed.created_at),
            )
        except ForeignKeyViolation as violation:
            raise ProfileMissing("create a profile before you subscribe to your calendar") from violation

    def find_feed(self, user_id: UUID) -> Feed | None:
        with self._connection.cursor(row_factory=class_row(Feed)) as cursor:
            return cursor.execute(
                "SELECT user_id, token_hash, created_at FROM calendar_feeds WHERE user_id = %s", (user_id,)
            ).fetchone()

    def find_owner(self, token_hash: str) -> UUID | None:
        row = self._connection.execute(
            "SELECT user_id FROM calendar_feeds WHERE token_hash = %s", (token_hash,)
        ).fetchone()
        return None if row is None else row[0]

    def remove_feed(self, user_id: UUID) -> None:
        self._connection.execute("DELETE FROM calendar_feeds WHERE user_id = %s", (user_id,))

    def list_marks(self, user_id: UUID, since: datetime, limit: int) -> list[Mark]:
        """What this person comes to or may come to and that ends after then; of too many, those that begin last."""
        with self._connection.cursor(row_factory=class_row(Mark)) as cursor:
            return cursor.execute(
                """
                SELECT occurrence_id, bool_and(tentative) AS tentative, max(mine.changed_at) AS changed_at FROM (
                    SELECT dancers.occurrence_id, registrations.changed_at,
                        registrations.state NOT IN ('accepted', 'attended') AS tentative
                    FROM registration_dancers AS dancers
                    JOIN registrations ON registrations.id = dancers.registration_id
                    WHERE dancers.user_id = %(user_id)s
                    AND registrations.state IN ('pending', 'waiting', 'offered', 'accepted', 'attended')
                    UNION ALL
                    SELECT occurrence_id, answered_at, answer = 'interested' FROM rsvps
                    WHERE user_id = %(user_id)s AND answer IN ('going', 'interested')
                ) AS mine
                JOIN occurrences ON occurrences.id = occurrence_id
                WHERE occurrences.ends_at > %(since)s AND occurrences.status <> 'draft'
                GROUP BY occurrence_id, occurrences.starts_at
                ORDER BY occurrences.starts_at DESC, occurrence_id LIMIT %(limit)s
                """,
                {"user_id": user_id, "since": since, "limit": limit},
            ).fetchall()

    def list_in_city(self, city: str, now: datetime, limit: int) -> list[UUID]:
        """The next time of each event that is at home in the city and for everybody, first beginning first."""
        return self._in_city(_NEXT_IN_CITY, city, now, limit)

    def list_guests_of_city(self, city: str, now: datetime, limit: int) -> list[UUID]:
        """Times in the city of such events that are at home in another, first beginning first."""
        return self._in_city(_GUESTS_OF_CITY, city, now, limit)

    def _in_city(self, query: Composed, city: str, now: datetime, limit: int) -> list[UUID]:
        values = {"city": key(city), "now": now, "earliest": now - LONGEST_EVENT, "limit": limit}
        return [occurrence_id for (occurrence_id,) in self._connection.execute(query, values)]
