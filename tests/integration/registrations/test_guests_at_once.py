"""A guest who clicks twice, or in two tabs: one registration, and nothing that nobody can explain."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from mundotango import settings as environment
from mundotango.adapters.postgres import Database
from mundotango.guests.asking import ask_link
from mundotango.guests.model import Act, Form
from mundotango.guests.service import take
from mundotango.guests.sweeping import sweep_guests
from mundotango.registrations.model import Chosen, Limits, Settings
from mundotango.work import UnitOfWork
from tests.factories.people import make_event, make_user
from tests.fakes.clock import FakeClock
from tests.integration.registrations.stored import _Platform
from tests.integration.test_posts_at_once import Act as Step
from tests.integration.test_posts_at_once import at_once, committed

ROUNDS = 5
FILLED_IN = Form(name="Ana", role="leader")


@pytest.fixture
def databases(real_database: Database, database_settings: environment.Database) -> Iterator[list[Database]]:
    others = [Database(database_settings, "eu-west-1", password=lambda: "trusted") for _ in range(3)]
    yield [real_database, *others]
    for database in others:
        database.close()


@pytest.fixture
def occurrence_id(real_database: Database, clock: FakeClock) -> UUID:
    def make(work: UnitOfWork) -> UUID:
        organiser_id = make_user(work, clock).id
        dated = make_event(work, clock, organiser_id, starts_at=clock.now() + timedelta(days=10))
        work.registrations.choose(
            dated.event.id, Chosen(Settings(Limits(capacity=50), timedelta(days=1))), clock.now()
        )  # fmt: skip
        return dated.occurrence.id

    return committed(real_database, make)


def asked(work: UnitOfWork, occurrence_id: UUID, email: str, clock: FakeClock) -> None:
    ask_link(work, occurrence_id=occurrence_id, email=email, name="Ana", language="es", mails=True, clock=clock)


def link_of(database: Database, occurrence_id: UUID, email: str, clock: FakeClock) -> str:
    def ask(work: UnitOfWork) -> str:
        asked(work, occurrence_id, email, clock)
        (outgoing,) = work.outbox.take(work.recorded, 1)
        return str(outgoing.activity.payload["values"]["link"]).split("/")[3]

    return committed(database, ask)


def step(token: str, act: Act, clock: FakeClock) -> Step:
    return lambda work: take(work, token, act, FILLED_IN, clock)


def counts(database: Database) -> tuple[int, ...]:
    with database.transaction() as connection:
        row = connection.execute(
            """
            SELECT (SELECT count(*) FROM registrations WHERE state = 'accepted'), (SELECT count(*) FROM guests),
                (SELECT sum(taken_leaders) FROM occurrences)
            """
        ).fetchone()
    assert row is not None
    return tuple(row)


def test_who_registers_twice_at_once_is_registered_once(
    databases: list[Database], occurrence_id: UUID, clock: FakeClock
) -> None:
    for number in range(ROUNDS):
        token = link_of(databases[0], occurrence_id, f"a{number}@example.org", clock)
        assert at_once(databases, [step(token, "register", clock)] * 4) == ["Conflict"] * 3
    assert counts(databases[0]) == (ROUNDS, ROUNDS, ROUNDS)


def test_who_is_forgotten_meanwhile_leaves_nothing(
    databases: list[Database], occurrence_id: UUID, clock: FakeClock
) -> None:
    for number in range(ROUNDS):
        token = link_of(databases[0], occurrence_id, f"a{number}@example.org", clock)
        outcomes = at_once(
            databases,
            [
                step(token, "register", clock),
                step(token, "forget", clock),
                step(token, "forget", clock),
                step(token, "give_up", clock),
            ],
        )
        assert set(outcomes) <= {"LinkUnknown", "Conflict"}
    assert counts(databases[0]) == (0, 0, 0)


def test_whoever_asks_at_once_for_one_address_is_one_guest(
    databases: list[Database], occurrence_id: UUID, clock: FakeClock
) -> None:
    assert at_once(databases, [lambda work: asked(work, occurrence_id, "a@example.org", clock)] * 4) == []
    with databases[0].transaction() as connection:
        assert connection.execute("SELECT count(*) FROM guests").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM guest_links").fetchone() == (4,)


def test_who_registers_while_the_week_ends_is_kept_or_refused(
    databases: list[Database], occurrence_id: UUID, clock: FakeClock
) -> None:
    """By the clock of the one who registers it is just not over, and by the job's it is."""
    late = FakeClock(clock.now() + timedelta(days=7))

    def swept(_: UnitOfWork) -> None:
        sweep_guests(_Platform(databases[3], late), lambda: 60.0)  # type: ignore[arg-type]

    tokens = [link_of(databases[0], occurrence_id, f"a{number}@example.org", clock) for number in range(3)]
    outcomes = at_once(databases, [*(step(token, "register", clock) for token in tokens), swept])

    assert set(outcomes) <= {"LinkUnknown"}
    kept = 3 - outcomes.count("LinkUnknown")
    assert counts(databases[0]) == (kept, kept, kept)
