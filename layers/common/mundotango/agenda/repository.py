"""What takes place, found by where, when and what it is, by its words, or by who makes it.

Where is asked of the venues first. Of few, what comes next at each is looked up by the venue and the time; of many, all
that takes place is walked along in the order of time, and one in that region comes soon. Which of the two it is the
server cannot know: of cubes and boxes it has no statistics.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL, Composable, Composed

from mundotango.agenda.model import CityCount, Facets, Pin, Query
from mundotango.agenda.policy import MOST_CITIES_COUNTED, MOST_COUNTED, MOST_WEIGHED, OVER_FOR
from mundotango.events.model import Dated
from mundotango.events.policy import LONGEST_EVENT
from mundotango.events.repository import read_page
from mundotango.pagination import Standing
from mundotango.visibility.repository import everybody_sees_person

# Beyond so many, looking at each venue or event costs more than walking along the time.
MOST_APART = 50
MOST_VENUES = 400
FEW_EVENTS = 500
SOME_EVENTS = 3000

# Once a statement, into a hash.
_NOT_HIDDEN = SQL("occurrences.event_id NOT IN (SELECT event_id FROM hidden_events)")
_OF_ORGANISER = SQL("""occurrences.event_id IN (
    SELECT id FROM events WHERE organiser_id = %(organiser_id)s
    UNION
    SELECT part.event_id FROM event_people AS part JOIN users AS person ON person.id = part.user_id
    WHERE part.user_id = %(organiser_id)s AND part.role = 'organiser' AND {seen}
)""").format(seen=everybody_sees_person("person"))
_AT_MOST = SQL("""occurrences.event_id IN (
    SELECT id FROM events WHERE price = 0 OR (currency = %(currency)s AND price <= %(price)s)
)""")
_FREE = SQL("occurrences.event_id IN (SELECT id FROM events WHERE price = 0)")
# What takes no registrations looks for nobody. What does not take them yet does.
_NEEDS = SQL("""occurrences.event_id IN (SELECT event_id FROM registration_settings) AND (
    SELECT occurrences.starts_at - settings.closes_before > %(now)s AND admits(
        settings, %(leads)s, %(follows)s, occurrences.taken_leaders, occurrences.taken_followers, occurrences.taken_both
    ) FROM registration_settings AS settings WHERE settings.event_id = occurrences.event_id
) AND occurrences.status = 'published'""")
# Of words that are in few events, these are looked up. Of others all that takes place is walked along, and what has
# them comes soon: those that are in some are known from a hash, which IS TRUE keeps the server from joining, and of
# those that are in many each event on the way is asked for them.
_OF_FEW = SQL("occurrences.event_id = ANY(%(events)s)")
_OF_SOME = SQL("(occurrences.event_id IN (SELECT event_id FROM event_documents WHERE {words})) IS TRUE")
_OF_MANY = SQL("(SELECT {words} FROM event_documents WHERE event_documents.event_id = occurrences.event_id)")
_HAVING_WORDS = SQL("""
    SELECT count(*), array_agg(event_id) FILTER (WHERE number <= %(few)s)
    FROM (SELECT event_id, row_number() OVER () AS number FROM event_documents WHERE {words} LIMIT %(some)s + 1) AS one
""")
# Each of the two indexes is of one half, so both have to be named.
_COMING = SQL("(NOT over AND words @@ %(words)s::tsquery)")
_EVER = SQL("((NOT over AND words @@ %(words)s::tsquery) OR (over AND words @@ %(words)s::tsquery))")

_METRES = "metres_apart(%(latitude)s, %(longitude)s, {of}.latitude, {of}.longitude)"
_AROUND = SQL("""
    earth_box(ll_to_earth(%(latitude)s, %(longitude)s), %(metres)s) @> ll_to_earth(venues.latitude, venues.longitude)
    AND {metres} <= %(metres)s
""").format(metres=SQL(_METRES.format(of="venues")))
# The first as the index on the globe finds it, the second as a map is cut.
_IN_BOX = SQL("point(venues.longitude, venues.latitude) <@ box(point(%(west)s, %(south)s), point(%(east)s, %(north)s))")
_IN_BOXES = SQL("""(
    point(venues.longitude, venues.latitude) <@ box(point(%(west)s, %(south)s), point(180, %(north)s))
    OR point(venues.longitude, venues.latitude) <@ box(point(-180, %(south)s), point(%(east)s, %(north)s))
)""")

_BY_START = SQL("""
    SELECT occurrences.id, 0::float8 AS by, occurrences.starts_at AS at, occurrences.id AS key
    FROM occurrences WHERE {conditions} ORDER BY occurrences.starts_at, occurrences.id LIMIT %(limit)s
