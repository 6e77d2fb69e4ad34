"""Counting from a stream that delivers what it likes, as often as it likes."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango.errors import Unavailable
from mundotango.reactions.counting import ReactionChange, count_changes
from mundotango.reactions.model import Count, CountChange, bucket_key, bucket_of
from mundotango.reactions.service import totals
from mundotango.realtime.model import Activity, Appended
from tests.fakes.clock import A_MONDAY_EVENING, FakeClock
from tests.fakes.reactions import FakeCounters
from tests.fakes.realtime import FakeActivities

POSTS = [UUID(int=1), UUID(int=2)]
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

    def counts(self, keys: Collection[str], *, fresh: bool = False) -> dict[str, Count]:
        known = self.counters.counts(keys, fresh=fresh)
        overlapping, self.meanwhile = self.meanwhile, None
        if overlapping is not None:
            overlapping()
        return known

    def apply(self, key: str, change: CountChange) -> bool:
        self._call()
        return self.counters.apply(key, change)

    def append(self, activity: Activity) -> Appended:
        self._call()
        return self.activities.append(activity)

    def since(self, channel: str, position: str, limit: int) -> list[Appended]:
        return self.activities.since(channel, position, limit)

    def _call(self) -> None:
        self._calls += 1
        if self._calls in self._away:
            raise Unavailable("away")


@dataclass
class Stream:
    """What people did, as the table's stream tells it: only changes are in it, each with its number."""

    changes: list[ReactionChange]
    liking: dict[UUID, set[UUID]]


def stream_of(acts: Sequence[tuple[int, int, bool]]) -> Stream:
    stream = Stream([], {post: set() for post in POSTS})
    for moment, (post_number, person_number, likes) in enumerate(acts):
        post, person = POSTS[post_number], PEOPLE[person_number]
        liked = person in stream.liking[post]
        if likes == liked:
            continue
        (stream.liking[post].add if likes else stream.liking[post].remove)(person)
        stream.changes.append(
            ReactionChange(
                sequence=9 + len(stream.changes) * 7,  # crosses a power of ten, where text and number sort differently
                bucket=bucket_key(post, bucket_of(person)),
                before="like" if liked else None,
                after="like" if likes else None,
                at=A_MONDAY_EVENING + timedelta(seconds=moment) if likes else None,
            )
        )
    return stream


# One draw an act, for there are many: on which post, whose, and whether a like or its end.
ALL_ACTS = [(post, person, likes) for post in range(2) for person in range(len(PEOPLE)) for likes in (False, True)]
acts = st.lists(st.sampled_from(ALL_ACTS), min_size=20, max_size=80)


@given(acts=acts, data=st.data(), away=st.sets(st.integers(1, 60), max_size=12))
def test_the_total_is_the_number_of_people_who_react(
    acts: list[tuple[int, int, bool]], data: st.DataObject, away: set[int]
) -> None:
    stream = stream_of(acts)
    stores = AwayNowAndThen(away)
    start = 0
    while start < len(stream.changes):
        batch = stream.changes[start : start + data.draw(st.integers(1, 20))]
        start = deliver_as_lambda_does(stores, batch, start, data)

    liking = {post: len(people) for post, people in stream.liking.items()}
    assert totals(stores.counters, POSTS) == liking
    announced = {each.channel: each.activity.payload["likes"] for each in stores.activities.appended}
    assert announced == {f"post:{post}": liking[post] for post in POSTS if f"post:{post}" in announced}
    assert len(announced) == len({change.bucket.split("#")[1] for change in stream.changes})


