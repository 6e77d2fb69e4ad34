"""Counting from a stream that delivers what it likes, as often as it likes."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import pytest

from mundotango.errors import Unavailable
from mundotango.reactions import announcing
from mundotango.reactions.counting import RowChange, count_changes
from mundotango.reactions.model import (
    ENDED,
    Claim,
    CountChange,
    Standing,
    Total,
    Totals,
    bucket_key,
    bucket_of,
    zeros,
)
from mundotango.reactions.service import total, totals
from mundotango.realtime.totals import totals_told
from tests.fakes.clock import A_MONDAY_EVENING, FakeClock
from tests.fakes.reactions import FakeCounters

POST = UUID(int=1)
PEOPLE = [UUID(int=100 + number) for number in range(40)]


class AwayNowAndThen:
    """Counters that are away at the calls named by `away`.

    `meanwhile` is done once, between the next reading of the guards and the writing: what another invocation does that
    overlaps this one, as when Lambda believes it has timed out.
    """

    def __init__(self, away: set[int]) -> None:
        self._away, self._calls = away, 0
        self.counters = FakeCounters()
        self.meanwhile: Callable[[], object] | None = None

    def standing(self, target_ids: Collection[UUID]) -> dict[UUID, Standing]:
        known = self.counters.standing(target_ids)
        overlapping, self.meanwhile = self.meanwhile, None
        if overlapping is not None:
            overlapping()
        return known

    def apply(self, target_id: UUID, changes: Mapping[str, CountChange], claim: Claim | None = None) -> Standing | None:
        self._call()
        return self.counters.apply(target_id, changes, claim)

    def claim(self, target_id: UUID, claim: Claim) -> Standing | None:
        self._call()
        return self.counters.claim(target_id, claim)

    def _call(self) -> None:
        self._calls += 1
        if self._calls in self._away:
            raise Unavailable("away")


def change(sequence: int, person: UUID, *, removed: bool = False, kind: Total = "like") -> RowChange:
    at = None if removed else A_MONDAY_EVENING
    before, after = (kind, None) if removed else (None, kind)
    return RowChange(sequence, bucket_key(POST, bucket_of(person)), before, after, at)


def told(counters: FakeCounters) -> list[Totals]:
    return [total(standing.counts, POST) for _, standing in counters.claimed]


def liked(number: int) -> Totals:
    return zeros() | {"like": number}


class TestCountChanges:
    def test_a_post_is_written_once_a_batch(self) -> None:
        written: list[UUID] = []

        class Counting(FakeCounters):
            def apply(
                self, target_id: UUID, changes: Mapping[str, CountChange], claim: Claim | None = None
            ) -> Standing | None:
                written.append(target_id)
                return super().apply(target_id, changes, claim)

        batch = [change(number, person) for number, person in enumerate(PEOPLE, start=1)]
        counters = Counting()

        count_changes(counters, batch, FakeClock())

        assert written == [POST]
        assert totals(counters, [POST])[POST] == liked(len(PEOPLE))

    def test_one_claim_a_post_and_batch(self) -> None:
        counters = FakeCounters()

        count_changes(counters, [change(1, PEOPLE[0]), change(2, PEOPLE[1])], FakeClock())

        assert told(counters) == [liked(2)]

    def test_what_comes_again_writes_nothing(self) -> None:
        """In whole, in halves, and after others were counted and views had moved the guards."""
        batch = [change(number, person) for number, person in enumerate(PEOPLE, start=1)]
        later = [change(99, PEOPLE[0], kind="views"), change(98, PEOPLE[1], removed=True)]
        counters = FakeCounters()
        count_changes(counters, batch, FakeClock())
        count_changes(counters, later, FakeClock())
        rows, claimed = dict(counters.rows), list(counters.claimed)

        for again in (batch, batch[:9], batch[9:], later, [*batch, *later]):
            assert count_changes(counters, again, FakeClock()) is None

        assert counters.rows == rows
        assert counters.claimed == claimed
        assert len(claimed) == 2

    def test_the_same_totals_reached_again_are_other_news(self) -> None:
        """Clients drop a frame whose id they know."""
        counters = FakeCounters()
        for number in range(4):
            batch = [change(number + 1, PEOPLE[0], removed=number % 2 == 1)]
            count_changes(counters, batch, FakeClock())

        frames = [totals_told(POST, standing) for _, standing in counters.claimed]
        assert [frame and frame.activity.payload["totals"]["like"] for frame in frames] == [1, 0, 1, 0]
        assert len({frame and frame.activity.id for frame in frames}) == 4

    def test_views_are_counted_and_wait_for_other_news(self) -> None:
        counters = FakeCounters()

        count_changes(counters, [change(1, PEOPLE[0], kind="views")], FakeClock())
        assert counters.claimed == []
        count_changes(counters, [change(2, PEOPLE[1], kind="comments")], FakeClock())

        assert told(counters) == [{**zeros(), "views": 1, "comments": 1}]

    def test_another_kind_moves_one_from_the_first_to_it(self) -> None:
        counters = FakeCounters()
        bucket = bucket_key(POST, bucket_of(PEOPLE[0]))
        other = RowChange(2, bucket, "like", "bravo", A_MONDAY_EVENING)

        count_changes(counters, [change(1, PEOPLE[0])], FakeClock())
        count_changes(counters, [other], FakeClock())

        assert totals(counters, [POST])[POST] == {**zeros(), "bravo": 1}

    def test_of_a_post_that_is_gone_nothing_is_counted_or_told(self) -> None:
        counters = FakeCounters()
        count_changes(counters, [change(1, PEOPLE[0])], FakeClock())
        counters.end(POST, A_MONDAY_EVENING)

        batch = [change(10**38, PEOPLE[0], removed=True), change(10**38 + 1, PEOPLE[1])]
        assert count_changes(counters, batch, FakeClock()) is None

        assert totals(counters, [POST])[POST] == zeros()
        assert {row.guard for row in counters.rows.values()} == {ENDED}
        assert len(counters.claimed) == 1

    def test_what_counts_as_before_writes_nothing(self) -> None:
        counters = FakeCounters()
        bucket = bucket_key(POST, bucket_of(PEOPLE[0]))

        count_changes(counters, [RowChange(1, bucket, None, None)], FakeClock())

        assert counters.rows == {}

    def test_a_like_taken_back_within_the_batch_still_moves_the_guard(self) -> None:
        like, unlike = change(1, PEOPLE[0]), change(2, PEOPLE[0], removed=True)
        counters = FakeCounters()

        count_changes(counters, [like, unlike], FakeClock())
        count_changes(counters, [unlike], FakeClock())

        assert totals(counters, [POST])[POST] == liked(0)

    @pytest.mark.parametrize("away", [2, 3])
    def test_what_failed_comes_again_and_is_claimed_then(self, away: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """The third call is the claim: its count was written, and must not be written again."""
        monkeypatch.setattr(announcing, "sleep", lambda _: None)
        stores: Any = AwayNowAndThen({away})
        clock, batch = FakeClock(), [change(5, PEOPLE[0])]
        assert count_changes(stores, [change(1, PEOPLE[1])], clock) is None

        assert count_changes(stores, batch, clock) == 5
        assert told(stores.counters) == [liked(1)]
        assert count_changes(stores, batch, clock) is None
        assert count_changes(stores, batch, clock) is None

        assert totals(stores.counters, [POST])[POST] == liked(2)
        assert told(stores.counters) == [liked(1), liked(2)]

    def test_the_lowest_failed_number_is_reported(self) -> None:
        stores: Any = AwayNowAndThen({1, 2})
        batch = [change(9, PEOPLE[0]), change(10, PEOPLE[1]), change(11, PEOPLE[2])]

        assert count_changes(stores, list(reversed(batch)), FakeClock()) == 9

    def test_who_loses_the_race_for_a_guard_has_the_batch_again(self) -> None:
        stores: Any = AwayNowAndThen(set())
        batch = [change(9, PEOPLE[0])]
        stores.meanwhile = lambda: count_changes(stores.counters, batch, FakeClock())

        assert count_changes(stores, batch, FakeClock()) == 9
        assert count_changes(stores, batch, FakeClock()) is None

        assert totals(stores.counters, [POST])[POST] == liked(1)
