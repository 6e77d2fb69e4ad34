from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL

from mundotango.occurrences.model import Brief, Occurrence
from mundotango.occurrences.rows import brief_from, occurrence_from
from mundotango.text import key
from mundotango.venues.model import Venue

OCCURRENCE = SQL("""
    occurrences.id, occurrences.event_id, occurrences.original, occurrences.starts_at, occurrences.ends_at,
    occurrences.night, occurrences.status, occurrences.kind, occurrences.venue_id, occurrences.own_status,
    occurrences.own_starts, occurrences.own_ends, occurrences.own_venue_id, occurrences.changed_at
""")

_BRIEF = """
    SELECT occurrences.id, occurrences.event_id, occurrences.original, occurrences.starts_at, occurrences.ends_at,
        events.zone, occurrences.status, venues.name AS venue_name, venues.city,
        ARRAY(
            SELECT ARRAY[language, title] FROM event_texts WHERE event_texts.event_id = events.id ORDER BY position
        ) AS titles
    FROM occurrences JOIN events ON events.id = occurrences.event_id JOIN venues ON venues.id = occurrences.venue_id
    WHERE occurrences.id = %s
"""


class OccurrenceRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_of(self, event_id: UUID) -> list[Occurrence]:
        """All of one event, by the starts of its series."""
        query = SQL("SELECT {} FROM occurrences WHERE event_id = %s ORDER BY original").format(OCCURRENCE)
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return [occurrence_from(row) for row in cursor.execute(query, (event_id,))]

    def find_brief(self, occurrence_id: UUID) -> Brief | None:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(_BRIEF, (occurrence_id,)).fetchone()
        return None if row is None else brief_from(row)

    def list_since(self, event_ids: Sequence[UUID], since: datetime) -> list[Occurrence]:
        """Of these events what ends after then, by event, then by the starts of its series."""
        query = SQL("""
            SELECT {} FROM occurrences WHERE event_id = ANY(%s) AND ends_at > %s ORDER BY event_id, original
        """).format(OCCURRENCE)
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return [occurrence_from(row) for row in cursor.execute(query, (list(event_ids), since))]

    def save(self, occurrences: Sequence[Occurrence], venues: Mapping[UUID, Venue]) -> None:
        """Adds those that are new and changes the others; of their venues they keep what they are found by."""
        with self._connection.cursor() as cursor:
            cursor.executemany(
                """
                INSERT INTO occurrences (
                    id, event_id, original, starts_at, ends_at, night, status, kind, venue_id, city_key, country,
                    latitude, longitude, own_status, own_starts, own_ends, own_venue_id, changed_at
                ) VALUES (
                    %(id)s, %(event_id)s, %(original)s, %(starts_at)s, %(ends_at)s, %(night)s, %(status)s, %(kind)s,
                    %(venue_id)s, %(city_key)s, %(country)s, %(latitude)s, %(longitude)s, %(own_status)s,
                    %(own_starts)s, %(own_ends)s, %(own_venue_id)s, %(changed_at)s
                ) ON CONFLICT (id) DO UPDATE SET
                    original = excluded.original, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
                    night = excluded.night, status = excluded.status, kind = excluded.kind,
                    venue_id = excluded.venue_id, city_key = excluded.city_key, country = excluded.country,
                    latitude = excluded.latitude, longitude = excluded.longitude, own_status = excluded.own_status,
                    own_starts = excluded.own_starts, own_ends = excluded.own_ends,
                    own_venue_id = excluded.own_venue_id, changed_at = excluded.changed_at
                """,
                [_values(each, venues[each.venue_id]) for each in occurrences],
            )

    def hold(self, occurrence_ids: Sequence[UUID]) -> None:
        """Nobody registers for any of them until this transaction ends."""
        self._connection.execute(
            "SELECT FROM occurrences WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (list(occurrence_ids),)
        )

    def remove(self, occurrence_ids: Sequence[UUID]) -> None:
        self._connection.execute("DELETE FROM occurrences WHERE id = ANY(%s)", (list(occurrence_ids),))

    def note_expanded(self, event_id: UUID, now: datetime) -> None:
        self._connection.execute("UPDATE events SET expanded_at = %s WHERE id = %s", (now, event_id))

    def list_to_expand(self, before: datetime, after: UUID | None, limit: int) -> list[UUID]:
        """Series whose occurrences were last made before then, by their ids, beyond the id `after`."""
        beyond = SQL("AND id > %(after)s") if after else SQL("")
        query = SQL("""
            SELECT id FROM events WHERE (rule <> '' OR added <> '{{}}') AND expanded_at < %(before)s {}
            ORDER BY id LIMIT %(limit)s
        """).format(beyond)
        rows = self._connection.execute(query, {"before": before, "after": after, "limit": limit})
        return [event_id for (event_id,) in rows]

    def move_venue(self, venue: Venue, now: datetime) -> None:
        """What takes place there is found where the venue is now."""
        self._connection.execute(
            """
            UPDATE occurrences SET city_key = %s, country = %s, latitude = %s, longitude = %s, changed_at = %s
            WHERE venue_id = %s
            """,
            (key(venue.city), venue.country, venue.latitude, venue.longitude, now, venue.id),
        )


def _values(occurrence: Occurrence, venue: Venue) -> dict[str, Any]:
    own = occurrence.own
    return {
        "id": occurrence.id,
        "event_id": occurrence.event_id,
        "original": occurrence.original,
        "starts_at": occurrence.starts_at,
        "ends_at": occurrence.ends_at,
        "night": occurrence.night,
        "status": occurrence.status,
        "kind": occurrence.kind,
        "venue_id": venue.id,
        "city_key": key(venue.city),
        "country": venue.country,
        "latitude": venue.latitude,
        "longitude": venue.longitude,
        "own_status": own.status,
        "own_starts": own.starts,
        "own_ends": own.ends,
        "own_venue_id": own.venue_id,
        "changed_at": occurrence.changed_at,
    }