def deliver_as_lambda_does(stores: AwayNowAndThen, batch: list[ReactionChange], start: int, data: st.DataObject) -> int:
    """One batch: in half, shuffled, doubled, overlapping itself and brought again; where the next one begins."""
    clock = FakeClock()
    if data.draw(st.booleans(), label="bisected"):
        batch = batch[: (len(batch) + 1) // 2]
    delivered = list(batch)
    if data.draw(st.booleans(), label="reordered with duplicates"):
        delivered = data.draw(st.permutations([*batch, *batch[:3]]))
    if data.draw(st.booleans(), label="overlapped"):
        stores.meanwhile = lambda: count_changes(stores.counters, FakeActivities(), delivered, clock)
    failed = count_changes(stores, stores, delivered, clock)
    if failed is None and data.draw(st.booleans(), label="replayed"):
        assert count_changes(stores.counters, FakeActivities(), delivered, clock) is None
    if failed is None:
        return start + len(batch)
    return start + next(index for index, change in enumerate(batch) if change.sequence == failed)


def change(sequence: int, person: UUID, *, removed: bool = False) -> ReactionChange:
    before, after = ("like", None) if removed else (None, "like")
    at = None if removed else A_MONDAY_EVENING
    return ReactionChange(sequence, bucket_key(POSTS[0], bucket_of(person)), before, after, at)  # type: ignore[arg-type]


class TestCountChanges:
    def test_a_bucket_is_written_once_a_batch(self) -> None:
        written: list[str] = []

        class Counting(FakeCounters):
            def apply(self, key: str, change: CountChange) -> bool:
                written.append(key)
                return super().apply(key, change)

        batch = [change(number, person) for number, person in enumerate(PEOPLE, start=1)]
        counters = Counting()

        count_changes(counters, FakeActivities(), batch, FakeClock())

        assert len(written) == len(set(written)) == len({each.bucket for each in batch})
        assert totals(counters, POSTS[:1]) == {POSTS[0]: len(PEOPLE)}

    def test_one_announcement_a_post_with_an_id_that_a_replay_repeats(self) -> None:
        batch = [change(1, PEOPLE[0]), change(2, PEOPLE[1])]
        counters, activities = FakeCounters(), FakeActivities()

        for _ in range(2):
            count_changes(counters, activities, batch, FakeClock())

        first, second = [each.activity for each in activities.appended]
        assert first.id == second.id
        assert (first.kind, first.channel) == ("reaction.changed", f"post:{POSTS[0]}")
        assert first.payload == second.payload == {"post_id": str(POSTS[0]), "likes": 2}

    def test_a_like_taken_back_within_the_batch_still_moves_the_guard(self) -> None:
        like, unlike = change(1, PEOPLE[0]), change(2, PEOPLE[0], removed=True)
        counters = FakeCounters()

        count_changes(counters, FakeActivities(), [like, unlike], FakeClock())
        count_changes(counters, FakeActivities(), [unlike], FakeClock())

        assert totals(counters, POSTS[:1]) == {POSTS[0]: 0}

    @pytest.mark.parametrize("away", [1, 2])
    def test_what_failed_comes_again_and_is_announced_then(self, away: int) -> None:
        """The second call is the announcement: its count was written, and must not be written again."""
        stores = AwayNowAndThen({away})
        batch = [change(5, PEOPLE[0])]

        assert count_changes(stores, stores, batch, FakeClock()) == 5
        assert stores.activities.appended == []
        assert count_changes(stores, stores, batch, FakeClock()) is None

        assert totals(stores.counters, POSTS[:1]) == {POSTS[0]: 1}
        assert [each.activity.payload["likes"] for each in stores.activities.appended] == [1]

    def test_the_lowest_failed_number_is_reported(self) -> None:
        stores = AwayNowAndThen({1, 2})
        batch = [change(9, PEOPLE[0]), change(10, PEOPLE[1]), change(11, PEOPLE[2])]

        assert count_changes(stores, stores, list(reversed(batch)), FakeClock()) == 9

    def test_who_loses_the_race_for_a_guard_has_the_batch_again(self) -> None:
        stores = AwayNowAndThen(set())
        batch = [change(9, PEOPLE[0])]
        stores.meanwhile = lambda: count_changes(stores.counters, FakeActivities(), batch, FakeClock())

        assert count_changes(stores, stores, batch, FakeClock()) == 9
        assert count_changes(stores, stores, batch, FakeClock()) is None

        assert totals(stores.counters, POSTS[:1]) == {POSTS[0]: 1}