""")
_BY_START_AT_VENUES = SQL("""
    SELECT next.id, 0::float8 AS by, next.starts_at AS at, next.id AS key
    FROM unnest(%(venues)s::uuid[]) AS place (id) CROSS JOIN LATERAL (
        SELECT occurrences.id, occurrences.starts_at FROM occurrences
        WHERE occurrences.venue_id = place.id AND {conditions}
        ORDER BY occurrences.starts_at, occurrences.id LIMIT %(limit)s
    ) AS next
    ORDER BY next.starts_at, next.id LIMIT %(limit)s
""")
# Sorted already by the distance, so it ends with the venue that fills the page.
_BY_DISTANCE = SQL("""
    SELECT next.id, place.metres AS by, next.starts_at AS at, next.id AS key
    FROM (
        SELECT venues.id, {metres} AS metres FROM venues WHERE {region} AND {not_passed} ORDER BY 2
    ) AS place CROSS JOIN LATERAL (
        SELECT occurrences.id, occurrences.starts_at FROM occurrences
        WHERE occurrences.venue_id = place.id AND {conditions} AND {beyond}
        ORDER BY occurrences.starts_at, occurrences.id LIMIT %(limit)s
    ) AS next
    ORDER BY place.metres, next.starts_at, next.id LIMIT %(limit)s
""")
# Each event once, at its next time. Sorted already by the rank, so it ends with the event that fills the page.
_BY_RANK = SQL("""
    SELECT next.id, fits.by, next.starts_at AS at, next.id AS key
    FROM (
        SELECT event_id, (-100000 * ts_rank(words, %(words)s::tsquery, 1))::integer::float8 AS by
        FROM event_documents WHERE event_id = ANY({events}) ORDER BY 2
    ) AS fits CROSS JOIN LATERAL (
        SELECT occurrences.id, occurrences.starts_at FROM occurrences
        WHERE occurrences.event_id = fits.event_id AND {conditions}
        ORDER BY occurrences.starts_at, occurrences.id LIMIT 1
    ) AS next
    WHERE {beyond} ORDER BY fits.by, next.starts_at, next.id LIMIT %(limit)s
""")
_SOONEST = SQL("""ARRAY(
    SELECT DISTINCT soonest.event_id FROM (
        SELECT occurrences.event_id FROM occurrences WHERE {conditions}
        ORDER BY occurrences.starts_at, occurrences.id LIMIT %(weighed)s
    ) AS soonest
)""")
_COUNTED = SQL("""
    WITH found AS MATERIALIZED (
        SELECT occurrences.event_id, occurrences.kind, occurrences.country, occurrences.city_key, occurrences.venue_id
        FROM occurrences WHERE {conditions}
        ORDER BY occurrences.starts_at, occurrences.id LIMIT %(counted)s + 1
    ), counted AS MATERIALIZED (SELECT * FROM found LIMIT %(counted)s)
    SELECT
        (SELECT count(*) FROM found) AS total,
        (SELECT count(*) FROM counted JOIN events ON events.id = counted.event_id WHERE events.price = 0) AS free,
        (
            SELECT jsonb_object_agg(kind, most ORDER BY most DESC, kind)
            FROM (SELECT kind, count(*) AS most FROM counted GROUP BY kind) AS one
        ) AS kinds,
        (
            SELECT jsonb_object_agg(country, most)
            FROM (SELECT country, count(*) AS most FROM counted GROUP BY country) AS one
        ) AS countries,
        (
            SELECT jsonb_agg(jsonb_build_array(venues.city, one.country, one.most) ORDER BY one.most DESC, one.city_key)
            FROM (
                SELECT city_key, country, count(*) AS most, (array_agg(venue_id))[1] AS venue_id
                FROM counted GROUP BY city_key, country ORDER BY most DESC, city_key LIMIT %(cities)s
            ) AS one JOIN venues ON venues.id = one.venue_id
        ) AS cities
""")
_PINS = SQL("""
    WITH page AS MATERIALIZED ({page})
    SELECT occurrences.id, occurrences.event_id, original.title, occurrences.kind, occurrences.status,
        occurrences.starts_at, occurrences.ends_at, events.zone, venues.name AS venue_name, venues.city,
        venues.latitude, venues.longitude
    FROM page
    JOIN occurrences ON occurrences.id = page.id
    JOIN events ON events.id = occurrences.event_id
    JOIN venues ON venues.id = occurrences.venue_id
    JOIN event_texts AS original ON original.event_id = events.id AND original.position = 0
    ORDER BY page.at, page.key
