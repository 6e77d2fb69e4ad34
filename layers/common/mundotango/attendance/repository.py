from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL

from mundotango.attendance.model import Attendee, Known, Occasion, Rsvp, Turnout, author_of
from mundotango.errors import NotFound, ProfileMissing
from mundotango.pagination import Place, Ranked
from mundotango.registrations.model import Headcount
from mundotango.visibility.repository import present, sees_person

_OCCASION = SQL("""
    occurrences.id AS occurrence_id, occurrences.event_id, texts.title, occurrences.kind, occurrences.status,
    occurrences.starts_at, occurrences.ends_at, events.zone, venues.city, venues.name AS venue_name
""")
_OF_OCCASION = SQL("""
    JOIN events ON events.id = occurrences.event_id
    JOIN venues ON venues.id = occurrences.venue_id
    JOIN event_texts AS texts ON texts.event_id = occurrences.event_id AND texts.position = 0
""")
# Of somebody who registered again after an end, what they registered for last.
_OWN = SQL("""
    SELECT occurrences.starts_at, registrations.id
    FROM registration_dancers AS mine
    JOIN registrations ON registrations.id = mine.registration_id
    JOIN occurrences ON occurrences.id = mine.occurrence_id
    WHERE mine.user_id = %(user_id)s AND occurrences.ends_at > %(now)s AND {beyond}
    AND NOT EXISTS (
        SELECT FROM registration_dancers AS again JOIN registrations AS later ON later.id = again.registration_id
        WHERE again.occurrence_id = mine.occurrence_id AND again.person_id = mine.person_id
        AND later.position > registrations.position
    )
    ORDER BY occurrences.starts_at, registrations.id LIMIT %(limit)s
""")
# Each in the order of an index: a page reads no more of those who come than are on it, or are not seen by the reader.
_WITH_A_PLACE = SQL("""
    SELECT users.id AS person_id, users.handle, users.display_name, users.avatar, dancer.role,
        registrations.position AS rank
    FROM registrations
    JOIN registration_dancers AS dancer ON dancer.registration_id = registrations.id
    JOIN users ON users.id = dancer.user_id
    WHERE registrations.occurrence_id = %(occurrence_id)s AND registrations.state IN ('accepted', 'attended')
    AND NOT dancer.hidden AND {seen}
    AND registrations.position >= %(rank)s AND (registrations.position, users.id) > (%(rank)s, %(id)s)
    ORDER BY registrations.position, users.id LIMIT %(limit)s
""")
_GOING = SQL("""
    SELECT users.id AS person_id, users.handle, users.display_name, users.avatar, NULL AS role, 0 AS rank
    FROM rsvps JOIN users ON users.id = rsvps.user_id
    WHERE rsvps.occurrence_id = %(occurrence_id)s AND rsvps.answer = 'going' AND NOT rsvps.hidden AND {seen}
    AND rsvps.user_id > %(id)s
    ORDER BY rsvps.user_id LIMIT %(limit)s
""")
_FIRST = Ranked(0, UUID(int=0))


class AttendanceRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- What somebody said ---

    def answer(self, occurrence_id: UUID, user_id: UUID, rsvp: Rsvp) -> None:
        try:
            self._connection.execute(
                """
                INSERT INTO rsvps (occurrence_id, user_id, answer, hidden, answered_at) VALUES (%s, %s, %s, %s, %s)
                ON CONFLICT (occurrence_id, user_id) DO UPDATE SET
                    answer = excluded.answer, hidden = excluded.hidden, answered_at = excluded.answered_at
                """,
                (occurrence_id, user_id, rsvp.answer, rsvp.hidden, rsvp.answered_at),
            )
        except ForeignKeyViolation as violation:
            if violation.diag.constraint_name == "rsvps_occurrence_id_fkey":  # its series has lost it meanwhile
                raise NotFound("no such occurrence") from violation
            raise ProfileMissing("create a profile before you say that you come") from violation

    def find_answer(self, occurrence_id: UUID, user_id: UUID) -> Rsvp | None:
        with self._connection.cursor(row_factory=class_row(Rsvp)) as cursor:
            return cursor.execute(
                "SELECT answer, hidden, answered_at FROM rsvps WHERE occurrence_id = %s AND user_id = %s",
                (occurrence_id, user_id),
            ).fetchone()

    def forget_answer(self, occurrence_id: UUID, user_id: UUID) -> None:
        self._connection.execute(
            "DELETE FROM rsvps WHERE occurrence_id = %s AND user_id = %s", (occurrence_id, user_id)
        )

    # --- Who comes ---

    def find_turnout(self, occurrence_id: UUID) -> Turnout | None:
        """Everybody counts, also who hides."""
        row = self._connection.execute(
            """
            SELECT id, event_id, status, starts_at, ends_at, taken_leaders, taken_followers, taken_both,
                CASE WHEN EXISTS (
                    SELECT FROM registration_settings WHERE registration_settings.event_id = occurrences.event_id
                ) THEN (
                    SELECT coalesce(sum(leaders + followers + both_roles), 0) FROM registrations
                    WHERE occurrence_id = occurrences.id AND state IN ('accepted', 'attended')
                ) ELSE (
                    SELECT count(*) FROM rsvps WHERE occurrence_id = occurrences.id AND answer = 'going'
                ) END,
                (SELECT count(*) FROM registrations WHERE occurrence_id = occurrences.id AND state = 'waiting')
            FROM occurrences WHERE id = %s
            """,
            (occurrence_id,),
        ).fetchone()
        if row is None:
            return None
        _, event_id, status, starts_at, ends_at, leaders, followers, both, going, waiting = row
        taken = Headcount(leaders, followers, both)
        return Turnout(occurrence_id, event_id, status, starts_at, ends_at, taken, int(going), waiting)

    def list_with_a_place(
        self, occurrence_id: UUID, reader_id: UUID, after: Ranked | None, limit: int
    ) -> list[Attendee]:
        """Members whom the reader is shown, in order of registration."""
        return self._attendees(_WITH_A_PLACE, occurrence_id, reader_id, after, limit)

    def list_going(self, occurrence_id: UUID, reader_id: UUID, after: Ranked | None, limit: int) -> list[Attendee]:
        """Those who said so and whom the reader is shown, by their ids: who joined the platform first at first."""
        return self._attendees(_GOING, occurrence_id, reader_id, after, limit)

    def list_known(self, person_ids: Collection[UUID]) -> dict[UUID, Known]:
        """Members and guests, for organisers: whoever blocked whom, but of nobody who is suspended or leaving."""
        query = SQL("""
            SELECT id AS person_id, handle, display_name, avatar FROM users WHERE id = ANY(%(ids)s) AND {present}
            UNION ALL
            SELECT id, NULL, name, NULL FROM guests WHERE id = ANY(%(ids)s)
        """).format(present=present("users"))
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return {
                row["person_id"]: Known(row["display_name"], author_of(row) if row["handle"] else None)
                for row in cursor.execute(query, {"ids": list(person_ids)})
            }

    # --- What somebody registered for ---

    def list_own(self, user_id: UUID, now: datetime, after: Place | None, limit: int) -> list[Place]:
        """Their registrations for what is not over, by when it starts: of each time of an event the last."""
        beyond = SQL("(occurrences.starts_at, registrations.id) > (%(at)s, %(id)s)") if after else SQL("true")
        values = {"user_id": user_id, "now": now, "limit": limit} | _place(after)
        return [Place(*row) for row in self._connection.execute(_OWN.format(beyond=beyond), values)]

    def list_occasions(self, registration_ids: Sequence[UUID]) -> dict[UUID, tuple[Occasion, int | None]]:
        """What each is for, and how many wait who registered before, of one that waits."""
        query = SQL("""
            SELECT registrations.id, {occasion},
                CASE WHEN registrations.state = 'waiting' THEN (
                    SELECT count(*) FROM registrations AS ahead
                    WHERE ahead.occurrence_id = registrations.occurrence_id AND ahead.state = 'waiting'
                    AND ahead.position < registrations.position
                ) END AS ahead
            FROM registrations JOIN occurrences ON occurrences.id = registrations.occurrence_id {parts}
            WHERE registrations.id = ANY(%s)
        """).format(occasion=_OCCASION, parts=_OF_OCCASION)
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query, (list(registration_ids),)).fetchall()
        return {row.pop("id"): (_occasion(row), row["ahead"]) for row in rows}

    def find_occasion(self, occurrence_id: UUID) -> Occasion | None:
        query = SQL("SELECT {} FROM occurrences {} WHERE occurrences.id = %s").format(_OCCASION, _OF_OCCASION)
        with self._connection.cursor(row_factory=class_row(Occasion)) as cursor:
            return cursor.execute(query, (occurrence_id,)).fetchone()

    def _attendees(
        self, query: SQL, occurrence_id: UUID, reader_id: UUID, after: Ranked | None, limit: int
    ) -> list[Attendee]:
        place = after or _FIRST
        values = {
            "occurrence_id": occurrence_id,
            "reader_id": reader_id,
            "rank": place.rank,
            "id": place.id,
            "limit": limit,
        }
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query.format(seen=sees_person("users")), values)
            return [Attendee(author_of(row), row["role"], row["rank"]) for row in rows]


def _occasion(row: dict[str, Any]) -> Occasion:
    return Occasion(**{name: value for name, value in row.items() if name != "ahead"})


def _place(after: Place | None) -> dict[str, object]:
    return {"at": after.at, "id": after.id} if after else {}
