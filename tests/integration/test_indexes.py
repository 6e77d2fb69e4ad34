"""The lists that everybody reads are read from an index, also when there is much that is not on the page."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL

from devstack.postgres import Server
from mundotango import settings
from mundotango.agenda import policy
from mundotango.agenda.repository import AgendaRepository
from mundotango.events.repository import EventRepository
from mundotango.ids import new_id
from mundotango.privacy.stores.repository import PersonRepository
from tests.factories.plans import listening
from tests.fakes.clock import A_MONDAY_EVENING
from tests.fixtures.postgres import another, connect, superuser

Plan = Callable[[], str]


@pytest.fixture
def connection(much: settings.Database) -> Iterator[psycopg.Connection]:
    with connect(much) as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture
def plan(connection: psycopg.Connection) -> Iterator[Plan]:
    """How the server went about the last query that was composed."""
    with listening(connection) as plans:
        yield plans.of_last_composed


@pytest.fixture(scope="module")
def much(database_settings: settings.Database, postgres_server: Server) -> Iterator[settings.Database]:
    """What 200 people wrote and announced. The server plans by what it counted, and only an owner has it count."""
    with another(postgres_server, database_settings) as much, superuser(postgres_server, much.name) as connection:
        connection.execute(
            """
            INSERT INTO users (id, handle, display_name, bio, city, created_at, updated_at)
            SELECT gen_random_uuid(), 'many_' || n, 'n', '', '', now(), now() FROM generate_series(1, 200) AS n
            """
        )
        connection.execute(
            """
            INSERT INTO posts (id, user_id, body, city, created_at, version)
            SELECT gen_random_uuid(), id, 'b', '', timestamptz '2026-01-01Z' + n * interval '1 hour', 1
            FROM users, generate_series(1, 50) AS n
            """
        )
        connection.execute(
            """
            INSERT INTO venues (
                id, name, name_key, address, city, city_key, country, latitude, longitude, zone, search_key, created_at
            )
            SELECT gen_random_uuid(), 'v', 'v', '', 'City', 'city ' || n, 'DE', n, n, 'Europe/Berlin', ' v ', now()
            FROM generate_series(0, 49) AS n
            """
        )
        connection.execute(
            """
            INSERT INTO events (
                id, kind, zone, starts, ends, organiser_id, status, created_at, changed_at, venue_id, rule
            )
            SELECT gen_random_uuid(), 'milonga', 'Europe/Berlin', now(), now(), users.id, 'published', now(), now(),
                venues.id, 'FREQ=WEEKLY'
            FROM venues, LATERAL (SELECT id FROM users LIMIT 4) AS users
            """
        )
        connection.execute("INSERT INTO event_texts SELECT id, 0, '', 't', '' FROM events")
        connection.execute(
            """
            INSERT INTO occurrences (
                id, event_id, original, starts_at, ends_at, night, status, kind, venue_id, city_key, country, latitude,
                longitude, changed_at
            )
            SELECT gen_random_uuid(), events.id, start, start, start + interval '4 hours', start, 'published',
                'milonga', venues.id, venues.city_key, 'DE', venues.latitude, venues.longitude, now()
            FROM events JOIN venues ON venues.id = events.venue_id, generate_series(1, 50) AS n,
                LATERAL (SELECT timestamptz '2024-01-01Z' + n * interval '25 days' AS start)
            """
        )
        connection.execute("INSERT INTO follows SELECT a.id, b.id, now() FROM users a, users b WHERE a < b")
        connection.execute(
            """
            INSERT INTO event_versions (event_id, version, content, written_at)
            SELECT events.id, n, jsonb_build_object('people', jsonb_build_array(jsonb_build_object(
                'role', 'dj', 'user_id', gen_random_uuid()::text, 'name', ''
            ))), now()
            FROM events, generate_series(1, 20) AS n
            """
        )
        connection.execute("ANALYZE users, posts, venues, events, occurrences, follows, event_versions")
        yield much


@pytest.mark.parametrize("to", [None, A_MONDAY_EVENING + timedelta(days=7)])
def test_events_of_a_city(connection: psycopg.Connection, plan: Plan, to: datetime | None) -> None:
    query = policy.query(city="City 3", from_=A_MONDAY_EVENING, to=to)
    AgendaRepository(connection).list_found(query, A_MONDAY_EVENING, None, 21)
    assert "idx_events_city_time" in plan()
    assert "Seq Scan on occurrences" not in plan()


def test_events_everywhere(connection: psycopg.Connection, plan: Plan) -> None:
    AgendaRepository(connection).list_found(policy.query(from_=A_MONDAY_EVENING), A_MONDAY_EVENING, None, 21)
    assert "idx_events_start_time" in plan()
    assert "Sort Key: occurrences.starts_at" not in plan()
    assert "Seq Scan on occurrences" not in plan()


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"near": "10,10"}, "idx_occurrences_venue_time"),
        ({"near": "10,10", "radius_km": 500, "sort": "distance"}, "idx_occurrences_venue_time"),
        ({"bbox": "9,9,11,11"}, "idx_occurrences_venue_time"),
        ({"country": "UY"}, "idx_occurrences_country_time"),
        ({"city": "City 3", "kind": ["milonga"]}, "idx_events_city_time"),
    ],
)
def test_what_is_asked_for(connection: psycopg.Connection, plan: Plan, asked: dict[str, Any], index: str) -> None:
    AgendaRepository(connection).list_found(policy.query(**asked), A_MONDAY_EVENING, None, 21)
    assert index in plan()
    assert "Seq Scan on occurrences" not in plan()


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"near": "10,10"}, "idx_venues_place"),
        ({"near": "10,10", "sort": "distance"}, "idx_venues_place"),
        ({"bbox": "9,9,11,11"}, "idx_venues_box"),
        ({"bbox": "179,9,-179,11"}, "idx_venues_box"),
        ({"q": "gricel"}, "idx_event_documents_words"),
        ({"q": "gricel", "from_": "2020-01-01T00:00:00Z"}, "idx_event_documents_past"),
        ({"price_max": 5, "currency": "EUR"}, "idx_events_price"),
    ],
)
def test_where_and_by_which_words(connection: psycopg.Connection, asked: dict[str, Any], index: str) -> None:
    """There are too few venues here, and no documents, for the server to bother by itself."""
    connection.execute("SET LOCAL enable_seqscan = off")
    with listening(connection) as plans:
        AgendaRepository(connection).list_found(policy.query(**asked), A_MONDAY_EVENING, None, 21)
        assert index in "".join(plans.all())


def test_of_ones_own_events_the_times_of_those_on_the_page_are_read(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT organiser_id FROM events GROUP BY 1 HAVING count(*) = 50").fetchone()
    assert found is not None

    with listening(connection) as plans:
        assert len(EventRepository(connection).list_own(found[0], A_MONDAY_EVENING, None, 11)) == 11
    query, values = plans.asked[-1]

    how = "\n".join(line for (line,) in connection.execute(SQL("EXPLAIN ANALYZE ") + query, values))
    assert "on occurrences_event_id_original_key" in how
    assert "loops=50" not in how


def test_in_what_others_events_were_who_leaves_is_found(connection: psycopg.Connection) -> None:
    with listening(connection) as plans:
        PersonRepository(connection).forget_parts(new_id(), 200)

    assert "idx_event_versions_people" in plans.all()[-1]
