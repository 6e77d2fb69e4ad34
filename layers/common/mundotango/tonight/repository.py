from dataclasses import asdict
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL

from mundotango.events.policy import LONGEST_EVENT
from mundotango.occurrences.policy import NIGHT_ENDS
from mundotango.tonight.model import Area, Listed, Place
from mundotango.tonight.policy import LONGER_THAN_A_NIGHT, LONGEST_NIGHT
from mundotango.visibility.repository import everybody_sees_event

_IN_CITY = SQL("occurrences.city_key = %(city)s")
# Found by the index on the globe, each then by its own: venues are few beside what takes place.
_AROUND = SQL("""occurrences.venue_id IN (
    SELECT id FROM venues
    WHERE earth_box(ll_to_earth(%(latitude)s, %(longitude)s), %(metres)s) @> ll_to_earth(latitude, longitude)
    AND metres_apart(%(latitude)s, %(longitude)s, latitude, longitude) <= %(metres)s
)""")
# The starts are bounded for an index to begin and end at; which night it is depends on the clocks there. In that order
# each is asked for its event until there are enough: OFFSET and LIMIT keep the server from reading all events there are
# into a hash, and from sorting what it found. Titles and venues are looked up of those alone that are told.
_TONIGHT = SQL("""
    WITH on_tonight AS MATERIALIZED (
        SELECT soon.id, soon.event_id, soon.kind, soon.status, soon.starts_at, soon.ends_at, soon.venue_id, events.zone,
            events.price, events.currency, greatest(soon.changed_at, events.changed_at) AS changed_at
        FROM (
            SELECT * FROM occurrences
            WHERE {there} AND occurrences.starts_at > %(earliest)s AND occurrences.starts_at < %(latest)s
            AND occurrences.ends_at > %(now)s AND occurrences.status <> 'draft'
            ORDER BY occurrences.starts_at, occurrences.id OFFSET 0
        ) AS soon CROSS JOIN LATERAL (
            SELECT zone, price, currency, changed_at, organiser_id FROM events WHERE id = soon.event_id LIMIT 1
        ) AS events
        WHERE {seen} AND (
            soon.night = (%(now)s AT TIME ZONE events.zone - %(night_ends)s)::date
            OR (soon.starts_at <= %(now)s AND soon.ends_at - soon.starts_at > %(longer)s)
        )
        ORDER BY soon.starts_at, soon.id LIMIT %(limit)s
    )
    SELECT on_tonight.id, on_tonight.event_id, original.title, on_tonight.kind, on_tonight.status,
        on_tonight.starts_at, on_tonight.ends_at, on_tonight.zone, venues.name AS venue_name, venues.address,
        venues.latitude, venues.longitude, on_tonight.price, on_tonight.currency, on_tonight.changed_at
    FROM on_tonight
    JOIN venues ON venues.id = on_tonight.venue_id
    JOIN event_texts AS original ON original.event_id = on_tonight.event_id AND original.position = 0
    ORDER BY on_tonight.starts_at, on_tonight.id
""")

Whose = Literal["event", "organiser", "venue"]
# An event's sessions are on with it.
_WHOSE = {
    "event": SQL("occurrences.event_id IN (SELECT id FROM events WHERE id = %(of)s OR parent_id = %(of)s)"),
    "organiser": SQL("occurrences.event_id IN (SELECT id FROM events WHERE organiser_id = %(of)s)"),
    "venue": SQL("occurrences.venue_id = %(of)s"),
}
_PLACES = SQL("""
    SELECT DISTINCT occurrences.city_key, venues.latitude, venues.longitude
    FROM occurrences JOIN venues ON venues.id = occurrences.venue_id
    WHERE {whose} AND occurrences.starts_at > %(earliest)s AND occurrences.starts_at < %(latest)s
    AND occurrences.ends_at > %(now)s AND occurrences.status <> 'draft'
""")


class TonightRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_tonight(self, area: Area, now: datetime, limit: int) -> list[Listed]:
        """What is not over of the night that it is there, and what goes on for days; what starts first, first."""
        there: dict[str, object] = {"city": area} if isinstance(area, str) else asdict(area)
        query = _TONIGHT.format(
            there=_IN_CITY if isinstance(area, str) else _AROUND, seen=everybody_sees_event("events")
        )
        values = {
            "now": now,
            "earliest": now - LONGEST_EVENT,
            "latest": now + LONGEST_NIGHT,
            "night_ends": NIGHT_ENDS,
            "longer": LONGER_THAN_A_NIGHT,
            "limit": limit,
        }
        with self._connection.cursor(row_factory=class_row(Listed)) as cursor:
            return cursor.execute(query, values | there).fetchall()

    def list_places(self, whose: Whose, of: UUID, now: datetime) -> list[Place]:
        """Where something of this one's is on that may be somebody's tonight."""
        values = {"of": of, "now": now, "earliest": now - LONGEST_EVENT, "latest": now + LONGEST_NIGHT}
        with self._connection.cursor(row_factory=class_row(Place)) as cursor:
            return cursor.execute(_PLACES.format(whose=_WHOSE[whose]), values).fetchall()
