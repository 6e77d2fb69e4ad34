from datetime import timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.reactions.counting import ReactionChange, count_changes
from mundotango.reactions.model import BUCKETS, Reaction, Tally, bucket_key, bucket_keys, bucket_of, target_of
from mundotango.reactions.service import react, tallies, totals, unreact
from tests.fakes.clock import FakeClock
from tests.fakes.reactions import FakeCounters, FakeReactions
from tests.fakes.realtime import FakeActivities

ANA = UUID("01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f")
POST = UUID("01968b5e-7c00-7a31-9a52-3f6d1c2b4e60")


class TestBuckets:
    def test_a_person_keeps_the_bucket_for_ever(self) -> None:
        """Stored keys hold these numbers: another hash would count everyone anew."""
        assert [bucket_of(UUID(int=number)) for number in range(6)] == [4, 2, 4, 13, 5, 0]

    def test_people_are_spread_over_all_of_them(self) -> None:
        sizes = [0] * BUCKETS
        for _ in range(3200):
            sizes[bucket_of(ids.new_id())] += 1

        assert min(sizes) > 120

    def test_a_key_names_its_target(self) -> None:
        assert len(set(bucket_keys(POST))) == BUCKETS
        assert {target_of(key) for key in bucket_keys(POST)} == {POST}


class Post:
    """A post with its stores, whose stream is counted when the test says so."""

    def __init__(self) -> None:
        self.reactions, self.counters, self.clock = FakeReactions(), FakeCounters(), FakeClock()
        self._sequence = 0

    def react(self, user_id: UUID = ANA) -> Tally:
        self.clock.advance(timedelta(seconds=1))
        return react(self.reactions, self.counters, POST, user_id, "like", self.clock)

    def unreact(self, user_id: UUID = ANA) -> Tally:
        return unreact(self.reactions, self.counters, POST, user_id)

    def seen(self, user_id: UUID = ANA) -> Tally:
        return tallies(self.reactions, self.counters, [POST], user_id)[POST]

    def count(self, user_id: UUID = ANA, *, removed: bool = False) -> None:
        self._sequence += 1
        bucket = bucket_key(POST, bucket_of(user_id))
        change = ReactionChange(self._sequence, bucket, None, "like", self.clock.now())
        if removed:
            change = ReactionChange(self._sequence, bucket, "like", None, None)
        assert count_changes(self.counters, FakeActivities(), [change], self.clock) is None


@pytest.fixture
def post() -> Post:
    return Post()


class TestOwnEffect:
    def test_is_seen_before_it_is_counted_and_once_after(self, post: Post) -> None:
        assert post.react() == Tally(1, liked=True)
        assert post.seen() == Tally(1, liked=True)
        post.count()
        assert post.seen() == Tally(1, liked=True)

    def test_reacting_again_adds_nothing(self, post: Post) -> None:
        post.react()
        assert post.react() == Tally(1, liked=True)
        post.count()
        assert post.react() == Tally(1, liked=True)

    def test_a_removal_that_is_counted_meanwhile_is_taken_off_once(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        post.react()
        post.count()
        remove = post.reactions.remove

        def remove_and_count(target_id: UUID, user_id: UUID) -> Reaction | None:
            removed = remove(target_id, user_id)
            post.count(removed=True)
            return removed

        monkeypatch.setattr(post.reactions, "remove", remove_and_count)

        assert post.unreact() == Tally(0, liked=False)

    def test_taking_back_what_is_counted_is_seen_at_once(self, post: Post) -> None:
        post.react()
        post.count()

        assert post.unreact() == Tally(0, liked=False)
        post.count(removed=True)
        assert post.seen() == Tally(0, liked=False)

    def test_taking_back_what_is_not_counted_yet(self, post: Post) -> None:
        post.react()

        assert post.unreact() == Tally(0, liked=False)
        assert post.seen() == Tally(0, liked=False)

    def test_taking_back_nothing(self, post: Post) -> None:
        assert post.unreact() == Tally(0, liked=False)

    def test_others_are_neither_lost_nor_taken_for_mine(self, post: Post) -> None:
        others = [ids.new_id() for _ in range(30)]
        for other in others:
            post.react(other)
            post.count(other)
        stranger = ids.new_id()

        assert post.seen(stranger) == Tally(30, liked=False)
        assert post.react() == Tally(31, liked=True)
        assert post.seen(stranger) == Tally(30, liked=False)
        assert post.unreact() == Tally(30, liked=False)


def test_a_post_nobody_reacted_to_has_a_total() -> None:
    assert totals(FakeCounters(), [POST]) == {POST: 0}
