"""A year of the tango world, as it might stand in the database: 200,000 times that something takes place.

500 cities, of which number n has 1/n of what the first one has, with some 4,000 venues around their middles, each city
by the clocks of a zone. 3,600 series go on each week for a year, 12,800 events take place once. What they are called
and say is made of names put together from syllables and of words that such texts are full of, in Spanish and in
English, the frequent ones far more often than the rest.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

import psycopg
from psycopg import Connection
from rich.console import Console
from rich.progress import Progress

from bench.planted_events import cities
from devstack import database
from devstack.postgres import Server
from mundotango import text
from mundotango.ids import new_id
from mundotango.migrations.roles import OWNER

CITIES = 500
VENUES = 4_000
SERIES, WEEKS = 3_600, 52
SINGLES = 12_800
SEED = 1924
AT_ONCE = 400

ZONES = (
    "America/Argentina/Buenos_Aires", "America/Montevideo", "America/New_York", "America/Santiago", "Asia/Tokyo",
    "Europe/Berlin", "Europe/Istanbul", "Europe/London", "Europe/Madrid", "Pacific/Auckland",
)  # fmt: skip
KINDS = ("milonga", "milonga", "milonga", "practica", "class")
RARE_KINDS = ("workshop", "workshop", "concert", "festival", "marathon", "encuentro")
CALLED = {
    "milonga": "Milonga", "practica": "Práctica", "class": "Clase", "workshop": "Taller", "concert": "Concierto",
    "festival": "Festival", "marathon": "Maratón", "encuentro": "Encuentro",
}  # fmt: skip
SAID = """
    tandas cortinas orquesta bailar bailando pista piso madera entrada clase principiantes avanzados abrazo cabeceo
    tradicional nuevo vals candombe noche domingo viernes amigos fiesta música en vivo reserva mesa cena vino bar
    dancers dancing floor wooden entrance lesson beginners advanced embrace traditional live music friends welcome
    table booking dinner wine sunday friday night golden age orchestra teachers partner shoes parking
""".split()  # noqa: SIM905 - as a list it would fill a page
SYLLABLES = """
    ba ca da fa la ma na pa ra sa ta be le me re se te bi li mi ri ti bo do lo mo ro to cu lu mu tu
