"""2,000 people who want one of 100 places, as fast as a database lets them.

Each of 2,000 dancers registers once, alone, for one milonga with 100 places, at most 3 more of one role than of the
other: 45 % lead, 45 % follow and 10 % dance both. They come through 16 connections that never pause. The use case is
the one that the API runs, one transaction each, against a real PostgreSQL on this machine.

`accepted` is how many hold a place at the end, and `balance_ok` whether the roles among them can dance within the
tolerance. `lost` counts whoever is neither accepted nor waiting, or was told otherwise than what is kept. `out_of_turn`
are those who wait though somebody of their role who registered later has a place, and `deadlocks` those that
PostgreSQL had to end. Aims: 100, true, 0, 0 and 0. `per_second` are registrations, each of them committed.

Run it by `python -m bench.registration`; its last line is JSON.
"""

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast, get_args
from uuid import UUID

import psycopg
from rich.console import Console
from rich.progress import Progress

from bench.feed import server
from devstack import database
from devstack.postgres import Server
from mundotango import settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import Database
from mundotango.events.said import Said
from mundotango.events.service import create_event
from mundotango.ids import new_id
from mundotango.migrations.roles import APP, OWNER
from mundotango.pagination import Keyring
from mundotango.ports import MediaRepository
from mundotango.registrations import deciding, places, service
from mundotango.registrations.model import (
    HOLDING,
    Chosen,
    Dancer,
    Entry,
    Headcount,
    Limits,
    Role,
    Settings,
    State,
    headcount,
)
from mundotango.work import UnitOfWork

ATTEMPTS, CONNECTIONS = 2000, 16
LIMITS = Limits(capacity=100, tolerance=3)
ROLES: dict[Role, int] = {"leader": 45, "follower": 45, "both": 10}
AIMS = {"accepted": 100, "balance_ok": True, "lost": 0, "out_of_turn": 0, "deadlocks": 0}
SEED = 1935
# It has none, so nothing is asked of it.
NO_PICTURES = cast("MediaRepository", None)

type Told = dict[UUID, Entry]


@dataclass(frozen=True, slots=True)
class Milonga:
    """One occurrence, and the processes' pools that register for it."""

    occurrence_id: UUID
    pools: list[Database]

    def register(self, number: int, dancer: Dancer) -> Entry:
        with UnitOfWork(self.pools[number % len(self.pools)], Keyring()) as work:
            entry = service.register(
                work, occurrence_id=self.occurrence_id, by=dancer.person_id, dancers=[dancer], clock=SystemClock()
            )
            work.commit()
        return entry

    def kept(self) -> list[Entry]:
        with UnitOfWork(self.pools[0], Keyring()) as work:
            return work.registrations.list_of(self.occurrence_id, get_args(State), after=0, limit=ATTEMPTS * 2)


def crowd(started: Server) -> list[Dancer]:
    dice = random.Random(SEED)  # noqa: S311
    roles = dice.choices(list(ROLES), list(ROLES.values()), k=ATTEMPTS)
    dancers = [Dancer(new_id(), role) for role in roles]
    with psycopg.connect(started.dsn(database.NAME, OWNER), autocommit=True) as connection:
        connection.execute(
            """
            INSERT INTO users (id, handle, display_name, bio, city, created_at, updated_at)
            SELECT id, 'dancer_' || number, 'Dancer ' || number, '', 'Buenos Aires', now(), now()
            FROM unnest(%s::uuid[]) WITH ORDINALITY AS dancer (id, number)
            """,
            ([dancer.person_id for dancer in dancers],),
        )
        connection.execute("ANALYZE users")
    return dancers


def announce(pool: Database, organiser_id: UUID) -> UUID:
    clock = SystemClock()
    starts_at = clock.now() + timedelta(days=14)
    said = Said(
        title="Bench", kind="milonga", starts_at=starts_at, ends_at=starts_at + timedelta(hours=5), city="Buenos Aires",
        country="AR", venue_name="Canning", latitude=-34.59, longitude=-58.42, zone="America/Argentina/Buenos_Aires",
    )  # fmt: skip
    chosen = Chosen(Settings(LIMITS, offered_for=timedelta(days=1)))
    with UnitOfWork(pool, Keyring()) as work:
        dated = create_event(work, NO_PICTURES, organiser_id=organiser_id, said=said, clock=clock)
        deciding.change_settings(
            work, event_id=dated.event.id, editor_id=organiser_id, chosen=chosen, clock=clock
        )  # fmt: skip
        work.commit()
    return dated.occurrence.id


@contextmanager
def pools(started: Server) -> Iterator[list[Database]]:
    """As many processes have them: one connection each."""
    app = settings.Database(started.host, started.port, database.NAME, APP, "disable", 1)
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(Database(app, "eu-west-1", password=lambda: "trusted")))
            for _ in range(CONNECTIONS)
        ]


def judged(told: Told, kept: list[Entry]) -> dict[str, object]:
    """`told` is what each was answered; who waited then may have moved up since."""
    found = {dancer.person_id: entry for entry in kept for dancer in entry.party}
    taken = sum((headcount(entry.party) for entry in kept if entry.state in HOLDING), Headcount())
    lost = sum(not _kept_as_told(entry, found.get(person_id)) for person_id, entry in told.items())
    last = {entry.party[0].role: entry.registration.position for entry in kept if entry.state in HOLDING}
    waiting = [entry for entry in kept if entry.state == "waiting"]
    return {
        "accepted": taken.total,
        "balance_ok": places.fits(LIMITS, taken) and places.imbalance(LIMITS, taken) <= (LIMITS.tolerance or 0),
        "lost": lost + abs(ATTEMPTS - len(told)),
        "out_of_turn": sum(entry.registration.position < last.get(entry.party[0].role, 0) for entry in waiting),
    }


def _kept_as_told(told: Entry, kept: Entry | None) -> bool:
    if kept is None or kept.id != told.id or kept.registration.position != told.registration.position:
        return False
    return kept.state == told.state or (told.state, kept.state) == ("waiting", "offered")


def deadlocks(started: Server) -> int:
    with psycopg.connect(started.dsn(database.NAME)) as connection:
        row = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = %s", (database.NAME,)
        ).fetchone()  # fmt: skip
    return 0 if row is None else int(row[0])


def main() -> None:
    console = Console()
    with server() as started, pools(started) as connections:
        dancers = crowd(started)
        milonga = Milonga(announce(connections[0], dancers[0].person_id), connections)
        told: Told = {}
        with Progress(console=console) as progress, ThreadPoolExecutor(CONNECTIONS) as threads:
            task = progress.add_task(f"{ATTEMPTS:,} register for {LIMITS.capacity} places", total=ATTEMPTS)
            began = time.perf_counter()
            for dancer, entry in zip(dancers, threads.map(milonga.register, range(ATTEMPTS), dancers), strict=True):
                told[dancer.person_id] = entry
                progress.advance(task)
            seconds = time.perf_counter() - began
        figures = judged(told, milonga.kept()) | {"deadlocks": deadlocks(started)}
    for name, aim in AIMS.items():
        console.print(f"{name:<12} {figures[name]} (aim {aim})")
    outcome = {"attempts": ATTEMPTS, **figures, "per_second": round(ATTEMPTS / seconds)}
    print(json.dumps({"bench": "registration", **outcome}))


if __name__ == "__main__":
    main()
