from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.ports import Counters, Reactions
from mundotango.reactions.model import Count, CountChange, Reaction, bucket_key
from mundotango.reactions.repository import DynamoCounters, DynamoReactions
from tests.fakes.reactions import FakeCounters, FakeReactions
from tests.fixtures.aws import table_name

AT = datetime(2026, 11, 20, 22, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["fake", "dynamodb"])
def reactions(request: pytest.FixtureRequest) -> Reactions:
    if request.param == "fake":
        return FakeReactions()
    return DynamoReactions(table_name("reactions"), request.getfixturevalue("aws"))


@pytest.fixture(params=["fake", "dynamodb"])
def counters(request: pytest.FixtureRequest) -> Counters:
    if request.param == "fake":
        return FakeCounters()
    return DynamoCounters(table_name("counters"), request.getfixturevalue("aws"))


def like(user_id: UUID, at: datetime = AT) -> Reaction:
    return Reaction(user_id, "like", at)


class TestReactions:
    def test_the_same_reaction_again_changes_nothing(self, reactions: Reactions) -> None:
        post_id, user_id = ids.new_id(), ids.new_id()

        assert reactions.put(post_id, like(user_id))
        assert not reactions.put(post_id, like(user_id, AT + timedelta(minutes=1)))

        assert reactions.mine([post_id], user_id) == {post_id: like(user_id)}

    def test_removing_says_what_was_there_once(self, reactions: Reactions) -> None:
        post_id, user_id = ids.new_id(), ids.new_id()
        reactions.put(post_id, like(user_id))

        assert reactions.remove(post_id, user_id) == like(user_id)
        assert reactions.remove(post_id, user_id) is None
        assert reactions.mine([post_id], user_id) == {}

    def test_mine_are_nobody_elses(self, reactions: Reactions) -> None:
        mine, other = ids.new_id(), ids.new_id()
        liked, liked_by_other = ids.new_id(), ids.new_id()
        reactions.put(liked, like(mine))
        reactions.put(liked_by_other, like(other))

        assert reactions.mine([liked, liked_by_other, ids.new_id()], mine) == {liked: like(mine)}
        assert reactions.mine([], mine) == {}

    def test_mine_of_more_than_one_call_holds(self, reactions: Reactions) -> None:
        user_id = ids.new_id()
        post_ids = [ids.new_id() for _ in range(105)]
        for post_id in post_ids:
            reactions.put(post_id, like(user_id))

        assert set(reactions.mine(post_ids, user_id)) == set(post_ids)

    def test_a_persons_come_in_pages_and_nobody_elses(self, reactions: Reactions) -> None:
        user_id = ids.new_id()
        post_ids = [ids.new_id() for _ in range(3)]
        for post_id in post_ids:
            reactions.put(post_id, like(user_id))
        reactions.put(post_ids[0], like(ids.new_id()))

        first = reactions.of_user(user_id, after=None, limit=2)
        rest = reactions.of_user(user_id, after=first[-1][0], limit=2)

        assert sorted(post_id for post_id, _ in first + rest) == post_ids
        assert {reaction for _, reaction in first + rest} == {like(user_id)}


class TestCounters:
    key = bucket_key(UUID("01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f"), 3)

    def test_what_was_never_counted_is_left_out(self, counters: Counters) -> None:
        assert counters.counts([self.key]) == {}
        assert counters.counts([]) == {}

    def test_counts_add_up_under_the_guard(self, counters: Counters) -> None:
        assert counters.apply(self.key, CountChange(2, None, "0001", AT))
        assert counters.apply(self.key, CountChange(-1, "0001", "0002", AT + timedelta(seconds=1)))

        assert counters.counts([self.key], fresh=True) == {self.key: Count(1, "0002", AT + timedelta(seconds=1))}

    @pytest.mark.parametrize("guard_before", [None, "0002"])
    def test_another_guard_writes_nothing(self, counters: Counters, guard_before: str | None) -> None:
        counters.apply(self.key, CountChange(2, None, "0001", AT))

        assert not counters.apply(self.key, CountChange(5, guard_before, "0003", AT))

        assert counters.counts([self.key], fresh=True) == {self.key: Count(2, "0001", AT)}

    def test_a_first_count_cannot_follow_another(self, counters: Counters) -> None:
        assert not counters.apply(self.key, CountChange(5, "0001", "0003", AT))
        assert counters.counts([self.key], fresh=True) == {}

    def test_a_removal_leaves_the_moment_as_it_was(self, counters: Counters) -> None:
        counters.apply(self.key, CountChange(1, None, "0001", AT))
        counters.apply(self.key, CountChange(-1, "0001", "0002", None))

        assert counters.counts([self.key], fresh=True) == {self.key: Count(0, "0002", AT)}
