"""The rules of registration hold in PostgreSQL as they do in memory, in any order of steps."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from mundotango.adapters.postgres import Database
from mundotango.registrations.desk import Desk
from mundotango.registrations.model import Door, Headcount
from mundotango.registrations.repository import RegistrationRepository
from tests.fakes.clock import FakeClock
from tests.integration.registrations.stored import StoredRegistrations, make_people
from tests.integration.test_posts_at_once import committed
from tests.unit.registrations.machine import PEOPLE, Registering

ASKED_FOR = settings().max_examples
# A schedule takes some 700 ms.
EXAMPLES = 60 if ASKED_FOR >= 1000 else 10


@pytest.fixture
def machine(database: Database, clock: FakeClock) -> type[Registering]:
    organiser_id = committed(database, lambda work: make_people(work, clock, PEOPLE))

    class Stored(Registering):
        made = lambda chosen, starts_at, clock: StoredRegistrations(database, organiser_id, chosen, starts_at, clock)  # noqa: E731

    return Stored


def run(machine: type[Registering], examples: int, **chosen: Any) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples, stateful_step_count=30, deadline=None, **chosen),
    )


@pytest.mark.timeout(580)
def test_the_rules_hold(machine: type[Registering]) -> None:
    run(machine, EXAMPLES)


def not_counted(self: RegistrationRepository, door: Door) -> None:
    count(self, replace(door, taken=Headcount()))


def nobody_moves_up(self: Desk, here: Any = None) -> None:
    if here is not None:
        move_up(self, here)


count, move_up = RegistrationRepository.count, Desk.move_up


@pytest.mark.parametrize(
    ("owner", "name", "broken"),
    [
        pytest.param(RegistrationRepository, "count", not_counted, id="places not counted"),
        pytest.param(Desk, "move_up", nobody_moves_up, id="places given back and not given on"),
    ],
)
def test_it_fails_without(
    machine: type[Registering], owner: Any, name: str, broken: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(AssertionError):
        run(
            machine, 200, database=None, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False
        )  # fmt: skip
