"""Counting from a stream that delivers what it likes, as often as it likes."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import pytest

from mundotango.errors import Unavailable
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
from mundotango.reactions.service import totals
from mundotango.realtime.model import Activity, Appended
from tests.fakes.clock import A_MONDAY_EVENING, FakeClock
from tests.fakes.reactions import FakeCounters
from tests.fakes.realtime import FakeActivities

POST = UUID(int=1)
PEOPLE = [UUID(int=100 + number) for number in range(40)]


class AwayNowAndThen:
    """Counters and activities that are away at the calls named by `away`.

    `meanwhile` is done once, between the next reading of the guards and the writing: what another invocation does that
    overlaps this one, as when Lambda believes it has timed out.
    """

    def __init__(self, away: set[int]) -> None:
        self._away, self._calls = away, 0
        self.counters, self.activities = FakeCounters(), FakeActivities()
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
        return self.counters.claim(target_id, claim)

    def append(self, activity: Activity) -> Appended:
        self._call()
        return self.activities.append(activity)

    def newest(self, channel: str, limit: int) -> list[Appended]:
        return self.activities.newest(channel, limit)

    def _call(self) -> None:
        self._calls += 1
        if self._calls in self._away:
            raise Unavailable("away")


def change(sequence: int, person: UUID, *, removed: bool = False, kind: Total = "like") -> RowChange:
    at = None if removed else A_MONDAY_EVENING
    before, after = (kind, None) if removed else (None, kind)
    return RowChange(sequence, bucket_key(POST, bucket_of(person)), before, after, at)


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

        count_changes(counters, FakeActivities(), batch, FakeClock())

        assert written == [POST]
        assert totals(counters, [POST])[POST] == liked(len(PEOPLE))

    def test_one_announcement_a_post_and_batch(self) -> None:
        activities = FakeActivities()

        count_changes(FakeCounters(), activities, [change(1, PEOPLE[0]), change(2, PEOPLE[1])], FakeClock())

        (told,) = [each.activity for each in activities.appended]
        assert (told.kind, told.channel) == ("reaction.changed", f"post:{POST}")
        assert told.payload == {"post_id": str(POST), "totals": liked(2)}

    def test_what_comes_again_writes_nothing(self) -> None:
        """In whole, in halves, and after others were counted and views had moved the guards."""
        batch = [change(number, person) for number, person in enumerate(PEOPLE, start=1)]
        later = [change(99, PEOPLE[0], kind="views"), change(98, PEOPLE[1], removed=True)]
        counters, activities = FakeCounters(), FakeActivities()
        count_changes(counters, activities, batch, FakeClock())
        count_changes(counters, activities, later, FakeClock())
        rows, told = dict(counters.rows), list(activities.appended)

        for again in (batch, batch[:9], batch[9:], later, [*batch, *later]):
            assert count_changes(counters, activities, again, FakeClock()) is None

        assert counters.rows == rows
        assert activities.appended == told
        assert len(told) == 2

    def test_what_was_counted_and_not_told_is_told_when_it_comes_again(self) -> None:
        batch = [change(1, PEOPLE[0])]
        counters, activities = FakeCounters(), FakeActivities()
        count_changes(counters, FakeActivities(), batch, FakeClock())

        for _ in range(2):
            count_changes(counters, activities, batch, FakeClock())

        assert [each.activity.payload["totals"] for each in activities.appended] == [liked(1)]

    def test_the_same_totals_reached_again_are_other_news(self) -> None:
        """Clients drop a frame whose id they know."""
        counters, activities = FakeCounters(), FakeActivities()
        for number in range(4):
            batch = [change(number + 1, PEOPLE[0], removed=number % 2 == 1)]
            count_changes(counters, activities, batch, FakeClock())

        assert [each.activity.payload["totals"]["like"] for each in activities.appended] == [1, 0, 1, 0]
        assert len({each.activity.id for each in activities.appended}) == 4

    def test_views_are_counted_and_wait_for_other_news(self) -> None:
        counters, activities = FakeCounters(), FakeActivities()

        count_changes(counters, activities, [change(1, PEOPLE[0], kind="views")], FakeClock())
        assert activities.appended == []
        count_changes(counters, activities, [change(2, PEOPLE[1], kind="comments")], FakeClock())

        (told,) = activities.appended
        assert told.activity.payload["totals"] == {**zeros(), "views": 1, "comments": 1}

    def test_another_kind_moves_one_from_the_first_to_it(self) -> None:
        counters = FakeCounters()
        bucket = bucket_key(POST, bucket_of(PEOPLE[0]))
        other = RowChange(2, bucket, "like", "bravo", A_MONDAY_EVENING)

        count_changes(counters, FakeActivities(), [change(1, PEOPLE[0])], FakeClock())
        count_changes(counters, FakeActivities(), [other], FakeClock())

        assert totals(counters, [POST])[POST] == {**zeros(), "bravo": 1}

    def test_of_a_post_that_is_gone_nothing_is_counted_or_told(self) -> None:
        counters, activities = FakeCounters(), FakeActivities()
        count_changes(counters, activities, [change(1, PEOPLE[0])], FakeClock())
        told = list(activities.appended)
        counters.end(POST, A_MONDAY_EVENING)

        batch = [change(10**38, PEOPLE[0], removed=True), change(10**38 + 1, PEOPLE[1])]
        assert count_changes(counters, activities, batch, FakeClock()) is None

        assert totals(counters, [POST])[POST] == zeros()
        assert {row.guard for row in counters.rows.values()} == {ENDED}
        assert activities.appended == told

    def test_what_counts_as_before_writes_nothing(self) -> None:
        counters = FakeCounters()
        bucket = bucket_key(POST, bucket_of(PEOPLE[0]))

        count_changes(counters, FakeActivities(), [RowChange(1, bucket, None, None)], FakeClock())

        assert counters.rows == {}

    def test_a_like_taken_back_within_the_batch_still_moves_the_guard(self) -> None:
        like, unlike = change(1, PEOPLE[0]), change(2, PEOPLE[0], removed=True)
        counters = FakeCounters()

        count_changes(counters, FakeActivities(), [like, unlike], FakeClock())
        count_changes(counters, FakeActivities(), [unlike], FakeClock())

        assert totals(counters, [POST])[POST] == liked(0)

    @pytest.mark.parametrize("away", [1, 2])
    def test_what_failed_comes_again_and_is_announced_then(self, away: int) -> None:
        """The second call is the announcement: its count was written, and must not be written again."""
        stores: Any = AwayNowAndThen({away})
        batch = [change(5, PEOPLE[0])]

        assert count_changes(stores, stores, batch, FakeClock()) == 5
        assert stores.activities.appended == []
        assert count_changes(stores, stores, batch, FakeClock()) is None

        assert totals(stores.counters, [POST])[POST] == liked(1)
        assert [each.activity.payload["totals"]["like"] for each in stores.activities.appended] == [1]

    def test_the_lowest_failed_number_is_reported(self) -> None:
        stores: Any = AwayNowAndThen({1, 2})
        batch = [change(9, PEOPLE[0]), change(10, PEOPLE[1]), change(11, PEOPLE[2])]

        assert count_changes(stores, stores, list(reversed(batch)), FakeClock()) == 9

    def test_who_loses_the_race_for_a_guard_has_the_batch_again(self) -> None:
        stores: Any = AwayNowAndThen(set())
        batch = [change(9, PEOPLE[0])]
        stores.meanwhile = lambda: count_changes(stores.counters, FakeActivities(), batch, FakeClock())

        assert count_changes(stores, stores, batch, FakeClock()) == 9
        assert count_changes(stores, stores, batch, FakeClock()) is None

        assert totals(stores.counters, [POST])[POST] == liked(1)
