"""What 0013_events.sql, and the file after it, make of the events that were there."""

from collections.abc import Iterator

import psycopg
import pytest

from devstack.postgres import Server
from mundotango import migrations
from mundotango.migrations.roles import APP, OWNER, create_roles
from tests.fixtures.postgres import superuser

NAME = "before_events"


@pytest.fixture
def owner(postgres_server: Server) -> Iterator[psycopg.Connection]:
    """Of a database of its own, which is as yet empty."""
    with superuser(postgres_server) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")
    with superuser(postgres_server, NAME) as connection:
        create_roles(connection)
    with psycopg.connect(postgres_server.dsn(NAME, OWNER), autocommit=True) as connection:
        yield connection
    with superuser(postgres_server) as connection:
        connection.execute(f"DROP DATABASE {NAME}")


OLD_EVENT = """
    INSERT INTO events (
        id, title, description, kind, city, city_key, country, venue_name, address, latitude, longitude, zone,
        starts_at, ends_at, organiser_id, status, created_at
    ) SELECT gen_random_uuid(), 'La Viruta', 'Clase', 'milonga', 'Córdoba', 'cordoba', 'AR', 'Salón', 'San Juan 1',
        -31.4, -64.2, 'America/Argentina/Cordoba', %(at)s, %(at)s::timestamptz + interval '6 hours', id, 'published',
        now()
    FROM users
"""


def test_events_of_before_keep_their_place_and_their_time(owner: psycopg.Connection, postgres_server: Server) -> None:
    """Those that were there, and those that the version of the code before makes while this one is deployed."""
    packaged = migrations.packaged()
    migrations.apply(owner, [each for each in packaged if each.name < "0013"])
    owner.execute("INSERT INTO users VALUES (gen_random_uuid(), 'malena', 'Malena', '', '', now(), now())")
    owner.execute(OLD_EVENT, {"at": "2031-05-02 22:00-03"})
    owner.execute(OLD_EVENT, {"at": "2031-05-09 22:00-03"})

    migrations.apply(owner, packaged)
    with psycopg.connect(postgres_server.dsn(NAME, APP)) as app:
        app.execute(OLD_EVENT, {"at": "2031-05-10 00:30-03"})

    found = owner.execute(
        """
        SELECT text.title, text.description, events.starts::text, events.ends::text, one.original::text,
            one.night::text, one.starts_at = events.starts_at, venues.name, venues.search_key,
            venues.created_by = organiser_id
        FROM events JOIN event_texts AS text ON text.event_id = events.id JOIN venues ON venues.id = events.venue_id
        JOIN occurrences AS one ON one.event_id = events.id AND one.venue_id = venues.id ORDER BY events.starts
        """
    ).fetchall()
    said, place = ("La Viruta", "Clase"), (True, "Salón", " salon san juan 1", True)
    first, second, later = "2031-05-02 22:00:00", "2031-05-09 22:00:00", "2031-05-10 00:30:00"
    assert found == [
        (*said, first, "2031-05-03 04:00:00", first, "2031-05-02", *place),
        (*said, second, "2031-05-10 04:00:00", second, "2031-05-09", *place),
        (*said, later, "2031-05-10 06:30:00", later, "2031-05-09", *place),
    ]
    assert owner.execute("SELECT count(*) FROM venues").fetchone() == (1,)
