from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL

from mundotango.registrations.model import (
    OPEN,
    Chosen,
    Door,
    Entry,
    Headcount,
    State,
)
from mundotango.registrations.places import PARTIES
from mundotango.registrations.rows import chosen_from, entry_from

_ENTRY = SQL("""
    SELECT registrations.*, occurrences.event_id, dancers.party
    FROM registrations
    JOIN occurrences ON occurrences.id = registrations.occurrence_id
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(
            jsonb_build_array(person_id, role, hidden, guest_id IS NOT NULL) ORDER BY position
        ) AS party
        FROM registration_dancers WHERE registration_id = registrations.id
    ) AS dancers
    WHERE {condition}
    ORDER BY registrations.occurrence_id, registrations.position LIMIT %(most)s
""")
# By its index: as one query over all who wait it would read the line.
_LINE = SQL("""
    SELECT kind.leaders, kind.followers, kind.both_roles, ahead.position
    FROM unnest(%(leaders)s::int[], %(followers)s::int[], %(both)s::int[]) AS kind (leaders, followers, both_roles)
    CROSS JOIN LATERAL (
        SELECT position FROM registrations
        WHERE occurrence_id = %(occurrence_id)s AND state = 'waiting'
        AND (registrations.leaders, registrations.followers, registrations.both_roles)
            = (kind.leaders, kind.followers, kind.both_roles)
        ORDER BY position LIMIT %(most)s
    ) AS ahead
    ORDER BY ahead.position
""")


class RegistrationRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- Places ---

    def hold(self, occurrence_id: UUID) -> Door | None:
        """Until this transaction ends nobody else registers for it, gets a place of it or gives one back."""
        row = self._connection.execute(
            """
            SELECT event_id, status, starts_at, taken_leaders, taken_followers, taken_both, registered
            FROM occurrences WHERE id = %s FOR NO KEY UPDATE
            """,
            (occurrence_id,),
        ).fetchone()
        if row is None:
            return None
        event_id, status, starts_at, leaders, followers, both, registered = row
        # A statement of its own: the one before may have waited, and would have read what was chosen before that.
        return Door(
            occurrence_id=occurrence_id,
            event_id=event_id,
            status=status,
            starts_at=starts_at,
            chosen=self.find_chosen(event_id),
            taken=Headcount(leaders, followers, both),
            registered=registered,
        )

    def count(self, door: Door) -> None:
        """What is taken now, and the position that was given last."""
        self._connection.execute(
            """
            UPDATE occurrences SET taken_leaders = %s, taken_followers = %s, taken_both = %s, registered = %s
            WHERE id = %s
            """,
            (door.taken.leaders, door.taken.followers, door.taken.both, door.registered, door.occurrence_id),
        )

    def line(self, occurrence_id: UUID, most: int) -> dict[Headcount, list[int]]:
        """Who waits: of each kind of party so many of those who came first."""
        line: dict[Headcount, list[int]] = {}
        for leaders, followers, both, position in self._connection.execute(
            _LINE,
            {
                "occurrence_id": occurrence_id,
                "most": most,
                "leaders": [party.leaders for party in PARTIES],
                "followers": [party.followers for party in PARTIES],
                "both": [party.both for party in PARTIES],
            },
        ):
            line.setdefault(Headcount(leaders, followers, both), []).append(position)
        return line

    # --- Registrations ---

    def find(self, registration_id: UUID) -> Entry | None:
        found = self._list(SQL("registrations.id = %(id)s"), {"id": registration_id})
        return found[0] if found else None

    def find_latest(self, occurrence_id: UUID, person_id: UUID) -> Entry | None:
        condition = SQL("""
            registrations.id = (
                SELECT registration_id FROM registration_dancers AS dancer
                JOIN registrations AS theirs ON theirs.id = dancer.registration_id
                WHERE dancer.occurrence_id = %(occurrence_id)s AND dancer.person_id = %(person_id)s
                ORDER BY theirs.position DESC LIMIT 1
            )
        """)
        found = self._list(condition, {"occurrence_id": occurrence_id, "person_id": person_id})
        return found[0] if found else None

    def list_at(self, occurrence_id: UUID, positions: Collection[int]) -> list[Entry]:
        """Those at these positions, in their order."""
        condition = SQL(
            "registrations.occurrence_id = %(occurrence_id)s AND registrations.position = ANY(%(positions)s)"
        )
        return self._list(condition, {"occurrence_id": occurrence_id, "positions": list(positions)})

    def list_by_id(self, registration_ids: Collection[UUID]) -> list[Entry]:
        return self._list(SQL("registrations.id = ANY(%(ids)s)"), {"ids": list(registration_ids)})

    def list_of(self, occurrence_id: UUID, states: Collection[State], after: int, limit: int) -> list[Entry]:
        """In order of registration, beyond the position `after`."""
        condition = SQL("""
            registrations.occurrence_id = %(occurrence_id)s AND registrations.position > %(after)s
            AND registrations.state = ANY(%(states)s)
        """)
        values = {"occurrence_id": occurrence_id, "states": list(states), "after": after}
        return self._list(condition, values, limit)

    def list_earlier(self, occurrence_id: UUID, person_ids: Collection[UUID]) -> list[State]:
        """The states of what any of these people registered for it."""
        rows = self._connection.execute(
            """
            SELECT registrations.state FROM registration_dancers
            JOIN registrations ON registrations.id = registration_dancers.registration_id
            WHERE registration_dancers.occurrence_id = %s AND registration_dancers.person_id = ANY(%s)
            """,
            (occurrence_id, list(person_ids)),
        )
        return [state for (state,) in rows]

    def list_open_of(self, user_id: UUID) -> list[UUID]:
        """Whatever this person has registered for and has not ended."""
        rows = self._connection.execute(
            "SELECT registration_id FROM registration_dancers WHERE user_id = %s AND is_open ORDER BY registration_id",
            (user_id,),
        )
        return [registration_id for (registration_id,) in rows]

    def list_awaited_of(self, organiser_id: UUID, now: datetime, after: UUID | None, limit: int) -> list[UUID]:
        """Which of this person's events somebody comes to that are not over, with an account or without, by their ids
        beyond this one."""
        rows = self._connection.execute(
            """
            SELECT id FROM events
            WHERE organiser_id = %(organiser_id)s AND status IN ('published', 'postponed')
            AND (%(after)s::uuid IS NULL OR id > %(after)s) AND EXISTS (
                SELECT FROM occurrences WHERE occurrences.event_id = events.id AND occurrences.ends_at > %(now)s
                AND occurrences.status IN ('published', 'postponed') AND EXISTS (
                    SELECT FROM registration_dancers AS dancer
                    WHERE dancer.occurrence_id = occurrences.id AND dancer.is_open
                    UNION ALL
                    SELECT FROM rsvps WHERE rsvps.occurrence_id = occurrences.id AND rsvps.answer = 'going'
                )
            )
            ORDER BY id LIMIT %(limit)s
            """,
            {"organiser_id": organiser_id, "now": now, "after": after, "limit": limit},
        )
        return [event_id for (event_id,) in rows]

    def list_lapsed(self, now: datetime, limit: int, but: Collection[UUID] = ()) -> list[UUID]:
        """Occurrences with offers that nobody answered in time, `but` for these."""
        rows = self._connection.execute(
            """
            SELECT DISTINCT occurrence_id FROM (
                SELECT occurrence_id FROM registrations WHERE state = 'offered' AND offered_until <= %s
                AND occurrence_id <> ALL(%s) ORDER BY offered_until LIMIT %s
            ) AS lapsed
            """,
            (now, list(but), limit),
        )
        return [occurrence_id for (occurrence_id,) in rows]

    def list_lapsed_of(self, occurrence_id: UUID, now: datetime) -> list[Entry]:
        condition = SQL("""
            registrations.occurrence_id = %(occurrence_id)s AND registrations.state = 'offered'
            AND registrations.offered_until <= %(now)s
        """)
        return self._list(condition, {"occurrence_id": occurrence_id, "now": now})

    def list_offered_beyond(self, occurrence_id: UUID, moment: datetime) -> list[Entry]:
        condition = SQL("""
            registrations.occurrence_id = %(occurrence_id)s AND registrations.state = 'offered'
            AND registrations.offered_until > %(moment)s
        """)
        return self._list(condition, {"occurrence_id": occurrence_id, "moment": moment})

    def add(self, entry: Entry) -> None:
        registration, party = entry.registration, entry.counted
        self._connection.execute(
            """
            INSERT INTO registrations (
                id, occurrence_id, position, state, offered_until, leaders, followers, both_roles, answers,
                registered_at, changed_at
            ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            (
                registration.id, entry.occurrence_id, registration.position, registration.state,
                registration.offered_until, party.leaders, party.followers, party.both, list(entry.answers),
                entry.registered_at, entry.changed_at,
            ),
        )  # fmt: skip
        with self._connection.cursor() as cursor:
            cursor.executemany(
                """
                INSERT INTO registration_dancers (
                    registration_id, position, occurrence_id, user_id, guest_id, person_id, role, hidden, is_open
                ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                [
                    (
                        registration.id, position, entry.occurrence_id,
                        None if dancer.person_id in entry.guests else dancer.person_id,
                        dancer.person_id if dancer.person_id in entry.guests else None, dancer.person_id,
                        dancer.role, dancer.person_id in entry.hidden, registration.state in OPEN,
                    )
                    for position, dancer in enumerate(entry.party)
                ],
            )  # fmt: skip

    def put(
        self, registration_ids: Sequence[UUID], state: State, now: datetime, offered_until: datetime | None = None
    ) -> None:
        ids = list(registration_ids)
        self._connection.execute(
            """
            UPDATE registrations SET state = %s, offered_until = %s, changed_at = %s, version = version + 1
            WHERE id = ANY(%s)
            """,
            (state, offered_until, now, ids),
        )
        if state not in OPEN:
            self._connection.execute(
                "UPDATE registration_dancers SET is_open = false WHERE registration_id = ANY(%s)", (ids,)
            )

    def hide(self, registration_id: UUID, person_id: UUID, hidden: bool) -> None:
        self._connection.execute(
            "UPDATE registration_dancers SET hidden = %s WHERE registration_id = %s AND person_id = %s",
            (hidden, registration_id, person_id),
        )

    def list_registered_for(self, occurrence_ids: Collection[UUID]) -> list[UUID]:
        """Those of these occurrences that somebody registered for, in the order in which they are held."""
        rows = self._connection.execute(
            "SELECT id FROM occurrences WHERE id = ANY(%s) AND registered > 0 ORDER BY id", (list(occurrence_ids),)
        )
        return [occurrence_id for (occurrence_id,) in rows]

    def list_kept(self, occurrence_ids: Collection[UUID]) -> set[UUID]:
        """Those of these occurrences that somebody registered for, or said to come to."""
        rows = self._connection.execute(
            """
            SELECT occurrence_id FROM registrations WHERE occurrence_id = ANY(%(ids)s)
            UNION SELECT occurrence_id FROM rsvps WHERE occurrence_id = ANY(%(ids)s) AND answer <> 'not_going'
            """,
            {"ids": list(occurrence_ids)},
        )
        return {occurrence_id for (occurrence_id,) in rows}

    # --- What the organiser chose ---

    def find_chosen(self, event_id: UUID) -> Chosen | None:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute("SELECT * FROM registration_settings WHERE event_id = %s", (event_id,)).fetchone()
        return None if row is None else chosen_from(row)

    def hold_all(self, event_id: UUID, now: datetime) -> list[UUID]:
        """What is not over of an event, or was put off: nobody registers for any of it until this transaction ends.
        Those that somebody did register for."""
        rows = self._connection.execute(
            """
            SELECT id, registered FROM occurrences
            WHERE event_id = %s AND (ends_at > %s OR status = 'postponed') ORDER BY id FOR NO KEY UPDATE
            """,
            (event_id, now),
        )
        return [occurrence_id for occurrence_id, registered in rows if registered]

    def find_event(self, occurrence_id: UUID) -> UUID | None:
        row = self._connection.execute("SELECT event_id FROM occurrences WHERE id = %s", (occurrence_id,)).fetchone()
        return None if row is None else row[0]

    def choose(self, event_id: UUID, chosen: Chosen, now: datetime) -> None:
        settings, limits = chosen.settings, chosen.settings.limits
        self._connection.execute(
            """
            INSERT INTO registration_settings (
                event_id, capacity, leaders, followers, tolerance, offered_for, admission, approval, opens_before,
                closes_before, given_back_before, questions, changed_at
            ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (event_id) DO UPDATE SET
                capacity = excluded.capacity, leaders = excluded.leaders, followers = excluded.followers,
                tolerance = excluded.tolerance, offered_for = excluded.offered_for, admission = excluded.admission,
                approval = excluded.approval, opens_before = excluded.opens_before,
                closes_before = excluded.closes_before, given_back_before = excluded.given_back_before,
                questions = excluded.questions, changed_at = excluded.changed_at
            """,
            (
                event_id, limits.capacity, limits.leaders, limits.followers, limits.tolerance, settings.offered_for,
                settings.admission, settings.approval, settings.opens_before, settings.closes_before,
                settings.given_back_before, list(chosen.questions), now,
            ),
        )  # fmt: skip

    def _list(self, condition: SQL, values: dict[str, object], most: int | None = None) -> list[Entry]:
        query = _ENTRY.format(condition=condition)
        values = values | {"most": most}
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return [entry_from(row) for row in cursor.execute(query, values)]
