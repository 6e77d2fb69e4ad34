from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.reactions.buckets import DynamoBuckets
from mundotango.reactions.counting import RowChange
from mundotango.reactions.model import (
    ENDED,
    Contents,
    Count,
    CountChange,
    Pass,
    Reaction,
    Total,
    Totals,
    bucket_key,
    bucket_keys,
    bucket_of,
    lane_of,
    seen_key,
    target_of,
    zeros,
)
from mundotango.reactions.policy import FULL
from mundotango.reactions.ports import Buckets, Counters, Engagements, Reactions
from mundotango.reactions.repository import DynamoEngagements, DynamoReactions, changes_from_record
from tests.fakes.reactions import FakeBuckets, FakeEngagements, FakeReactions, FakeTable
from tests.fixtures.aws import REGION, stream_records, table_name

AT = datetime(2026, 11, 20, 22, 30, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Stores:
    """The ports over one table, and what its stream brings of it."""

    reactions: Reactions
    engagements: Engagements
    buckets: Buckets
    stream: Callable[[], list[RowChange]]

    def counted(self) -> list[tuple[Total | None, Total | None]]:
        """As what each change counted before and counts after."""
        return [(change.before, change.after) for change in self.stream() if change.before != change.after]


@pytest.fixture(params=["fake", "dynamodb", "global"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "global":
        streams = request.getfixturevalue("global_tables").replicas[REGION.name].streams
        return Stores(
            DynamoReactions("reactions", REGION),
            DynamoEngagements("reactions", REGION),
            DynamoBuckets("reactions", REGION),
            lambda: [
                change for record in streams["reactions"] for change in changes_from_record(record["dynamodb"], REGION)
            ],
        )
    if request.param == "fake":
        table = FakeTable(REGION.name)
        return Stores(FakeReactions(table), FakeEngagements(table), FakeBuckets(table), lambda: list(table.stream))
    name, region = table_name("reactions"), request.getfixturevalue("aws")

    def stream() -> list[RowChange]:
        records = stream_records("reactions")
        return [change for record in records for change in changes_from_record(record["dynamodb"], region)]

    return Stores(DynamoReactions(name, region), DynamoEngagements(name, region), DynamoBuckets(name, region), stream)


@pytest.fixture
def reactions(stores: Stores) -> Reactions:
    return stores.reactions


def same_bucket(id: UUID) -> UUID:
    """Another id of the same bucket."""
    return next(other for other in iter(ids.new_id, None) if bucket_of(other) == bucket_of(id))


class TestReactions:
    def test_the_same_reaction_again_changes_nothing(self, stores: Stores) -> None:
        post_id, user_id = ids.new_id(), ids.new_id()

        assert stores.reactions.put(post_id, user_id, "like", AT)
        assert not stores.reactions.put(post_id, user_id, "like", AT + MINUTE)

        assert stores.reactions.mine([post_id], user_id) == {post_id: Reaction(user_id, "like", AT, region=REGION.name)}
        assert stores.counted() == [(None, "like")]

    def test_another_kind_takes_its_place_and_remembers_it(self, stores: Stores) -> None:
        post_id, user_id = ids.new_id(), ids.new_id()
        stores.reactions.put(post_id, user_id, "like", AT)

        assert stores.reactions.put(post_id, user_id, "abrazo", AT + MINUTE)

        changed = Reaction(user_id, "abrazo", AT + MINUTE, "like", AT, REGION.name)
        assert stores.reactions.mine([post_id], user_id) == {post_id: changed}
        assert stores.counted() == [(None, "like"), ("like", "abrazo")]
        assert [change.at for change in stores.stream()] == [AT, AT + MINUTE]

    def test_removing_says_what_was_there_once(self, stores: Stores) -> None:
        post_id, user_id = ids.new_id(), ids.new_id()
        stores.reactions.put(post_id, user_id, "like", AT)

        assert stores.reactions.remove(post_id, user_id) == Reaction(user_id, "like", AT, region=REGION.name)
        assert stores.reactions.remove(post_id, user_id) is None
        assert stores.reactions.mine([post_id], user_id) == {}
        assert stores.counted() == [(None, "like"), ("like", None)]

    def test_mine_are_nobody_elses(self, reactions: Reactions) -> None:
        mine, other = ids.new_id(), ids.new_id()
        liked, liked_by_other = ids.new_id(), ids.new_id()
        reactions.put(liked, mine, "like", AT)
        reactions.put(liked_by_other, other, "like", AT)

        assert reactions.mine([liked, liked_by_other, ids.new_id()], mine) == {
            liked: Reaction(mine, "like", AT, region=REGION.name)
        }
        assert reactions.mine([], mine) == {}

    def test_mine_of_more_than_one_call_holds(self, reactions: Reactions) -> None:
        user_id = ids.new_id()
        post_ids = [ids.new_id() for _ in range(105)]
        for post_id in post_ids:
            reactions.put(post_id, user_id, "like", AT)

        assert set(reactions.mine(post_ids, user_id)) == set(post_ids)

    def test_a_persons_come_in_pages_without_what_else_is_counted(self, stores: Stores) -> None:
        user_id, other = ids.new_id(), ids.new_id()
        post_ids = [ids.new_id() for _ in range(5)]
        for post_id in reversed(post_ids):
            stores.reactions.put(post_id, user_id, "love", AT)
            stores.reactions.put(post_id, other, "like", AT)
            stores.engagements.apply(post_id, "comment", user_id, active=True, version=1)
        stores.engagements.view(post_ids, user_id, AT)

        first = stores.reactions.of_user(user_id, limit=3)
        second = stores.reactions.of_user(user_id, after=first[-1][0], limit=3)

        assert [post_id for post_id, _ in [*first, *second]] == post_ids
        assert {reaction.kind for _, reaction in [*first, *second]} == {"love"}
        assert stores.reactions.of_user(user_id, after=second[-1][0], limit=3) == []
        for post_id in post_ids:
            stores.reactions.remove(post_id, user_id)
        assert stores.reactions.of_user(user_id, limit=3) == []


class TestEngagements:
    @pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (1, 3, 3)])
    def test_the_higher_version_wins_in_any_order(self, stores: Stores, order: tuple[int, ...]) -> None:
        post_id, comment_id = ids.new_id(), ids.new_id()
        for version in order:
            stores.engagements.apply(post_id, "comment", comment_id, active=version != 2, version=version)

        contents = stores.buckets.contents(bucket_key(post_id, bucket_of(comment_id)))
        assert contents.totals["comments"] == 1
        assert sum((after == "comments") - (before == "comments") for before, after in stores.counted()) == 1

    def test_what_ended_counts_no_more_and_does_not_come_back(self, stores: Stores) -> None:
        post_id, repost_id = ids.new_id(), ids.new_id()
        stores.engagements.apply(post_id, "share", repost_id, active=True, version=4)
        stores.engagements.apply(post_id, "share", repost_id, active=False, version=5)
        stores.engagements.apply(post_id, "share", repost_id, active=True, version=4)

        assert stores.counted() == [(None, "shares"), ("shares", None)]
        assert stores.buckets.contents(bucket_key(post_id, bucket_of(repost_id))).totals["shares"] == 0

    def test_a_view_counts_once_a_day_and_its_end_not_at_all(self, stores: Stores) -> None:
        post_ids, viewer = [ids.new_id(), ids.new_id()], ids.new_id()

        for at in (AT, AT + MINUTE, AT + timedelta(days=1)):
            stores.engagements.view(post_ids, viewer, at)
        stores.engagements.view([], viewer, AT)

        assert stores.counted() == [(None, "views")] * 4
        assert stores.buckets.empty(f"seen#{lane_of(viewer)}", 9)
        assert stores.counted() == [(None, "views")] * 4

    def test_a_day_of_many_posts_counts_each_once(self, stores: Stores) -> None:
        post_ids, viewer, other = [ids.new_id() for _ in range(3 * FULL + 7)], ids.new_id(), ids.new_id()

        for start in (0, 7, 3, FULL, 2 * FULL + 5, 30):
            stores.engagements.view(post_ids[start : start + FULL + 3], viewer, AT)
        stores.engagements.view(post_ids, viewer, AT)
        stores.engagements.view(post_ids[:2], other, AT)

        seen = [(viewer, post_id) for post_id in post_ids] + [(other, post_id) for post_id in post_ids[:2]]
        expected = Counter(seen_key(post_id, lane_of(person)) for person, post_id in seen)
        assert Counter(change.bucket for change in stores.stream()) == expected

    def test_what_was_seen_is_no_bucket(self, stores: Stores) -> None:
        stores.engagements.view([ids.new_id()], ids.new_id(), AT)

        assert stores.buckets.list_keys(None, 9) == ([], None)


class TestBuckets:
    def test_contents_are_all_but_views_and_the_mark(self, stores: Stores) -> None:
        post_id, ana = ids.new_id(), ids.new_id()
        key, bruno = bucket_key(post_id, bucket_of(ana)), same_bucket(ana)
        stores.reactions.put(post_id, ana, "like", AT)
        stores.reactions.put(post_id, bruno, "bravo", AT + MINUTE)
        stores.engagements.apply(post_id, "comment", ana, active=True, version=1)
        stores.engagements.apply(post_id, "share", ana, active=False, version=1)
        before = stores.buckets.contents(key)

        stores.engagements.view([post_id], ana, AT)
        stores.buckets.mark(key, "mark", AT)

        assert stores.buckets.contents(key) == before
        assert before.totals == without_views(like=1, bravo=1, comments=1)
        assert before.through == AT + MINUTE
        assert stores.buckets.contents(bucket_key(ids.new_id(), 0)).totals == without_views()

    def test_every_change_changes_the_fingerprint(self, stores: Stores) -> None:
        post_id, ana = ids.new_id(), ids.new_id()
        key = bucket_key(post_id, bucket_of(ana))
        seen = {stores.buckets.contents(key).fingerprint}

        for change in (
            lambda: stores.reactions.put(post_id, ana, "like", AT),
            lambda: stores.reactions.put(post_id, ana, "love", AT),
            lambda: stores.reactions.put(post_id, ana, "like", AT + MINUTE),
            lambda: stores.engagements.apply(post_id, "comment", ana, active=True, version=1),
            lambda: stores.engagements.apply(post_id, "comment", ana, active=True, version=2),
        ):
            change()
            fingerprint = stores.buckets.contents(key).fingerprint
            assert fingerprint not in seen
            seen.add(fingerprint)

    def test_a_mark_goes_through_the_stream_each_time(self, stores: Stores) -> None:
        key = bucket_key(ids.new_id(), 3)
        for mark in ("one", "two"):
            stores.buckets.mark(key, mark, AT)

        assert [(change.mark, change.before, change.after) for change in stores.stream()] == [
            ("one", None, None),
            ("two", None, None),
        ]

    def test_is_emptied_in_steps(self, stores: Stores) -> None:
        post_id, ana = ids.new_id(), ids.new_id()
        key = bucket_key(post_id, bucket_of(ana))
        for person in [ana, *(same_bucket(ana) for _ in range(4))]:
            stores.reactions.put(post_id, person, "like", AT)

        assert not stores.buckets.empty(key, 3)
        assert stores.buckets.contents(key).totals["like"] == 2
        assert stores.buckets.empty(key, 3)
        assert stores.buckets.empty(key, 3)
        assert stores.buckets.contents(key).totals["like"] == 0

    def test_the_keys_come_in_pages(self, stores: Stores) -> None:
        post_id = ids.new_id()
        people = [ids.new_id() for _ in range(40)]
        for person in people:
            stores.reactions.put(post_id, person, "like", AT)
        found: set[str] = set()
        after: str | None = None
        for _ in range(41):
            keys, after = stores.buckets.list_keys(after, 7)
            found |= set(keys)
            if after is None:
                break

        assert after is None
        assert found == {bucket_key(post_id, bucket_of(person)) for person in people}


def without_views(**totals: int) -> Totals:
    return {name: number for name, number in {**zeros(), **totals}.items() if name != "views"}  # type: ignore[misc]


def change(
    adds: Totals, before: str | None, guard: str, through: datetime | None = AT, *, mark: str | None = None
) -> CountChange:
    return CountChange(adds, before, guard, through, counted_at=AT, mark=mark)


class TestCounters:
    post = UUID("01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f")
    key = bucket_key(post, 3)

    def test_what_was_never_counted_is_left_out(self, counters: Counters) -> None:
        assert counters.counts([self.key]) == {}
        assert counters.counts([]) == {}

    def test_counts_add_up_under_the_guard(self, counters: Counters) -> None:
        assert counters.apply(self.post, {self.key: change({"like": 2, "views": 1}, None, "0001")})
        assert counters.apply(
            self.post, {self.key: change({"like": -1, "otra": 1}, "0001", "0002", AT + MINUTE, mark="mark")}
        )

        counted = Count({"like": 1, "otra": 1, "views": 1}, "0002", AT + MINUTE, "mark")
        assert counters.counts([self.key], fresh=True) == {self.key: counted}

    def test_a_mark_is_there_for_as_long_as_it_is_the_last(self, counters: Counters) -> None:
        counters.apply(self.post, {self.key: change({}, None, "0001", None, mark="mark")})
        assert counters.counts([self.key], fresh=True) == {self.key: Count({}, "0001", None, "mark")}

        counters.apply(self.post, {self.key: change({"like": 1}, "0001", "0002")})
        assert counters.counts([self.key], fresh=True)[self.key].mark is None

    @pytest.mark.parametrize("guard_before", [None, "0002"])
    def test_another_guard_writes_nothing(self, counters: Counters, guard_before: str | None) -> None:
        counters.apply(self.post, {self.key: change({"like": 2}, None, "0001")})

        assert not counters.apply(self.post, {self.key: change({"like": 5}, guard_before, "0003")})

        assert counters.counts([self.key], fresh=True) == {self.key: Count({"like": 2}, "0001", AT)}

    def test_of_several_buckets_all_are_counted_or_none(self, counters: Counters) -> None:
        other = bucket_key(self.post, 12)
        assert counters.apply(
            self.post, {self.key: change({"like": 2}, None, "0001"), other: change({"love": 1}, None, "0003")}
        )

        stale = {self.key: change({"like": 1}, "0001", "0004"), other: change({"love": 1}, "0002", "0005")}
        assert not counters.apply(self.post, stale)

        counted = {self.key: Count({"like": 2}, "0001", AT), other: Count({"love": 1}, "0003", AT)}
        assert counters.counts(bucket_keys(self.post), fresh=True) == counted

    def test_a_first_count_cannot_follow_another(self, counters: Counters) -> None:
        assert not counters.apply(self.post, {self.key: change({"like": 5}, "0001", "0003")})
        assert counters.counts([self.key], fresh=True) == {}

    def test_a_removal_leaves_the_moment_as_it_was(self, counters: Counters) -> None:
        counters.apply(self.post, {self.key: change({"like": 1}, None, "0001")})
        counters.apply(self.post, {self.key: change({"like": -1}, "0001", "0002", None)})

        assert counters.counts([self.key], fresh=True) == {self.key: Count({}, "0002", AT)}

    def test_a_correction_sets_all_but_views(self, counters: Counters) -> None:
        counters.apply(self.post, {self.key: change({"like": 5, "comments": 2, "views": 7}, None, "0001")})
        count = counters.counts([self.key], fresh=True)[self.key]

        assert counters.correct(self.key, count, Contents(without_views(like=1), "", AT + MINUTE))

        corrected = Count({"like": 1, "views": 7}, "0001", AT + MINUTE)
        assert counters.counts([self.key], fresh=True) == {self.key: corrected}

    def test_what_was_counted_on_is_not_corrected(self, counters: Counters) -> None:
        counters.apply(self.post, {self.key: change({"like": 5}, None, "0001")})

        for stale in (Count(), Count(guard="0000")):
            assert not counters.correct(self.key, stale, Contents(without_views(), "", None))

        assert counters.counts([self.key], fresh=True)[self.key].totals == {"like": 5}

    def test_of_a_target_that_ended_nothing_is_counted_any_more(self, counters: Counters) -> None:
        counters.apply(self.post, {self.key: change({"like": 5}, None, "0001")})

        for _ in range(2):
            counters.end(self.post, AT)

        assert not counters.apply(self.post, {self.key: change({"like": 1}, "0001", "0002")})
        ended = counters.counts(bucket_keys(self.post), fresh=True)
        assert ended == {key: Count(guard=ENDED) for key in bucket_keys(self.post)}

    def test_lists_what_was_counted_since_and_what_ended_until_it_is_forgotten(self, counters: Counters) -> None:
        old, new = bucket_key(ids.new_id(), 1), bucket_key(ids.new_id(), 2)
        counters.apply(target_of(old), {old: change({"like": 1}, None, "0001")})
        later = CountChange({"like": 1}, None, "0001", AT, counted_at=AT + MINUTE)
        counters.apply(target_of(new), {new: later})
        counters.end(self.post, AT)
        counters.keep_pass(Pass(AT))
        ended = set(bucket_keys(self.post))

        assert self.listed(counters, None) == {old, new} | ended
        assert self.listed(counters, AT + MINUTE) == {new} | ended
        counters.forget(bucket_keys(self.post), AT)
        assert self.listed(counters, None) == {old, new}
        assert counters.counts([self.key], fresh=True)[self.key].guard == ENDED

    def listed(self, counters: Counters, since: datetime | None) -> set[str]:
        found: set[str] = set()
        after: str | None = None
        while True:
            counts, after = counters.list_counted(since, after, 5)
            found |= set(counts)
            if after is None:
                return found

    def test_a_pass_is_kept_as_it_is(self, counters: Counters) -> None:
        assert counters.last_pass() is None
        for kept in (Pass(AT), Pass(AT, AT - MINUTE, "somewhere"), Pass(AT, done=True)):
            counters.keep_pass(kept)
            assert counters.last_pass() == kept