""")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as conditions on `occurrences`, with their values. `apart` says that each of the few venues of its
    region is asked by itself, `few` that its words are in few events."""

    conditions: Composed
    words: Composable
    values: dict[str, Any]
    apart: bool
    few: bool


class AgendaRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_found(
        self, query: Query, now: datetime, after: Standing | None, limit: int
    ) -> list[tuple[Standing, Dated]]:
        """In the query's order, each with where it stands in it."""
        page, values = self._page(query, now, after, limit)
        places = SQL("page.by, page.at, page.key")
        found = read_page(self._connection, page, values, places=places, order=places)
        return [(Standing(row["by"], row["at"], row["key"], now), dated) for row, dated in found]

    def list_pins(self, query: Query, now: datetime, limit: int) -> list[Pin]:
        """Which start first."""
        page, values = self._page(query, now, None, limit)
        with self._connection.cursor(row_factory=class_row(Pin)) as cursor:
            return cursor.execute(_PINS.format(page=page), values).fetchall()

    def count_facets(self, query: Query, now: datetime) -> Facets:
        asked = self._asked(query, now, None, counted=True)
        values = asked.values | {"counted": MOST_COUNTED, "cities": MOST_CITIES_COUNTED}
        with self._connection.cursor(row_factory=dict_row) as cursor:
            conditions = SQL("{} AND {}").format(asked.conditions, asked.words)
            row = cursor.execute(_COUNTED.format(conditions=conditions), values).fetchone()
        if row is None:
            raise AssertionError("a count without a row")
        return Facets(
            total=min(row["total"], MOST_COUNTED),
            more=row["total"] > MOST_COUNTED,
            free=row["free"],
            kinds=_most_first(row["kinds"]),
            countries=_most_first(row["countries"]),
            cities=tuple(CityCount(*each) for each in row["cities"] or ()),
        )

    def _page(self, query: Query, now: datetime, after: Standing | None, limit: int) -> tuple[Composed, dict[str, Any]]:
        asked = self._asked(query, now, after)
        conditions = SQL("{} AND {}").format(asked.conditions, asked.words)
        values = asked.values | {"limit": limit, "weighed": MOST_WEIGHED}
        if after is not None:
            values |= {"by": after.by, "at": after.at, "id": after.id}
        if query.order == "rank":
            events = SQL("%(events)s") if asked.few else _SOONEST.format(conditions=conditions)
            beyond = _beyond(after, "fits.by", "next")
            return _BY_RANK.format(events=events, conditions=asked.conditions, beyond=beyond), values
        if query.order == "distance":
            metres = SQL(_METRES.format(of="venues"))
            page = _BY_DISTANCE.format(
                metres=metres,
                not_passed=SQL("{} >= %(by)s").format(metres) if after else SQL("true"),
                region=SQL(" AND ").join(_regions(query)),
                conditions=conditions,
                beyond=_beyond(after, "place.metres", "occurrences"),
            )
            return page, values
        return (_BY_START_AT_VENUES if asked.apart else _BY_START).format(conditions=conditions), values

    def _asked(self, query: Query, now: datetime, after: Standing | None, *, counted: bool = False) -> _Asked:
        from_ = query.from_ or now
        values = _values(query, from_, now)
        conditions: list[Composable] = [
            SQL("occurrences.status <> 'draft'"),
            # An index can begin at the earliest start; by the end of an event alone it could not.
            SQL("occurrences.ends_at > %(from)s AND occurrences.starts_at > %(earliest)s"),
            *_plain_conditions(query),
            _NOT_HIDDEN,
        ]
        if after is not None and query.order == "start":
            conditions.append(SQL("(occurrences.starts_at, occurrences.id) > (%(at)s, %(id)s)"))
        words, few = self._with_words(query, _EVER if from_ < now - OVER_FOR else _COMING, values)
        apart = query.order == "start" and not query.words and not counted
        apart = query.order != "distance" and self._with_region(query, conditions, values, apart=apart)
        return _Asked(SQL(" AND ").join(conditions), words, values, apart, few)

    def _with_words(self, query: Query, matching: SQL, values: dict[str, Any]) -> tuple[Composable, bool]:
        """The condition that an event has these words, and whether they are few that have them."""
        if not query.words:
            return SQL("true"), False
        # By itself, so that the server plans with the words that are looked for in the end.
        asking = self._connection.execute("SELECT words_asked(%s)::text", (" ".join(query.words),))
        values["words"] = (asking.fetchone() or ("",))[0]
        lookup = values | {"few": FEW_EVENTS, "some": SOME_EVENTS}
        row = self._connection.execute(_HAVING_WORDS.format(words=matching), lookup).fetchone()
        count, events = row or (0, None)
        if count <= FEW_EVENTS:
            values["events"] = events or []
            return _OF_FEW, True
        return (_OF_SOME if count <= SOME_EVENTS else _OF_MANY).format(words=matching), False

    def _with_region(self, query: Query, conditions: list[Composable], values: dict[str, Any], *, apart: bool) -> bool:
        """Adds the condition that it is there, unless its venues are so few that each is asked by itself where that is
        possible, and answers that."""
        if query.near is None and query.box is None:
            return False
        region = SQL(" AND ").join(_regions(query))
        lookup = SQL("SELECT id FROM venues WHERE {} LIMIT %(most_venues)s").format(region)
        rows = self._connection.execute(lookup, values | {"most_venues": MOST_VENUES + 1}).fetchall()
        if len(rows) > MOST_VENUES:
            conditions.extend(_wide_regions(query))
            return False
        values["venues"] = [venue_id for (venue_id,) in rows]
        if apart and len(rows) <= MOST_APART:
            return True
        conditions.append(SQL("occurrences.venue_id = ANY(%(venues)s)"))
        return False


