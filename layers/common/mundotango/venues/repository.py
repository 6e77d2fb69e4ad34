from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL

from mundotango.errors import ProfileMissing
from mundotango.pagination import Ranked
from mundotango.text import key
from mundotango.venues.model import Found, Site, Venue

# "La Milonga" and the like; who means one of more than these has to say which.
MOST_OF_A_NAME = 100

VENUE = SQL("""
    venues.id, venues.name, venues.address, venues.city, venues.country, venues.latitude, venues.longitude, venues.zone,
    venues.created_by, venues.created_at, venues.version
""")
_WRITTEN = """
    name = %(name)s, name_key = %(name_key)s, address = %(address)s, city = %(city)s, city_key = %(city_key)s,
    country = %(country)s, latitude = %(latitude)s, longitude = %(longitude)s, zone = %(zone)s,
    search_key = %(search_key)s
"""
# How much of a word's spelling is what was asked, in thousandths: as a whole number a cursor carries it without loss.
_LIKE = SQL("""
    SELECT like_it.*, (1000 * word_similarity(%(asked)s, search_key))::integer AS rank
    FROM venues_like(%(asked)s, %(pattern)s, %(most)s) AS like_it
""")
_FOUND = SQL("""
    SELECT {venue}, venues.rank FROM ({found} OFFSET 0) AS venues
    WHERE {conditions} ORDER BY venues.rank DESC, venues.id DESC LIMIT %(limit)s
""")
_OF_CITY = SQL("""
    SELECT {venue}, 0 AS rank FROM venues WHERE {conditions} ORDER BY venues.id DESC LIMIT %(limit)s
""")


class VenueRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, venue_id: UUID) -> Venue | None:
        query = SQL("SELECT {} FROM venues WHERE id = %s").format(VENUE)
        with self._connection.cursor(row_factory=class_row(Venue)) as cursor:
            return cursor.execute(query, (venue_id,)).fetchone()

    def list_of(self, venue_ids: Sequence[UUID]) -> dict[UUID, Venue]:
        query = SQL("SELECT {} FROM venues WHERE id = ANY(%s)").format(VENUE)
        with self._connection.cursor(row_factory=class_row(Venue)) as cursor:
            return {venue.id: venue for venue in cursor.execute(query, (list(venue_ids),))}

    def hold(self, venue_ids: Sequence[UUID]) -> dict[UUID, Venue]:
        """Until this transaction ends nobody moves them; others may hold them too."""
        query = SQL("SELECT {} FROM venues WHERE id = ANY(%s) ORDER BY id FOR SHARE").format(VENUE)
        with self._connection.cursor(row_factory=class_row(Venue)) as cursor:
            return {venue.id: venue for venue in cursor.execute(query, (list(venue_ids),))}

    def hold_name(self, name: str) -> None:
        """Until this transaction ends nobody else tells of a venue of this name."""
        self._connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 13))", (key(name),))

    def list_near(self, site: Site, metres: int) -> list[Venue]:
        """Those of the same name as near as that, the nearest first."""
        query = SQL("""
            SELECT {venue} FROM venues CROSS JOIN ll_to_earth(%(latitude)s, %(longitude)s) AS here
            WHERE name_key = %(name_key)s AND earth_distance(here, ll_to_earth(latitude, longitude)) <= %(metres)s
            ORDER BY earth_distance(here, ll_to_earth(latitude, longitude)), id
        """).format(venue=VENUE)
        values = {"name_key": key(site.name), "metres": metres}
        with self._connection.cursor(row_factory=class_row(Venue)) as cursor:
            found = cursor.execute(query, values | {"latitude": site.latitude, "longitude": site.longitude})
            return found.fetchall()

    def list_named(self, name: str) -> list[Venue]:
        """Those of this name, wherever they are."""
        query = SQL("SELECT {} FROM venues WHERE name_key = %s ORDER BY id LIMIT %s").format(VENUE)
        with self._connection.cursor(row_factory=class_row(Venue)) as cursor:
            return cursor.execute(query, (key(name), MOST_OF_A_NAME)).fetchall()

    def add(self, venue: Venue) -> None:
        try:
            self._connection.execute(
                """
                INSERT INTO venues (
                    id, name, name_key, address, city, city_key, country, latitude, longitude, zone, search_key,
                    created_by, created_at, version
                ) VALUES (
                    %(id)s, %(name)s, %(name_key)s, %(address)s, %(city)s, %(city_key)s, %(country)s, %(latitude)s,
                    %(longitude)s, %(zone)s, %(search_key)s, %(created_by)s, %(created_at)s, %(version)s
                )
                """,
                _values(venue) | {"created_by": venue.created_by, "created_at": venue.created_at},
            )
        except ForeignKeyViolation as violation:
            raise ProfileMissing("create a profile before announcing events") from violation

    def change(self, before: Venue, after: Venue) -> bool:
        """False, and nothing written, when it is no longer as it was before."""
        changed = self._connection.execute(
            f"UPDATE venues SET version = %(version)s, {_WRITTEN} WHERE id = %(id)s AND version = %(before)s",  # noqa: S608 - a constant
            _values(after) | {"before": before.version},
        )
        return changed.rowcount == 1

    def list_found(
        self, *, asked: str | None, pattern: str, most: int, city: str | None, after: Ranked | None, limit: int
    ) -> list[Found]:
        """Which fits best first; without a question, those of the city, newest first."""
        conditions = [SQL("true")]
        if city is not None:
            conditions.append(SQL("venues.city_key = %(city)s"))
        if after is not None and asked is not None:
            conditions.append(SQL("(venues.rank, venues.id) < (%(rank)s, %(id)s)"))
        elif after is not None:
            conditions.append(SQL("venues.id < %(id)s"))
        query = (_OF_CITY if asked is None else _FOUND).format(
            venue=VENUE, found=_LIKE, conditions=SQL(" AND ").join(conditions)
        )
        values: dict[str, Any] = {"asked": asked, "pattern": pattern, "most": most, "limit": limit}
        values |= {"city": None if city is None else key(city)}
        values |= {"rank": after.rank if after else None, "id": after.id if after else None}
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query, values).fetchall()
        return [Found(rank=row.pop("rank"), venue=Venue(**row)) for row in rows]


def _values(venue: Venue) -> dict[str, Any]:
    return {
        "id": venue.id,
        "name": venue.name,
        "name_key": key(venue.name),
        "address": venue.address,
        "city": venue.city,
        "city_key": key(venue.city),
        "country": venue.country,
        "latitude": venue.latitude,
        "longitude": venue.longitude,
        "zone": venue.zone,
        "search_key": f" {key(venue.name)} {key(venue.address)}",
        "version": venue.version,
    }
