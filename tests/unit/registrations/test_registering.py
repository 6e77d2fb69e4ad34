"""Registrations in any order of steps; and the machine that tries them notices when a safeguard is gone."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from mundotango.registrations import places, policy
from mundotango.registrations.model import Headcount, Limits
from tests.fakes.registrations import FakeRegistrations
from tests.unit.registrations.machine import Registering

ASKED_FOR = settings().max_examples
# A schedule takes some 20 ms.
Registering.TestCase.settings = settings(
    max_examples=ASKED_FOR if ASKED_FOR >= 1000 else 60, stateful_step_count=30, deadline=None
)
TestRegistering = pytest.mark.timeout(280)(Registering.TestCase)


def latest_first(limits: Limits, taken: Headcount, line: places.Line) -> tuple[int, ...]:
    return next_admitted(limits, taken, {party: positions[::-1] for party, positions in line.items()})


def leavers_forgotten(self: FakeRegistrations, here: Any = None) -> None:
    if here is not None and self.get(here).state == "waiting":
        move_up(self, here)


next_admitted, move_up = places.next_admitted, FakeRegistrations._move_up


@pytest.mark.parametrize(
    ("owner", "name", "broken"),
    [
        pytest.param(places, "next_admitted", latest_first, id="the latest of a kind first"),
        pytest.param(places, "imbalance", lambda _limits, _taken: 0, id="no balance"),
        pytest.param(policy, "once", lambda _earlier: None, id="twice"),
        pytest.param(policy, "lapsed", lambda _held, _now: False, id="offers without end"),
        pytest.param(policy, "enough_for", lambda _limits, _taken: None, id="capacity below those accepted"),
        pytest.param(FakeRegistrations, "_move_up", leavers_forgotten, id="places given back and not given on"),
    ],
)
def test_it_fails_without(
    owner: Any, name: str, broken: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            Registering,
            settings=settings(
                max_examples=1000, stateful_step_count=30, deadline=None, database=None, derandomize=True,
                phases=[Phase.generate], report_multiple_bugs=False,
            ),
        )  # fmt: skip
