"""Events as a year of the tango world might hold them: 50,000 in 500 cities, more in the larger ones.

The cities are those that the time zone database is named after, and districts of the first of them.
"""

from random import Random
from zoneinfo import available_timezones

from psycopg import Connection

from mundotango import text

CITIES = 500
EVENTS = 50_000
SEED = 1912
DISTRICTS = ("Almagro", "Boedo", "San Telmo", "Palermo", "Villa Crespo", "Barracas")


def cities() -> list[str]:
    """The same ones, in the same order, each time."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    places = dict.fromkeys(zone.rpartition("/")[2].replace("_", " ") for zone in zones)
    names = [name for name in places if text.key(name) and not name[-1].isdigit()]
    names += [f"{name}, {district}" for district in DISTRICTS for name in names]
    return Random(SEED).sample(names, CITIES)  # noqa: S311


def plant(connection: Connection) -> None:
    """`connection` is the owner's. City number n has weight 1/n, as cities have."""
    names = cities()
    connection.execute(
        """
        INSERT INTO users (id, handle, display_name, bio, city, created_at, updated_at)
        SELECT gen_random_uuid(), 'organiser_' || n, 'Organiser ' || n, '', 'Buenos Aires', now(), now()
        FROM generate_series(1, 1000) AS n
        """
    )
    dice = Random(SEED)  # noqa: S311
    chosen = dice.choices(range(CITIES), [1 / (n + 1) for n in range(CITIES)], k=EVENTS)
    connection.execute(
        """
        INSERT INTO venues (
            id, name, name_key, address, city, city_key, country, latitude, longitude, zone, search_key, created_at
        )
        SELECT gen_random_uuid(), 'Salon ' || n, 'salon ' || n, 'Calle ' || n, city, key, 'AR',
               (n %% 140) - 70, (n %% 340) - 170, 'UTC', ' salon ' || n || ' calle ' || n, now()
        FROM unnest(%(cities)s::text[], %(keys)s::text[]) WITH ORDINALITY AS t (city, key, n)
        """,
        {"cities": names, "keys": [text.key(name) for name in names]},
    )
    connection.execute(
        """
        WITH organisers AS (SELECT array_agg(id) AS ids FROM users),
        places AS (SELECT array_agg(id ORDER BY array_position(%(cities)s::text[], city)) AS ids FROM venues)
        INSERT INTO events (
            id, kind, zone, starts, ends, organiser_id, status, created_at, changed_at, venue_id, price, currency
        )
        SELECT gen_random_uuid(), (ARRAY['milonga', 'practica', 'class', 'festival'])[1 + n %% 4], 'UTC',
               date_trunc('hour', localtimestamp) + (n %% 8760) * interval '1 hour',
               date_trunc('hour', localtimestamp) + (n %% 8760 + 4) * interval '1 hour',
               organisers.ids[1 + n %% 1000], 'published', now(), now(), places.ids[1 + place], n %% 5000, 'ARS'
        FROM organisers, places, unnest(%(chosen)s::int[]) WITH ORDINALITY AS t (place, n)
        """,
        {"cities": names, "chosen": chosen},
    )
    connection.execute(
        """
        INSERT INTO event_texts
        SELECT id, 0, 'en', 'Milonga ' || price, repeat('Tandas of the golden age, with a class before. ', 4)
        FROM events
        """
    )
    connection.execute(
        """
        INSERT INTO occurrences (
            id, event_id, original, starts_at, ends_at, night, status, kind, venue_id, city_key, country, latitude,
            longitude, changed_at
        )
        SELECT gen_random_uuid(), events.id, starts, starts AT TIME ZONE 'UTC', ends AT TIME ZONE 'UTC',
               (starts - interval '6 hours')::date, status, kind, venues.id, venues.city_key, venues.country,
               venues.latitude, venues.longitude, now()
        FROM events JOIN venues ON venues.id = events.venue_id
        """
    )
    connection.execute("ANALYZE")
