from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import class_row
from psycopg.sql import SQL

from mundotango import text
from mundotango.errors import ProfileMissing
from mundotango.events.model import Event
from mundotango.events.policy import LONGEST_EVENT
from mundotango.pagination import Place

_COLUMNS = SQL("""
    id, title, description, kind, city, country, venue_name, address, latitude, longitude, zone, starts_at, ends_at,
    organiser_id, status, created_at
""")


class EventRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, event: Event) -> None:
        try:
            self._connection.execute(
                """
                INSERT INTO events (
                    id, title, description, kind, city, city_key, country, venue_name, address, latitude, longitude,
                    zone, starts_at, ends_at, organiser_id, status, created_at
                ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                (
                    event.id, event.title, event.description, event.kind, event.city, text.key(event.city),
                    event.country, event.venue_name, event.address, event.latitude, event.longitude, event.zone,
                    event.starts_at, event.ends_at, event.organiser_id, event.status, event.created_at,
                ),
            )  # fmt: skip
        except ForeignKeyViolation as violation:
            raise ProfileMissing("create a profile before announcing events") from violation

    def find(self, event_id: UUID) -> Event | None:
        with self._connection.cursor(row_factory=class_row(Event)) as cursor:
            return cursor.execute(SQL("SELECT {} FROM events WHERE id = %s").format(_COLUMNS), (event_id,)).fetchone()

    def list_published(
        self, *, city: str | None, from_: datetime, to: datetime | None, after: Place | None, limit: int
    ) -> list[Event]:
        """What takes place between `from_` and `to`, though it began before or ends later, in order of beginning."""
        conditions = [SQL("status = 'published' AND ends_at > %(from)s AND starts_at > %(earliest)s")]
        if city is not None:
            conditions.append(SQL("city_key = %(city)s"))
        if to is not None:
            conditions.append(SQL("starts_at < %(to)s"))
        if after is not None:
            conditions.append(SQL("(starts_at, id) > (%(at)s, %(id)s)"))
        query = SQL("SELECT {} FROM events WHERE {} ORDER BY starts_at, id LIMIT %(limit)s")
        values = {
            "city": None if city is None else text.key(city),
            "from": from_,
            # An index can begin there; by the end of an event alone it could not.
            "earliest": from_ - LONGEST_EVENT,
            "to": to,
            "at": after.at if after else None,
            "id": after.id if after else None,
            "limit": limit,
        }
        with self._connection.cursor(row_factory=class_row(Event)) as cursor:
            return cursor.execute(query.format(_COLUMNS, SQL(" AND ").join(conditions)), values).fetchall()
