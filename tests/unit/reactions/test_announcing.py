"""A post's totals, told once a second and never left untold, by many who count at once."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from mundotango.errors import Unavailable
from mundotango.reactions import announcing
from mundotango.reactions.announcing import GAP
from mundotango.reactions.counting import RowChange, count_changes
from mundotango.reactions.model import bucket_key, bucket_of
from mundotango.realtime.model import Activity, Appended
from tests.fakes.clock import A_MONDAY_EVENING, FakeClock
from tests.fakes.reactions import FakeCounters
from tests.fakes.realtime import FakeActivities

POSTS = [UUID(int=1), UUID(int=2)]


class Shards:
    """Batches of likes, each of a shard of its own: while one waits, others arrive and are counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, activities: FakeActivities) -> None:
        self.clock, self.counters, self.activities = FakeClock(), FakeCounters(), activities
        self.liked: dict[UUID, int] = dict.fromkeys(POSTS, 0)
        self.waits: list[float] = []
        self._arriving: list[Callable[[], None]] = []
        self._sequence = 0
        monkeypatch.setattr(announcing, "sleep", self._sleep)

    def like(self, post: UUID) -> None:
        self._sequence += 1
        person = UUID(int=1000 + self._sequence)
        change = RowChange(self._sequence, bucket_key(post, bucket_of(person)), None, "like", A_MONDAY_EVENING)
        self.liked[post] += 1
        while count_changes(self.counters, self.activities, [change], self.clock) is not None:
            pass  # the stream brings it again

    def arrive(self, *arriving: Callable[[], None]) -> None:
        self._arriving += arriving
        while self._arriving:
            self._arriving.pop(0)()

    def told(self, post: UUID) -> list[Activity]:
        return [each.activity for each in self.activities.appended if each.channel == f"post:{post}"]

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        ends_at = self.clock.now() + timedelta(seconds=seconds)
        while self._arriving and self.clock.now() < ends_at:
            self.clock.advance(timedelta(milliseconds=70))
            self._arriving.pop(0)()
        self.clock.advance(max(ends_at - self.clock.now(), timedelta()))


def test_silence_is_broken_at_once_and_the_rest_of_the_second_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    shards = Shards(monkeypatch, FakeActivities())
    shards.like(POSTS[0])
    assert shards.waits == []

    shards.clock.advance(timedelta(milliseconds=300))
    shards.like(POSTS[0])

    assert shards.waits == [0.7]
    assert [each.payload["totals"]["like"] for each in shards.told(POSTS[0])] == [1, 2]
    shards.clock.advance(GAP)
    shards.like(POSTS[0])
    assert len(shards.waits) == 1


@pytest.mark.parametrize("seed", range(20))
def test_many_batches_are_told_once_a_second_and_the_last_state_always(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    shards = Shards(monkeypatch, FakeActivities())

    shards.arrive(*(partial(shards.like, chance.choice(POSTS)) for _ in range(100)))

    for post in POSTS:
        moments = [each.occurred_at for each in shards.told(post)]
        assert all(later - earlier >= GAP for earlier, later in pairwise(moments))
        assert len(moments) < 15
        assert shards.told(post)[-1].payload["totals"]["like"] == shards.liked[post]


def test_a_telling_that_stood_still_is_told_again_after_the_one_that_overtook_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow(FakeActivities):
        """The first append takes two seconds, in which somebody else counts and tells."""

        meanwhile: list[Callable[[], None]]

        def append(self, activity: Activity) -> Appended:
            while self.meanwhile:
                self.meanwhile.pop()()
            return super().append(activity)

    activities = Slow()
    shards = Shards(monkeypatch, activities)

    def meanwhile() -> None:
        shards.clock.advance(2 * GAP)
        shards.like(POSTS[0])

    activities.meanwhile = [meanwhile]
    shards.like(POSTS[0])

    assert [each.payload["totals"]["like"] for each in shards.told(POSTS[0])] == [2, 1, 2]


def test_who_claims_and_cannot_tell_has_the_batch_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(FakeActivities):
        calls = 0

        def append(self, activity: Activity) -> Appended:
            self.calls += 1
            if self.calls in {1, 3}:
                raise Unavailable("away")
            return super().append(activity)

    shards: Any = Shards(monkeypatch, Away())
    shards.like(POSTS[0])
    shards.like(POSTS[0])

    assert [each.payload["totals"]["like"] for each in shards.told(POSTS[0])] == [1, 2]
    assert shards.waits == [1.0, 1.0, 1.0]
