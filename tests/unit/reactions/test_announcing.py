"""A post's totals, told once a second and never left untold, by many who count at once."""

import random
from collections.abc import Callable, Collection
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
from mundotango.reactions.model import Claim, Standing, Told, bucket_key, bucket_of
from mundotango.reactions.service import total
from tests.fakes.clock import A_MONDAY_EVENING, FakeClock
from tests.fakes.reactions import FakeCounters

POSTS = [UUID(int=1), UUID(int=2)]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a schedule is not the same each time."""
    monkeypatch.setattr("mundotango.threads.THREADS", 1)


class Shards:
    """Batches of likes, each of a shard of its own: while one waits, others arrive and are counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, counters: FakeCounters) -> None:
        self.clock, self.counters = FakeClock(), counters
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
        while count_changes(self.counters, [change], self.clock) is not None:
            pass  # the stream brings it again

    def arrive(self, *arriving: Callable[[], None]) -> None:
        self._arriving += arriving
        while self._arriving:
            self._arriving.pop(0)()

    def told(self, post: UUID) -> list[Standing]:
        return [standing for target_id, standing in self.counters.claimed if target_id == post]

    def likes_told(self, post: UUID) -> list[int]:
        return [total(standing.counts, post)["like"] for standing in self.told(post)]

    def _sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.waits.append(seconds)
        ends_at = self.clock.now() + timedelta(seconds=seconds)
        while self._arriving and self.clock.now() < ends_at:
            self.clock.advance(timedelta(milliseconds=70))
            self._arriving.pop(0)()
        self.clock.advance(max(ends_at - self.clock.now(), timedelta()))


def test_silence_is_broken_at_once_and_the_rest_of_the_second_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    shards = Shards(monkeypatch, FakeCounters())
    shards.like(POSTS[0])
    assert shards.waits == []

    shards.clock.advance(timedelta(milliseconds=300))
    shards.like(POSTS[0])

    assert shards.waits == [0.7]
    assert shards.likes_told(POSTS[0]) == [1, 2]
    shards.clock.advance(GAP)
    shards.like(POSTS[0])
    assert len(shards.waits) == 1


@pytest.mark.parametrize("seed", range(20))
def test_many_batches_are_told_once_a_second_and_the_last_state_always(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    shards = Shards(monkeypatch, FakeCounters())

    shards.arrive(*(partial(shards.like, chance.choice(POSTS)) for _ in range(100)))

    for post in POSTS:
        moments = [standing.told.at for standing in shards.told(post)]
        assert all(later - earlier >= GAP for earlier, later in pairwise(moments) if later and earlier)
        assert len(moments) < 15
        assert shards.likes_told(post)[-1] == shards.liked[post]


def test_what_another_post_took_is_not_waited_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(FakeCounters):
        """Of the second post the write takes longer than the first has to wait."""

        def apply(self, target_id: UUID, *counted: Any) -> Standing | None:
            if target_id == POSTS[1]:
                shards.clock.advance(2 * GAP)
            return super().apply(target_id, *counted)

    shards = Shards(monkeypatch, FakeCounters())
    shards.like(POSTS[0])
    slow = shards.counters = Slow()
    slow.tellings = {POSTS[0]: Told(UUID(int=9), shards.clock.now())}
    batch = [
        RowChange(number, bucket_key(post, 3), None, "like", A_MONDAY_EVENING) for number, post in enumerate(POSTS)
    ]

    assert count_changes(slow, batch, shards.clock) is None

    assert shards.waits == [0]
    assert shards.likes_told(POSTS[0]) == [1]


def test_who_finds_another_claim_counts_all_the_same_and_tells_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its batch does not come again: what is counted does not wait for who tells it."""

    class Overtaken(FakeCounters):
        def standing(self, target_ids: Collection[UUID]) -> dict[UUID, Standing]:
            found = super().standing(target_ids)
            if meanwhile:
                meanwhile.pop()()
            return found

    shards = Shards(monkeypatch, FakeCounters())
    shards.counters, meanwhile = Overtaken(), list[Callable[[], object]]()
    other = partial(shards.counters.claim, POSTS[0], Claim(Told(), UUID(int=9), shards.clock.now()))
    meanwhile.append(other)
    batch = [RowChange(1, bucket_key(POSTS[0], 3), None, "like", A_MONDAY_EVENING)]

    assert count_changes(shards.counters, batch, shards.clock) is None

    assert shards.waits == [1.0]
    assert shards.likes_told(POSTS[0]) == [0, 1]


def test_of_those_who_wait_one_claims_and_the_others_pay_no_write(monkeypatch: pytest.MonkeyPatch) -> None:
    claims: list[UUID] = []

    class Paid(FakeCounters):
        def claim(self, target_id: UUID, claim: Claim) -> Standing | None:
            claims.append(target_id)
            return super().claim(target_id, claim)

    shards = Shards(monkeypatch, FakeCounters())
    shards.counters = Paid()
    shards.like(POSTS[0])

    shards.arrive(*(partial(shards.like, POSTS[0]) for _ in range(5)))

    assert shards.likes_told(POSTS[0]) == [1, 6]
    assert claims == [POSTS[0]]


def test_who_counted_and_could_not_claim_has_the_batch_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(FakeCounters):
        calls = 0

        def claim(self, target_id: UUID, claim: Claim) -> Standing | None:
            self.calls += 1
            if self.calls == 1:
                raise Unavailable("away")
            return super().claim(target_id, claim)

    shards = Shards(monkeypatch, Away())
    shards.like(POSTS[0])
    shards.like(POSTS[0])

    assert shards.likes_told(POSTS[0]) == [1, 2]
    assert shards.waits == [1.0, 0]
