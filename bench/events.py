"""How fast dancers find where to go, among 200,000 times that something takes place in 500 cities.

Timed are the use cases that the API runs, each in a unit of work of its own, against a real PostgreSQL on this machine
with the settings of phase 1: a page of 20 around a point, what is on tonight in a city, and 20 that fit some words, the
best first. Who asks is where the events are: city number n has 1/n of what the first one has, and 1/n of the questions.
A third of the words asked for are spelt wrongly, a third are of another form than what is written (a plural, a verb).

`near_p95_ms`, `city_tonight_p95_ms` and `text_p95_ms` are of 300 questions each; aim: at most 15. The rest are ratios
of medians, of the same questions asked of something slower to ours, taken in turns in one run, the least of the three;
aim: at least 20. That all answer the same is checked.

* `vs_seqscan`: the same database with all kinds of index scan turned off, so that it reads whole tables for everything:
  also for the texts, people and pictures of what was found.
* `vs_without_its_index`: a copy that lacks the indexes finding is by and has all others, so that the ratio is of the
  search alone, and the planner does what is best without them. Stricter, and what an index of finding is worth.

Run it by `python -m bench.events`; its last line is JSON. It takes some three minutes, half of them to plant.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

import psycopg
from psycopg.sql import SQL, Identifier
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.agenda import CITIES, SEED, Agenda, plant
from bench.feed import server
from devstack import database
from devstack.postgres import Server
from mundotango import settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import Database
from mundotango.agenda import policy as agenda
from mundotango.agenda.service import list_events
from mundotango.migrations.roles import APP, OWNER
from mundotango.pagination import DEFAULT_LIMIT, Keyring
from mundotango.tonight import policy as tonight
from mundotango.tonight.service import list_tonight
from mundotango.work import UnitOfWork

ROUNDS = 300
# The baseline is slow: every so many questions are asked of it too.
ASKED_TWICE = 10
AIMS = {
    "near_p95_ms": 15, "city_tonight_p95_ms": 15, "text_p95_ms": 15, "vs_seqscan": 20, "vs_without_its_index": 20,
}  # fmt: skip
SLOWER = {"vs_seqscan": "no index scans", "vs_without_its_index": "not its index"}

BARE = "without_indexes"
FINDING = (
    "idx_event_documents_past", "idx_event_documents_words", "idx_event_words_like", "idx_events_city",
    "idx_events_city_time", "idx_events_start_time", "idx_occurrences_country_time", "idx_occurrences_kind_time",
    "idx_occurrences_venue_time", "idx_venues_box", "idx_venues_place",
)  # fmt: skip

type Ask = Callable[[UnitOfWork], list[str]]


class WithoutIndexScans(Database):
    """The same server, which has to read whole tables."""

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        with super().transaction() as connection:
            for kind in ("indexscan", "indexonlyscan", "bitmapscan"):
                connection.execute(f"SET LOCAL enable_{kind} = off")
            yield connection


def copied_without_indexes(started: Server) -> str:
    """The name of a database with the same rows."""
    with psycopg.connect(started.dsn(), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(BARE), Identifier(database.NAME)))
    with psycopg.connect(started.dsn(BARE, OWNER), autocommit=True) as connection:
        connection.execute(SQL("DROP INDEX {}").format(SQL(", ").join(map(Identifier, FINDING))))
        connection.execute("VACUUM ANALYZE")
    return BARE


@dataclass(slots=True)
class Timed:
    """Milliseconds of one kind of question: ours, and by the names of their figures what it is compared with."""

    ours: list[float] = field(default_factory=list)
    slower: dict[str, list[float]] = field(default_factory=dict)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.ours, n=20)[-1]

    def ratio(self, name: str) -> float:
        return statistics.median(self.slower[name]) / statistics.median(self.ours)


def opened(kind: type[Database], started: Server, name: str) -> Database:
    where = settings.Database(started.host, started.port, name, APP, "disable", 1)
    return kind(where, "eu-west-1", password=lambda: "trusted")


def questions(planted: Agenda, dice: Random) -> dict[str, Callable[[], Ask]]:
    """By the names of the figures, each makes one."""
    clock = SystemClock()

    def listed(**asked: object) -> Ask:
        query = agenda.query(**asked)  # type: ignore[arg-type]
        return lambda work: [
            str(dated.occurrence.id)
            for dated in list_events(work, query, limit=DEFAULT_LIMIT, clock=clock).items
        ]  # fmt: skip

    def near() -> Ask:
        latitude, longitude = planted.somewhere(dice)
        return listed(latitude=latitude, longitude=longitude)

    def city_tonight() -> Ask:
        area = tonight.area(city=planted.city(dice))
        return lambda work: [str(each.id) for each in list_tonight(work, area, clock)[0]]

    def text() -> Ask:
        return listed(q=planted.words(dice))

    return {"near": near, "city_tonight": city_tonight, "text": text}


def measure(
    make: Callable[[], Ask], ours: Database, slower: dict[str, Database], title: str, console: Console
) -> Timed:
    timed, keyring = Timed(slower={name: [] for name in slower}), Keyring()

    def ask(asked: Ask, pool: Database, times: list[float]) -> list[str]:
        started = time.perf_counter()
        with UnitOfWork(pool, keyring) as work:
            found = asked(work)
        times.append((time.perf_counter() - started) * 1000)
        return found

    # A process reads the keys of cursors once, and the server its tables from the disk.
    for pool in (ours, *slower.values()):
        ask(make(), pool, [])
    for number in track(range(ROUNDS), title, console=console):
        asked = make()
        found = ask(asked, ours, timed.ours)
        if number % ASKED_TWICE == 0:
            for name, pool in slower.items():
                if ask(asked, pool, timed.slower[name]) != found:
                    raise SystemExit(f"bench: {title}: {name} does not answer the same")
    return timed


def shown(rows: dict[str, Timed]) -> Table:
    columns = [column for title in SLOWER.values() for column in (f"{title}, p50", "faster")]
    table = Table("question", "p50 ms", "p95 ms", *columns, title="Finding events")
    for name, timed in rows.items():
        compared = [
            cell
            for slower in SLOWER
            for cell in (f"{statistics.median(timed.slower[slower]):.0f}", f"{timed.ratio(slower):.0f}")
        ]
        table.add_row(name, f"{statistics.median(timed.ours):.1f}", f"{timed.p95:.1f}", *compared)
    return table


def main() -> None:
    console = Console()
    with server() as started:
        planted = plant(started, console)
        ours = opened(Database, started, database.NAME)
        slower = {
            "vs_seqscan": opened(WithoutIndexScans, started, database.NAME),
            "vs_without_its_index": opened(Database, started, copied_without_indexes(started)),
        }
        dice = Random(SEED)  # noqa: S311
        titles = {"near": "around a point", "city_tonight": "tonight in a city", "text": "by words"}
        rows = {
            name: measure(make, ours, slower, titles[name], console) for name, make in questions(planted, dice).items()
        }  # fmt: skip
        for pool in (ours, *slower.values()):
            pool.close()
    console.print(shown(rows))
    figures = {f"{name}_p95_ms": round(timed.p95, 1) for name, timed in rows.items()}
    figures |= {name: round(min(timed.ratio(name) for timed in rows.values()), 1) for name in SLOWER}
    for name, aim in AIMS.items():
        console.print(f"{name:<20} {figures[name]} (aim {'at least' if name in SLOWER else 'at most'} {aim})")
    print(json.dumps({"bench": "events", "cities": CITIES, "occurrences": planted.occurrences, **figures}))


if __name__ == "__main__":
    main()
