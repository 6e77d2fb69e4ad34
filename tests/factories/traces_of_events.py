"""What people left of events: those they announced, played at and registered for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from mundotango import ids

if TYPE_CHECKING:
    from tests.factories.traces import Traces


def insert(connection: psycopg.Connection, table: str, **values: Any) -> None:
    query = SQL("INSERT INTO {} ({}) VALUES ({})").format(
        Identifier(table),
        SQL(", ").join(map(Identifier, values)),
        SQL(", ").join(SQL("%s") for _ in values),
    )
    connection.execute(query, list(values.values()))


def plant_event(connection: psycopg.Connection, who: Traces, now: datetime) -> None:
    """At a venue that stays, so that it is not marked."""
    venue_id, mark, later = ids.new_id(), who.marker, now + timedelta(hours=1)
    local = {"starts": now.replace(tzinfo=None), "ends": later.replace(tzinfo=None)}
    place = {"city_key": mark, "country": "AR", "latitude": 1, "longitude": 1}
    insert(
        connection, "venues", id=venue_id, name="Salón", name_key="salon", address="", city="Rosario", zone="UTC",
        search_key=" salon ", created_by=who.id, created_at=now, **place | {"city_key": "rosario"},
    )  # fmt: skip
    insert(
        connection, "events", id=who.event_id, kind="milonga", venue_id=venue_id, zone="UTC", organiser_id=who.id,
        status="published", link=mark, created_at=now, changed_at=now, **local,
    )  # fmt: skip
    insert(connection, "event_texts", event_id=who.event_id, position=0, language="", title=mark, description=mark)
    insert(
        connection, "occurrences", id=who.occurrence_id, event_id=who.event_id, original=local["starts"], starts_at=now,
        ends_at=later, night=now.date(), status="published", kind="milonga", venue_id=venue_id, changed_at=now, **place,
    )  # fmt: skip
    insert(
        connection, "event_media", event_id=who.event_id, position=0, media_id=ids.new_id(), owner_id=who.id, alt=mark,
        picture=Jsonb({"variants": [{"url": f"/media/{mark}"}]}),
    )  # fmt: skip
    insert(
        connection, "registration_settings", event_id=who.event_id, offered_for=timedelta(days=1), approval=False,
        admission="first_come", closes_before=timedelta(0), given_back_before=timedelta(0), questions=[mark],
        changed_at=now,
    )  # fmt: skip
    insert(
        connection, "guests", id=(guest_id := ids.new_id()), occurrence_id=who.occurrence_id,
        email=f"{mark}@example.org", name=mark, language="es", created_at=now, kept_until=later,
    )  # fmt: skip
    insert(connection, "guest_links", token_hash=mark, guest_id=guest_id, written_at=now)


def plant_parts(connection: psycopg.Connection, who: Traces, to: Traces, now: datetime) -> None:
    """The other plays at this person's event, and did before it was edited; changed it once, and comes with them."""
    insert(connection, "event_people", event_id=who.event_id, position=0, role="dj", user_id=to.id, name="")
    insert(
        connection, "registrations", id=(registration_id := ids.new_id()), occurrence_id=who.occurrence_id, position=1,
        state="attended", leaders=1, followers=1, both_roles=0, answers=[who.marker], registered_at=now, changed_at=now,
    )  # fmt: skip
    for position, (dancer, role) in enumerate(((who, "leader"), (to, "follower"))):
        insert(
            connection, "registration_dancers", registration_id=registration_id, position=position,
            occurrence_id=who.occurrence_id, user_id=dancer.id, person_id=dancer.id, role=role, hidden=False,
            is_open=True,
        )  # fmt: skip
    insert(
        connection, "rsvps", occurrence_id=who.occurrence_id, user_id=to.id, answer="interested", hidden=False,
        answered_at=now,
    )  # fmt: skip
    insert(
        connection, "broadcasts", id=ids.new_id(), occurrence_id=who.occurrence_id, topic="change", changed=["time"],
        actor_id=to.id, after_id=to.id, made_at=now,
    )  # fmt: skip
    parts = [{"role": "dj", "user_id": str(to.id), "name": ""}, {"role": "dj", "user_id": None, "name": who.marker}]
    before = {"event_id": who.event_id, "version": 1, "content": Jsonb({"people": parts})}
    insert(connection, "event_versions", written_by=to.id, written_at=now, **before)
    connection.execute("SELECT write_event_documents(ARRAY[%s])", (who.event_id,))