def _values(query: Query, from_: datetime, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "city": query.city,
        "country": query.country,
        "from": from_,
        "earliest": from_ - LONGEST_EVENT,
        "to": query.to,
        "kinds": list(query.kinds),
        "organiser_id": query.organiser_id,
        "now": now,
        "leads": int(query.role == "leader"),
        "follows": int(query.role == "follower"),
    }
    if query.price is not None:
        values |= {"price": query.price.most, "currency": query.price.currency}
    if query.near is not None:
        near = query.near
        values |= {"latitude": near.latitude, "longitude": near.longitude, "metres": near.metres}
    if query.box is not None:
        box = query.box
        values |= {"west": box.west, "south": box.south, "east": box.east, "north": box.north}
    return values


def _plain_conditions(query: Query) -> list[Composable]:
    found: list[Composable] = []
    if query.city is not None:
        found.append(SQL("occurrences.city_key = %(city)s"))
    if query.country is not None:
        found.append(SQL("occurrences.country = %(country)s"))
    if query.kinds:
        found.append(SQL("occurrences.kind = ANY(%(kinds)s)"))
    if query.to is not None:
        found.append(SQL("occurrences.starts_at < %(to)s"))
    if query.price is not None:
        found.append(_AT_MOST if query.price.most else _FREE)
    if query.organiser_id is not None:
        found.append(_OF_ORGANISER)
    if query.role is not None:
        found.append(_NEEDS)
    return found


def _regions(query: Query) -> list[Composable]:
    """As conditions on `venues`."""
    found: list[Composable] = []
    if query.near is not None:
        found.append(_AROUND)
    if query.box is not None:
        found.append(_IN_BOX if query.box.west <= query.box.east else _IN_BOXES)
    return found


def _wide_regions(query: Query) -> list[Composable]:
    """The same as conditions on `occurrences`, for which no index of places is used."""
    found: list[Composable] = []
    if query.near is not None:
        found.append(SQL("{} <= %(metres)s").format(SQL(_METRES.format(of="occurrences"))))
    if query.box is not None:
        across = "AND" if query.box.west <= query.box.east else "OR"
        found.append(
            SQL("""occurrences.latitude BETWEEN %(south)s AND %(north)s
            AND (occurrences.longitude >= %(west)s {} occurrences.longitude <= %(east)s)""").format(SQL(across))
        )
    return found


def _beyond(after: Standing | None, by: str, of: str) -> Composed:
    if after is None:
        return SQL("{}").format(SQL("true"))
    return SQL("({by}, {of}.starts_at, {of}.id) > (%(by)s, %(at)s, %(id)s)").format(by=SQL(by), of=SQL(of))


def _most_first(counts: dict[Any, int] | None) -> dict[Any, int]:
    return dict(sorted((counts or {}).items(), key=lambda each: (-each[1], each[0])))
