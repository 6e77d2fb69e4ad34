"""What people who come to an event are told, and who they are."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL

from mundotango.broadcasts import policy
from mundotango.broadcasts.model import NOBODY, Broadcast, Topic

# Guests are told by whoever mails them. Both ways to come stand in one EXISTS, asked of each occurrence: with two of
# them the server would rather read all registrations there are.
_ATTENDED = SQL("""
    EXISTS (
        SELECT FROM registration_dancers AS dancer
        WHERE dancer.occurrence_id = occurrences.id AND dancer.is_open AND dancer.user_id IS NOT NULL
        UNION ALL
        SELECT FROM rsvps WHERE rsvps.occurrence_id = occurrences.id AND rsvps.answer = 'going'
    )
""")
_ADD = """
    INSERT INTO broadcasts (id, occurrence_id, topic, changed, starts_at, actor_id, made_at)
    VALUES (
        %(id)s, %(occurrence_id)s, %(topic)s, %(changed)s, %(starts_at)s,
        (SELECT id FROM users WHERE id = %(actor_id)s), %(made_at)s
    )
    ON CONFLICT (occurrence_id, topic, starts_at) WHERE topic <> 'change' DO NOTHING
"""
_BROADCAST = "id, occurrence_id, topic, changed, starts_at, actor_id, made_at, after_id"
# Two ways to come, each read in the order of ids from its index.
_ATTENDEES = """
    (
        SELECT dancer.user_id FROM registration_dancers AS dancer
        JOIN registrations ON registrations.id = dancer.registration_id
        WHERE dancer.occurrence_id = %(occurrence_id)s AND dancer.is_open AND dancer.user_id IS NOT NULL
            AND dancer.person_id > %(after_id)s AND registrations.state = ANY(%(states)s)
            AND (%(since)s::timestamptz IS NULL OR registrations.changed_at <= %(since)s)
        ORDER BY dancer.person_id LIMIT %(limit)s
    ) UNION (
        SELECT user_id FROM rsvps
        WHERE occurrence_id = %(occurrence_id)s AND user_id > %(after_id)s AND answer = 'going'
            AND (%(since)s::timestamptz IS NULL OR answered_at <= %(since)s)
        ORDER BY user_id LIMIT %(limit)s
    )
    ORDER BY user_id LIMIT %(limit)s
"""


class BroadcastRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, broadcasts: Sequence[Broadcast]) -> None:
        """Of a reminder that there is already nothing is added."""
        with self._connection.cursor() as cursor:
            cursor.executemany(
                _ADD,
                [
                    {
                        "id": each.id,
                        "occurrence_id": each.occurrence_id,
                        "topic": each.topic,
                        "changed": list(each.changed),
                        "starts_at": each.starts_at,
                        "actor_id": each.actor_id,
                        "made_at": each.made_at,
                    }
                    for each in broadcasts
                ],
            )

    def take(self, after: UUID | None) -> Broadcast | None:
        """The oldest of which somebody may still have to be told, beyond this one, and that nobody else is at; held."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(
                f"""
                SELECT {_BROADCAST} FROM broadcasts WHERE NOT done AND id > %s
                ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
                """,  # noqa: S608 - a constant
                (after or NOBODY,),
            ).fetchone()
        return None if row is None else _broadcast(row)

    def advance(self, broadcast_id: UUID, after_id: UUID) -> None:
        self._connection.execute("UPDATE broadcasts SET after_id = %s WHERE id = %s", (after_id, broadcast_id))

    def finish(self, broadcast_id: UUID) -> None:
        """Whom it was told to last is not kept."""
        self._connection.execute("UPDATE broadcasts SET done = true, after_id = DEFAULT WHERE id = %s", (broadcast_id,))

    def remove(self, broadcast_id: UUID) -> None:
        self._connection.execute("DELETE FROM broadcasts WHERE id = %s", (broadcast_id,))

    def forget(self, before: datetime, limit: int) -> int:
        """Delete at most `limit` that were made before then and are done; how many it was."""
        return self._connection.execute(
            """
            DELETE FROM broadcasts WHERE id IN (
                SELECT id FROM broadcasts WHERE done AND made_at < %s ORDER BY made_at LIMIT %s
            )
            """,
            (before, limit),
        ).rowcount

    def forget_person(self, user_id: UUID) -> int:
        """Says no more of any that it is this person's change, or that they were told last: all up to the id before
        theirs were. Of how many it did."""
        return self._connection.execute(
            """
            UPDATE broadcasts SET actor_id = nullif(actor_id, %(user_id)s),
                after_id = CASE after_id WHEN %(user_id)s THEN %(before)s ELSE after_id END
            WHERE actor_id = %(user_id)s OR (after_id = %(user_id)s AND NOT done)
            """,
            {"user_id": user_id, "before": UUID(int=user_id.int - 1)},
        ).rowcount

    def list_attendees(self, broadcast: Broadcast, limit: int) -> list[UUID]:
        """Whoever is to be told, by their ids, beyond those who were."""
        states, since = policy.told(broadcast)
        rows = self._connection.execute(
            _ATTENDEES,
            {
                "occurrence_id": broadcast.occurrence_id,
                "after_id": broadcast.after_id,
                "states": sorted(states),
                "since": since,
                "limit": limit,
            },
        )
        return [user_id for (user_id,) in rows]

    def list_attended(self, occurrence_ids: Collection[UUID]) -> list[UUID]:
        """Those of these that somebody comes to, in order of beginning."""
        query = SQL("SELECT id FROM occurrences WHERE id = ANY(%s) AND {} ORDER BY starts_at, id").format(_ATTENDED)
        return [found for (found,) in self._connection.execute(query, (list(occurrence_ids),))]

    def list_attended_at(self, venue_id: UUID, now: datetime) -> list[UUID]:
        """What is not over of what takes place there and somebody comes to, in order of beginning."""
        query = SQL("""
            SELECT id FROM occurrences
            WHERE venue_id = %s AND ends_at > %s AND status IN ('published', 'postponed') AND {} ORDER BY starts_at, id
        """).format(_ATTENDED)
        return [found for (found,) in self._connection.execute(query, (venue_id, now))]

    def list_due(self, topic: Topic, now: datetime, limit: int) -> list[tuple[UUID, datetime]]:
        """What begins so soon that people are reminded of it, and when it does, unless that was begun."""
        query = SQL("""
            SELECT id, starts_at FROM occurrences
            WHERE starts_at > %(from)s AND starts_at <= %(to)s AND status = 'published' AND {}
                AND NOT EXISTS (
                    SELECT FROM broadcasts WHERE broadcasts.occurrence_id = occurrences.id
                    AND broadcasts.topic = %(topic)s AND broadcasts.starts_at = occurrences.starts_at
                )
            ORDER BY starts_at, id LIMIT %(limit)s
        """).format(_ATTENDED)
        earliest, latest = policy.due(topic, now)
        return self._connection.execute(
            query, {"from": earliest, "to": latest, "topic": topic, "limit": limit}
        ).fetchall()


def _broadcast(row: dict[str, Any]) -> Broadcast:
    return Broadcast(**row | {"changed": tuple(row["changed"])})
