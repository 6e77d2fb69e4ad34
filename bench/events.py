"""How fast dancers find where to go, among 200,000 times that something takes place in 500 cities.

Timed are the use cases that the API runs, each in a unit of work of its own, against a real PostgreSQL on this machine
with the settings of phase 1: a page of 20 around a point, what is on tonight in a city, and 20 that fit some words, the
best first. Who asks is where the events are: city number n has 1/n of what the first one has, and 1/n of the questions.
A third of the words asked for are spelt wrongly, a third are of another form than what is written (a plural, a verb).

`near_p95_ms`, `city_tonight_p95_ms` and `text_p95_ms` are of 300 questions each; aim: at most 15. `vs_seqscan` is the
least of three ratios, of the median of the same questions asked of the same server with all kinds of index scan turned
off, to ours, taken in turns in one run; aim: at least 20. That both answer the same is checked.

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
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.agenda import CITIES, SEED, Agenda, plant
from bench.feed import server
from devstack import database
from mundotango import settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import Database
from mundotango.agenda import policy as agenda
from mundotango.agenda.service import list_events
from mundotango.migrations.roles import APP
from mundotango.pagination import DEFAULT_LIMIT, Keyring
from mundotango.tonight import policy as tonight
from mundotango.tonight.service import list_tonight
from mundotango.work import UnitOfWork

ROUNDS = 300
# The baseline is slow: every so many questions are asked of it too.
ASKED_TWICE = 10
AIMS = {"near_p95_ms": 15, "city_tonight_p95_ms": 15, "text_p95_ms": 15, "vs_seqscan": 20}

type Ask = Callable[[UnitOfWork], list[str]]


class WithoutIndexes(Database):
    """The same server, which has to read whole tables."""

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        with super().transaction() as connection:
            for kind in ("indexscan", "indexonlyscan", "bitmapscan"):
                connection.execute(f"SET LOCAL enable_{kind} = off")
            yield connection


@dataclass(slots=True)
class Timed:
    """Milliseconds of one kind of question, with the indexes and without."""

    ours: list[float] = field(default_factory=list)
    baseline: list[float] = field(default_factory=list)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.ours, n=20)[-1]

    @property
    def ratio(self) -> float:
        return statistics.median(self.baseline) / statistics.median(self.ours)


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


def measure(make: Callable[[], Ask], databases: tuple[Database, Database], title: str, console: Console) -> Timed:
    ours, baseline = databases
    timed, keyring = Timed(), Keyring()

    def ask(asked: Ask, pool: Database, times: list[float]) -> list[str]:
        started = time.perf_counter()
        with UnitOfWork(pool, keyring) as work:
            found = asked(work)
        times.append((time.perf_counter() - started) * 1000)
        return found

    # A process reads the keys of cursors once, and the server its tables from the disk.
    for pool in databases:
        ask(make(), pool, [])
    for number in track(range(ROUNDS), title, console=console):
        asked = make()
        found = ask(asked, ours, timed.ours)
        if number % ASKED_TWICE == 0 and ask(asked, baseline, timed.baseline) != found:
            raise SystemExit(f"bench: {title}: the two do not answer the same")
    return timed


def shown(rows: dict[str, Timed]) -> Table:
    table = Table("question", "p50 ms", "p95 ms", "without indexes, p50 ms", "times faster", title="Finding events")
    for name, timed in rows.items():
        medians = statistics.median(timed.ours), statistics.median(timed.baseline)
        table.add_row(name, f"{medians[0]:.1f}", f"{timed.p95:.1f}", f"{medians[1]:.0f}", f"{timed.ratio:.0f}")
    return table


def main() -> None:
    console = Console()
    with server() as started:
        planted = plant(started, console)
        app = settings.Database(started.host, started.port, database.NAME, APP, "disable", 1)
        databases = (
            Database(app, "eu-west-1", password=lambda: "trusted"),
            WithoutIndexes(app, "eu-west-1", password=lambda: "trusted"),
        )
        dice = Random(SEED)  # noqa: S311
        titles = {"near": "around a point", "city_tonight": "tonight in a city", "text": "by words"}
        rows = {
            name: measure(make, databases, titles[name], console) for name, make in questions(planted, dice).items()
        }  # fmt: skip
        for pool in databases:
            pool.close()
    console.print(shown(rows))
    figures = {f"{name}_p95_ms": round(timed.p95, 1) for name, timed in rows.items()}
    figures["vs_seqscan"] = round(min(timed.ratio for timed in rows.values()), 1)
    for name, aim in AIMS.items():
        console.print(f"{name:<20} {figures[name]} (aim {'at least' if name == 'vs_seqscan' else 'at most'} {aim})")
    print(json.dumps({"bench": "events", "cities": CITIES, "occurrences": planted.occurrences, **figures}))


if __name__ == "__main__":
    main()
