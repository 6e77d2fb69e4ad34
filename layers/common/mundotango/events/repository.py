"""Events as they are kept, and the one way in which lists and lookups read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Composed
from psycopg.types.json import Jsonb

from mundotango.errors import Conflict, EventExists, ProfileMissing, Said
from mundotango.events.model import Dated, Event, EventStatus, Version, content_payload
from mundotango.events.policy import LONGEST_EVENT
from mundotango.events.rows import dated_from, event_from
from mundotango.occurrences.repository import OCCURRENCE
from mundotango.pagination import Place
from mundotango.visibility.repository import everybody_sees_event, everybody_sees_person, sees_person

_EVENT = SQL("""
    events.id AS of_event, events.organiser_id, events.kind AS of_kind, events.status AS as_a_whole,
    events.venue_id AS usual_venue, events.zone, events.starts, events.ends, events.rule, events.excluded, events.added,
    events.price, events.currency, events.link, events.tags, events.parent_id, events.created_at,
    events.changed_at AS edited_at, events.version, texts.said, people.parts, pictures.media
""")
_PARTS_OF_EVENT = SQL("""
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(language, title, description) ORDER BY position) AS said
        FROM event_texts WHERE event_texts.event_id = events.id
    ) AS texts ON true
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(
            jsonb_build_object(
                'role', part.role, 'user_id', part.user_id, 'name', part.name,
                'profile', CASE WHEN {seen}
                    THEN jsonb_build_array(person.handle, person.display_name, person.avatar) END
            ) ORDER BY part.position
        ) AS parts
        FROM event_people AS part LEFT JOIN users AS person ON person.id = part.user_id
        WHERE part.event_id = events.id
    ) AS people ON true
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(shown.picture || jsonb_build_object('alt', shown.alt) ORDER BY shown.position) AS media
        FROM event_media AS shown WHERE shown.event_id = events.id
    ) AS pictures ON true
""").format(seen=everybody_sees_person("person"))
# `page` selects the id of each occurrence to be shown, and where it stands in its list: `places`.
_DATED = SQL("""
    WITH page AS MATERIALIZED ({page})
    SELECT {places}, {occurrence}, {event},
        venues.name AS venue_name, venues.address, venues.city, venues.country, venues.latitude, venues.longitude,
        venues.zone AS venue_zone, venues.created_by, venues.created_at AS known_at, venues.version AS venue_version
    FROM page
    JOIN occurrences ON occurrences.id = page.id
    JOIN events ON events.id = occurrences.event_id
    JOIN venues ON venues.id = occurrences.venue_id
    {parts}
    ORDER BY {order}
""")
_ONE = SQL("SELECT {event} FROM events {parts} WHERE events.id = %(event_id)s").format(
    event=_EVENT, parts=_PARTS_OF_EVENT
)
# Of each event that is announced for there, the next time.
_AT_VENUE = SQL("""
    SELECT next.id, next.starts_at AS at, next.id AS key FROM (
        SELECT DISTINCT ON (event_id) id, starts_at FROM occurrences
        WHERE venue_id = %(venue_id)s AND ends_at > %(now)s AND status <> 'draft' ORDER BY event_id, starts_at
    ) AS next ORDER BY next.starts_at, next.id LIMIT %(limit)s
""")
# What is next, or of what is over the last.
_NEXT = SQL("""
    SELECT id, starts_at, status FROM occurrences WHERE occurrences.event_id = {event_id}
    ORDER BY ends_at <= %(now)s, CASE WHEN ends_at > %(now)s THEN starts_at END, starts_at DESC LIMIT 1
""")
_OF_ONE = SQL("SELECT id, starts_at AS at, id AS key FROM ({}) AS next").format(
    _NEXT.format(event_id=SQL("%(event_id)s"))
)
_OF_ONE_FOR_EVERYBODY = SQL(
    "{} WHERE next.status <> 'draft' AND EXISTS (SELECT FROM events WHERE events.id = %(event_id)s AND {})"
).format(_OF_ONE, everybody_sees_event("events"))
_OWN = SQL("""
    SELECT next.id, mine.created_at AS at, mine.id AS key
    FROM (
        SELECT mine.id, mine.created_at FROM (
            SELECT id, created_at FROM events WHERE organiser_id = %(user_id)s
            UNION
            SELECT events.id, events.created_at FROM event_people JOIN events ON events.id = event_people.event_id
            WHERE event_people.user_id = %(user_id)s AND event_people.role = 'organiser'
        ) AS mine
        WHERE {beyond} ORDER BY mine.created_at DESC, mine.id DESC LIMIT %(limit)s
    ) AS mine
    CROSS JOIN LATERAL ({next}) AS next