""".split()  # noqa: SIM905

_FORMS = {"milonga": "milongas", "clase": "clases", "baila": "bailamos", "lesson": "lessons", "orquesta": "orquestas"}


@dataclass(frozen=True, slots=True)
class Agenda:
    names: list[str]
    middles: list[tuple[float, float]]
    titles: list[str]
    occurrences: int

    def city(self, dice: Random) -> str:
        return dice.choices(self.names, weights())[0]

    def somewhere(self, dice: Random) -> tuple[float, float]:
        """Of somebody who lives there."""
        latitude, longitude = dice.choices(self.middles, weights())[0]
        return latitude + dice.gauss(0, 0.05), longitude + dice.gauss(0, 0.05)

    def words(self, dice: Random) -> str:
        """As written, spelt wrongly, or in another form."""
        called, name = dice.choice(self.titles).split(maxsplit=1)
        way = dice.randrange(3)
        if way == 0:
            return f"{called} {name}"
        if way == 1:
            cut = dice.randrange(1, len(name) - 1)
            return name[:cut] + name[cut + 1 :]
        return f"{dice.choice(list(_FORMS.values()))} {name}"


@dataclass(frozen=True, slots=True)
class _Venue:
    id: str
    city: int
    zone: str


def weights() -> list[float]:
    return [1 / (n + 1) for n in range(CITIES)]


def plant(started: Server, console: Console) -> Agenda:
    dice = Random(SEED)  # noqa: S311
    names = cities()
    middles = [(dice.uniform(-50, 60), dice.uniform(-175, 175)) for _ in names]
    with psycopg.connect(started.dsn(database.NAME, OWNER), autocommit=True) as connection:
        with Progress(console=console) as progress:
            everything = SERIES + SINGLES
            task = progress.add_task(f"{SERIES * WEEKS + SINGLES:,} times in {CITIES} cities", total=everything)
            venues = _plant_venues(connection, dice, names, middles)
            titles = _plant_events(connection, dice, venues)
            ids = [event_id for (event_id,) in connection.execute("SELECT id FROM events ORDER BY id")]
            for begin in range(0, len(ids), AT_ONCE):
                connection.execute("SELECT write_event_documents(%s)", (ids[begin : begin + AT_ONCE],))
                progress.advance(task, AT_ONCE)
        connection.execute("VACUUM ANALYZE")
        (occurrences,) = connection.execute("SELECT count(*) FROM occurrences").fetchone() or (0,)
    return Agenda(names, middles, titles, occurrences)


def _plant_venues(
    connection: Connection, dice: Random, names: list[str], middles: list[tuple[float, float]]
) -> list[_Venue]:
    zones = [dice.choice(ZONES) for _ in names]
    placed = [*range(CITIES), *dice.choices(range(CITIES), weights(), k=VENUES - CITIES)]
    venues = [_Venue(str(new_id()), city, zones[city]) for city in placed]
    columns = """
        id, name, name_key, address, city, city_key, country, latitude, longitude, zone, search_key, created_at
    """
    with connection.cursor() as cursor, cursor.copy(f"COPY venues ({columns}) FROM STDIN") as copy:
        for venue in venues:
            name, (latitude, longitude) = f"Salón {_name(dice)}", middles[venue.city]
            copy.write_row((
                venue.id, name, text.key(name), "Calle 1", names[venue.city], text.key(names[venue.city]), "AR",
                latitude + dice.gauss(0, 0.06), longitude + dice.gauss(0, 0.06), venue.zone, f" {text.key(name)}",
                datetime.now(UTC),
            ))  # fmt: skip
    return venues


def _plant_events(connection: Connection, dice: Random, venues: list[_Venue]) -> list[str]:
    """With their occurrences; what they are called."""
    organisers = [new_id() for _ in range(1000)]
    connection.execute(
        """
        INSERT INTO users (id, handle, display_name, bio, city, created_at, updated_at)
        SELECT id, 'organiser_' || number, 'Organiser ' || number, '', '', now(), now()
        FROM unnest(%s::uuid[]) WITH ORDINALITY AS one (id, number)
        """,
        (organisers,),
    )
    connection.execute("CREATE TEMPORARY TABLE times (event_id uuid, times integer)")
    chosen = dice.choices(venues, [1 / (venue.city + 1) for venue in venues], k=SERIES + SINGLES)
    today = datetime.now(UTC).replace(tzinfo=None).date()
    events, texts, times, titles = [], [], [], []
    for number, venue in enumerate(chosen):
        weekly = number < SERIES
        kind = dice.choice(KINDS if weekly else RARE_KINDS)
        day = today + timedelta(days=dice.randrange(-3, 4) if weekly else dice.randrange(360))
        starts = datetime.combine(day, time(dice.choice((19, 20, 21, 22)), dice.choice((0, 30))))
        event_id, title = str(new_id()), f"{CALLED[kind]} {_name(dice)}"
        rule = f"FREQ=WEEKLY;COUNT={WEEKS}" if weekly else ""
        events.append((
            event_id, kind, venue.zone, starts, starts + timedelta(hours=5), dice.choice(organisers), "published",
            venue.id, rule, dice.randrange(0, 20_000, 500), "ARS", datetime.now(UTC), datetime.now(UTC),
        ))  # fmt: skip
        texts.append((event_id, 0, "es", title, _description(dice)))
        times.append((event_id, WEEKS if weekly else 1))
        titles.append(title)
    columns = """
        id, kind, zone, starts, ends, organiser_id, status, venue_id, rule, price, currency, created_at, changed_at
    """
    for target, rows in ((f"events ({columns})", events), ("event_texts", texts), ("times", times)):
        with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    connection.execute(
        """
        INSERT INTO occurrences (
            id, event_id, original, starts_at, ends_at, night, status, kind, venue_id, city_key, country, latitude,
            longitude, changed_at
        )
        SELECT gen_random_uuid(), events.id, starts + week, (starts + week) AT TIME ZONE events.zone,
            (ends + week) AT TIME ZONE events.zone, (starts + week - interval '6 hours')::date, status, kind, venues.id,
            venues.city_key, venues.country, venues.latitude, venues.longitude, now()
        FROM times JOIN events ON events.id = times.event_id JOIN venues ON venues.id = events.venue_id
        CROSS JOIN LATERAL (
            SELECT number * interval '7 days' AS week FROM generate_series(0, times - 1) AS number
        ) AS each
        """
    )
    return titles


def _name(dice: Random) -> str:
    return "".join(dice.choice(SYLLABLES) for _ in range(dice.choice((2, 3, 3, 4)))).title()


def _description(dice: Random) -> str:
    """Of the words there are the first come far more often than the last."""
    said = dice.choices(SAID, [1 / (n + 1) for n in range(len(SAID))], k=dice.randrange(20, 60))
    return " ".join([*said, _name(dice), _name(dice)])
