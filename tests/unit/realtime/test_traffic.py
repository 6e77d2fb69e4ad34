from datetime import timedelta

import pytest

from mundotango import ids
from mundotango.realtime import traffic
from mundotango.realtime.policy import HEARD_EACH
from mundotango.realtime.traffic import FLOOD_SECONDS, Traffic
from tests.fakes.clock import FakeClock


def test_what_was_long_ago_is_forgotten_and_what_counts_still_is_kept(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "_KEPT", 10)
    seen = Traffic()
    for _ in range(30):
        seen.take(str(ids.new_id()), clock.now())
        seen.is_news(str(ids.new_id()), clock.now())
        clock.advance(timedelta(seconds=FLOOD_SECONDS))
    recent = str(ids.new_id())
    seen.is_news(recent, clock.now())

    assert len(seen._levels) <= 11
    assert len(seen._heard) <= HEARD_EACH.total_seconds() / FLOOD_SECONDS + 2
    assert not seen.is_news(recent, clock.now())