""")
_PAGE = SQL("""
    SELECT id, starts_at AS at, id AS key FROM occurrences WHERE {conditions} ORDER BY starts_at, id LIMIT %(limit)s
""")


class EventRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, event_id: UUID) -> Event | None:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(_ONE, {"event_id": event_id}).fetchone()
        return None if row is None else event_from(row)

    def find_held(self, event_id: UUID) -> Event | None:
        """Until this transaction ends nobody else changes it, its occurrences or its sessions."""
        self._connection.execute("SELECT FROM events WHERE id = %s FOR NO KEY UPDATE", (event_id,))
        return self.find(event_id)

    def find_status(self, event_id: UUID) -> EventStatus | None:
        row = self._connection.execute("SELECT status FROM events WHERE id = %s", (event_id,)).fetchone()
        return None if row is None else row[0]

    def find_alike(
        self, organiser_id: UUID, title: str, starts_at: datetime, venue_id: UUID | None = None
    ) -> UUID | None:
        """The one that this organiser announced by this title, if one of its times begins then: there, or anywhere."""
        row = self._connection.execute(
            """
            SELECT events.id FROM events
            JOIN event_texts ON event_texts.event_id = events.id AND event_texts.position = 0
                AND event_texts.title = %(title)s
            JOIN occurrences ON occurrences.event_id = events.id AND occurrences.starts_at = %(starts_at)s
            WHERE events.organiser_id = %(organiser_id)s
                AND (%(venue_id)s::uuid IS NULL OR occurrences.venue_id = %(venue_id)s)
            LIMIT 1
            """,
            {"organiser_id": organiser_id, "title": title, "starts_at": starts_at, "venue_id": venue_id},
        ).fetchone()
        return None if row is None else row[0]

    def find_dated(self, event_id: UUID, now: datetime) -> Dated | None:
        """At the next time it takes place; of what is over, at the last."""
        found = self._read(SQL("{}").format(_OF_ONE), {"event_id": event_id, "now": now})
        return found[0][1] if found else None

    def find_shown(self, event_id: UUID, now: datetime) -> Dated | None:
        """Likewise, if it is announced and for everybody."""
        found = self._read(SQL("{}").format(_OF_ONE_FOR_EVERYBODY), {"event_id": event_id, "now": now})
        return found[0][1] if found else None

    def find_at(self, occurrence_id: UUID) -> Dated | None:
        page = SQL("SELECT id, starts_at AS at, id AS key FROM occurrences WHERE id = %(occurrence_id)s")
        found = self._read(SQL("{}").format(page), {"occurrence_id": occurrence_id})
        return found[0][1] if found else None

    def list_at_venue(self, venue_id: UUID, now: datetime, limit: int) -> list[Dated]:
        """The events that are to take place there, each at the next time it does, soonest first."""
        page = SQL("{}").format(_AT_VENUE)
        return [dated for _, dated in self._read(page, {"venue_id": venue_id, "now": now, "limit": limit})]

    def others_at_venue(self, venue_id: UUID, user_id: UUID, now: datetime) -> bool:
        """Whether something is to take place there that another announced."""
        query = """
            SELECT EXISTS (
                SELECT FROM occurrences JOIN events ON events.id = event_id
                WHERE occurrences.venue_id = %s AND occurrences.ends_at > %s AND organiser_id <> %s
            )
        """
        row = self._connection.execute(query, (venue_id, now, user_id)).fetchone()
        return row is not None and row[0]

    def list_at(self, occurrence_ids: Sequence[UUID]) -> list[Dated]:
        """By the time they start."""
        page = SQL("SELECT id, starts_at AS at, id AS key FROM occurrences WHERE id = ANY(%(occurrence_ids)s)")
        found = self._read(SQL("{}").format(page), {"occurrence_ids": list(occurrence_ids)})
        return [dated for _, dated in found]

    def list_own(self, user_id: UUID, now: datetime, after: Place | None, limit: int) -> list[Dated]:
        """Those that this person may change, last made first, each at its next time."""
        beyond = SQL("(mine.created_at, mine.id) < (%(at)s, %(id)s)") if after else SQL("true")
        page = _OWN.format(next=_NEXT.format(event_id=SQL("mine.id")), beyond=beyond)
        place: dict[str, object] = {"at": after.at, "id": after.id} if after else {}
        values = {"user_id": user_id, "now": now, "limit": limit} | place
        return [dated for _, dated in self._read(page, values, "DESC")]

    def list_published(
        self,
        *,
        event_id: UUID | None = None,
        parent_id: UUID | None = None,
        from_: datetime | None,
        after: Place | None,
        limit: int,
    ) -> list[Dated]:
        """What takes place from then on, though it began before, in order of beginning: of one event, or of the
        sessions of one."""
        conditions: list[Composable] = [SQL("status <> 'draft'")]
        if from_ is not None:
            # An index can begin there; by the end of an event alone it could not.
            conditions.append(SQL("ends_at > %(from)s AND starts_at > %(earliest)s"))
        if event_id is not None:
            conditions.append(SQL("event_id = %(event_id)s"))
        if parent_id is not None:
            of_parent = SQL("event_id IN (SELECT id FROM events WHERE parent_id = %(parent_id)s AND {})")
            conditions.append(of_parent.format(everybody_sees_event("events")))
        if after is not None:
            conditions.append(SQL("(starts_at, id) > (%(at)s, %(id)s)"))
        values = {
            "event_id": event_id,
            "parent_id": parent_id,
            "from": from_,
            "earliest": None if from_ is None else from_ - LONGEST_EVENT,
            "at": after.at if after else None,
            "id": after.id if after else None,
            "limit": limit,
        }
        return [dated for _, dated in self._read(_PAGE.format(conditions=SQL(" AND ").join(conditions)), values)]

    def list_sessions(self, parent_id: UUID) -> list[UUID]:
        rows = self._connection.execute("SELECT id FROM events WHERE parent_id = %s ORDER BY id", (parent_id,))
        return [event_id for (event_id,) in rows]

    def list_linkable(self, user_ids: Sequence[UUID], reader_id: UUID) -> set[UUID]:
        """Those of these people whom the reader sees."""
        query = SQL("SELECT id FROM users WHERE id = ANY(%(user_ids)s) AND {}").format(sees_person("users"))
        rows = self._connection.execute(query, {"user_ids": list(user_ids), "reader_id": reader_id})
        return {user_id for (user_id,) in rows}

    def list_versions(self, event_id: UUID, limit: int) -> list[Version]:
        """How it read before its edits, newest first."""
        rows = self._connection.execute(
            """
            SELECT version, content, written_at FROM event_versions
            WHERE event_id = %s ORDER BY version DESC LIMIT %s
            """,
            (event_id, limit),
        )
        return [Version(*row) for row in rows]

    def add(self, event: Event, owner_id: UUID) -> None:
        """Its pictures are this person's.

        Raises:
            EventExists: there is one of this id.
        """
        try:
            self._connection.execute(
                """
                INSERT INTO events (
                    id, organiser_id, kind, status, venue_id, zone, starts, ends, rule, excluded, added, price,
                    currency, link, tags, parent_id, created_at, changed_at, version
                ) VALUES (
                    %(id)s, %(organiser_id)s, %(kind)s, %(status)s, %(venue_id)s, %(zone)s, %(starts)s, %(ends)s,
                    %(rule)s, %(excluded)s, %(added)s, %(price)s, %(currency)s, %(link)s, %(tags)s, %(parent_id)s,
                    %(created_at)s, %(changed_at)s, %(version)s
                )
                """,
                _values(event),
            )
        except ForeignKeyViolation as violation:
            raise ProfileMissing("create a profile before announcing events") from violation
        except UniqueViolation as violation:
            raise EventExists(Said("this event is there already: {id}", id=event.id), event.id) from violation
        self._add_texts(event)
        self._add_people(event)
        self._add_media(event, dict.fromkeys((UUID(picture["id"]) for picture in event.media), owner_id))

    def change(self, before: Event, after: Event, editor_id: UUID, owners: Mapping[UUID, UUID]) -> None:
        """What it was is kept. `owners` are those of its pictures, where the edit says which it shows."""
        self._connection.execute(
            """
            UPDATE events SET kind = %(kind)s, status = %(status)s, venue_id = %(venue_id)s, zone = %(zone)s,
                starts = %(starts)s, ends = %(ends)s, rule = %(rule)s, excluded = %(excluded)s, added = %(added)s,
                price = %(price)s, currency = %(currency)s, link = %(link)s, tags = %(tags)s,
                changed_at = %(changed_at)s, version = %(version)s
            WHERE id = %(id)s
            """,
            _values(after),
        )
        self.keep_version(before, content_payload(before), editor_id, after.changed_at)
        if after.texts != before.texts:
            self._connection.execute("DELETE FROM event_texts WHERE event_id = %s", (after.id,))
            self._add_texts(after)
        if after.people != before.people:
            self._connection.execute("DELETE FROM event_people WHERE event_id = %s", (after.id,))
            self._add_people(after)
        if after.media != before.media:
            self._connection.execute("DELETE FROM event_media WHERE event_id = %s", (after.id,))
            self._add_media(after, owners)

    def remove(self, event_id: UUID) -> None:
        """With its sessions, and all that each of them says and said."""
        self._connection.execute("DELETE FROM events WHERE id = %s", (event_id,))

    def raise_version(self, event: Event, own: Mapping[str, object], editor_id: UUID, now: datetime) -> None:
        """An edit of one of its occurrences, of which this was its own before."""
        self._connection.execute(
            "UPDATE events SET version = version + 1, changed_at = %s WHERE id = %s", (now, event.id)
        )
        self.keep_version(event, content_payload(event) | {"occurrence": own}, editor_id, now)

    def keep_version(self, event: Event, content: Mapping[str, object], editor_id: UUID, now: datetime) -> None:
        self._connection.execute(
            """
            INSERT INTO event_versions (event_id, version, content, written_by, written_at)
            VALUES (%s, %s, %s, %s, %s)
            """,
            (event.id, event.version, Jsonb(content), editor_id, now),
        )

    def media_owners(self, event_id: UUID) -> dict[UUID, UUID]:
        rows = self._connection.execute("SELECT media_id, owner_id FROM event_media WHERE event_id = %s", (event_id,))
        return dict(rows.fetchall())

    def _add_texts(self, event: Event) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(
                """
                INSERT INTO event_texts (event_id, position, language, title, description)
                VALUES (%s, %s, %s, %s, %s)
                """,
                [
                    (event.id, position, each.language, each.title, each.description)
                    for position, each in enumerate(event.texts)
                ],
            )

    def _add_people(self, event: Event) -> None:
        if event.people:
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO event_people (event_id, position, role, user_id, name) VALUES (%s, %s, %s, %s, %s)",
                    [
                        (event.id, position, part.role, part.user_id, part.name)
                        for position, part in enumerate(event.people)
                    ],
                )

    def _add_media(self, event: Event, owners: Mapping[UUID, UUID]) -> None:
        if not event.media:
            return
        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    """
                    INSERT INTO event_media (event_id, position, media_id, owner_id, alt, picture)
                    VALUES (%s, %s, %s, %s, %s, %s)
                    """,
                    [
                        (event.id, position, media_id, owners[media_id], picture["alt"], Jsonb(picture))
                        for position, picture in enumerate(event.media)
                        for media_id in [UUID(picture["id"])]
                    ],
                )
        except UniqueViolation as violation:
            raise Conflict("one of the pictures is in another event already") from violation

    def _read(
        self, page: Composed, values: dict[str, Any], direction: Literal["ASC", "DESC"] = "ASC"
    ) -> list[tuple[Place, Dated]]:
        order = SQL("page.at {direction}, page.key {direction}").format(direction=SQL(direction))
        found = read_page(self._connection, page, values, places=SQL("page.at, page.key"), order=order)
        return [(Place(row["at"], row["key"]), dated) for row, dated in found]


def read_page(
    connection: Connection, page: Composed, values: dict[str, Any], *, places: SQL, order: Composed | SQL
) -> list[tuple[dict[str, Any], Dated]]:
    """The occurrences that `page` selects by their `id`, each with its row, in which are its `places` too."""
    query = _DATED.format(
        page=page, places=places, occurrence=OCCURRENCE, event=_EVENT, parts=_PARTS_OF_EVENT, order=order
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return [(row, dated_from(row)) for row in cursor.execute(query, values)]


def _values(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "organiser_id": event.organiser_id,
        "kind": event.kind,
        "status": event.status,
        "venue_id": event.venue_id,
        "zone": event.zone,
        "starts": event.starts,
        "ends": event.ends,
        "rule": event.recurrence.rule,
        "excluded": list(event.recurrence.excluded),
        "added": list(event.recurrence.added),
        "price": event.price,
        "currency": event.currency,
        "link": event.link,
        "tags": list(event.tags),
        "parent_id": event.parent_id,
        "created_at": event.created_at,
        "changed_at": event.changed_at,
        "version": event.version,
    }
