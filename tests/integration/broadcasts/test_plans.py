"""Who is to be told, and what people are to be reminded of, is read from an index where there is much else."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from devstack.postgres import Server
from mundotango import ids, settings
from mundotango.adapters.postgres import Database
from mundotango.broadcasts.model import Broadcast
from mundotango.broadcasts.repository import BroadcastRepository
from tests.factories.plans import Plans, listening
from tests.fakes.clock import A_MONDAY_EVENING
from tests.fixtures.postgres import superuser

NOW = A_MONDAY_EVENING
# Everybody comes to one, and each of the others has two.
CROWDED = "SELECT id FROM occurrences ORDER BY id LIMIT 1"


@pytest.fixture(autouse=True)
def much(real_database: Database, database_settings: settings.Database, postgres_server: Server) -> None:
    """1,000 people and 5,000 occurrences within half a year."""
    with superuser(postgres_server, database_settings.name) as connection:
        connection.execute(
            """
            INSERT INTO users (id, handle, display_name, bio, city, created_at, updated_at)
            SELECT gen_random_uuid(), 'many_' || n, 'n', '', '', now(), now() FROM generate_series(1, 1000) AS n;
            INSERT INTO venues (
                id, name, name_key, address, city, city_key, country, latitude, longitude, zone, search_key, created_at
            )
            SELECT gen_random_uuid(), 'v', 'v', '', 'City', 'city ' || n, 'DE', n, n, 'Europe/Berlin', ' v ', now()
            FROM generate_series(0, 49) AS n;
            INSERT INTO events (
                id, kind, zone, starts, ends, organiser_id, status, created_at, changed_at, venue_id, rule
            )
            SELECT gen_random_uuid(), 'milonga', 'Europe/Berlin', now(), now(), users.id, 'published', now(), now(),
                venues.id, 'FREQ=WEEKLY'
            FROM venues, LATERAL (SELECT id FROM users LIMIT 4) AS users;
            INSERT INTO occurrences (
                id, event_id, original, starts_at, ends_at, night, status, kind, venue_id, city_key, country, latitude,
                longitude, changed_at
            )
            SELECT gen_random_uuid(), events.id, start, start, start + interval '4 hours', start, 'published',
                'milonga', venues.id, venues.city_key, 'DE', venues.latitude, venues.longitude, now()
            FROM events JOIN venues ON venues.id = events.venue_id, generate_series(1, 25) AS n,
                LATERAL (SELECT timestamptz '2026-08-06Z' + n * interval '7 days' AS start)
            """
        )
        connection.execute(
            f"""
            INSERT INTO registrations (
                id, occurrence_id, position, state, leaders, followers, both_roles, answers, registered_at, changed_at
            )
            SELECT gen_random_uuid(), ({CROWDED}), row_number() OVER (), 'accepted', 1, 0, 0, '{{}}', now(), now()
            FROM users;
            INSERT INTO registrations (
                id, occurrence_id, position, state, leaders, followers, both_roles, answers, registered_at, changed_at
            )
            SELECT gen_random_uuid(), id, n, 'accepted', 1, 0, 0, '{{}}', now(), now()
            FROM occurrences, generate_series(1, 2) AS n WHERE id <> ({CROWDED});
            INSERT INTO registration_dancers (
                registration_id, position, occurrence_id, user_id, person_id, role, hidden, is_open
            )
            SELECT entry.id, 0, entry.occurrence_id, person.id, person.id, 'leader', false, true
            FROM registrations AS entry
            JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users) AS person ON person.n = entry.position
            """
        )
        connection.execute(
            f"""
            INSERT INTO rsvps SELECT ({CROWDED}), id, 'going', false, now() FROM users;
            INSERT INTO rsvps SELECT occurrences.id, users.id, 'going', false, now()
            FROM occurrences, LATERAL (SELECT id FROM users LIMIT 2) AS users WHERE occurrences.id <> ({CROWDED});
            INSERT INTO broadcasts (id, occurrence_id, topic, changed, made_at, done)
            SELECT gen_random_uuid(), id, 'change', '{{time}}', now(), true FROM occurrences
            """
        )
        connection.execute(
            "ANALYZE broadcasts, users, venues, events, occurrences, registrations, registration_dancers, rsvps"
        )


@pytest.fixture
def connection(real_database: Database) -> Iterator[psycopg.Connection]:
    with real_database.transaction() as connection:
        yield connection


@pytest.fixture
def plans(connection: psycopg.Connection) -> Iterator[Plans]:
    with listening(connection) as found:
        yield found


def test_a_page_of_those_who_come(connection: psycopg.Connection, plans: Plans) -> None:
    (crowded,) = connection.execute(CROWDED).fetchone() or ()
    broadcast = Broadcast(id=ids.new_id(), occurrence_id=crowded, topic="change", changed=("time",), made_at=NOW)

    assert len(BroadcastRepository(connection).list_attendees(broadcast, 100)) == 100
    plan = plans.all()[-1]
    assert "idx_registration_dancers_person" in plan or "registration_dancers_once" in plan
    assert "Sort Key: dancer.person_id" not in plan
    assert "Seq Scan" not in plan


def test_what_is_due(connection: psycopg.Connection, plans: Plans) -> None:
    """In the night of a Wednesday 200 begin, of 5,000."""
    at = NOW.replace(hour=0) + timedelta(days=2)

    assert len(BroadcastRepository(connection).list_due("24h", at, 300)) == 200
    plan = plans.of_last_composed()
    assert "idx_events_start_time" in plan
    assert "Seq Scan on occurrences" not in plan
    assert "Seq Scan on registration_dancers" not in plan


def test_what_takes_place_at_a_venue(connection: psycopg.Connection, plans: Plans) -> None:
    (venue_id,) = connection.execute("SELECT id FROM venues LIMIT 1").fetchone() or ()

    assert BroadcastRepository(connection).list_attended_at(venue_id, NOW)
    assert "idx_occurrences_venue" in plans.of_last_composed()


def test_what_is_still_to_be_told(connection: psycopg.Connection, plans: Plans) -> None:
    repository = BroadcastRepository(connection)
    (crowded,) = connection.execute(CROWDED).fetchone() or ()
    repository.add([Broadcast(id=ids.new_id(), occurrence_id=crowded, topic="change", changed=("time",), made_at=NOW)])

    assert repository.take(None) is not None
    assert "idx_broadcasts_waiting" in plans.all()[-1]
