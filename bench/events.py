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
        WITH organisers AS (SELECT array_agg(id) AS ids FROM users)
        INSERT INTO events (
            id, title, description, kind, city, city_key, country, venue_name, address, latitude, longitude, zone,
            starts_at, ends_at, organiser_id, status, created_at
        )
        SELECT gen_random_uuid(), 'Milonga ' || n, repeat('Tandas of the golden age, with a class before. ', 4),
               (ARRAY['milonga', 'practica', 'class', 'festival'])[1 + n %% 4],
               (%(cities)s::text[])[1 + place], (%(keys)s::text[])[1 + place], 'AR', 'Salon ' || n %% 997,
               'Calle ' || n %% 4001, (n %% 140) - 70, (n %% 340) - 170, 'UTC',
               date_trunc('hour', now()) + (n %% 8760) * interval '1 hour',
               date_trunc('hour', now()) + (n %% 8760 + 4) * interval '1 hour',
               ids[1 + n %% 1000], 'published', now()
        FROM organisers, unnest(%(chosen)s::int[]) WITH ORDINALITY AS t (place, n)
        """,
        {"cities": names, "keys": [text.key(name) for name in names], "chosen": chosen},
    )
    connection.execute("ANALYZE")
