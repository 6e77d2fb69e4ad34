from datetime import UTC

import pytest

from mundotango.adapters.clock import SystemClock
from mundotango.ports import Clock
from tests.fakes.clock import FakeClock


@pytest.fixture(params=[SystemClock, FakeClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_it_tells_the_time_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_it_does_not_go_back(clock: Clock) -> None:
    earlier = clock.now()
    assert earlier <= clock.now()
