from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from mundotango import ids
from mundotango.reactions.counting import count_changes
from mundotango.reactions.model import (
    BUCKETS,
    Reaction,
    ReactionKind,
    Tally,
    bucket_keys,
    bucket_of,
    target_of,
    zeros,
)
from mundotango.reactions.policy import seen_of, view_expires_at
from mundotango.reactions.service import react, tallies, totals, unreact
from tests.fakes.clock import FakeClock
from tests.fakes.reactions import FakeCounters, FakeReactions

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


def tally(reaction: ReactionKind | None = None, **totals: int) -> Tally:
    return Tally({**zeros(), **totals}, reaction)  # type: ignore[dict-item]


class Post:
    """A post with its stores, whose stream is counted when the test says so."""

    def __init__(self) -> None:
        self.reactions, self.counters, self.clock = FakeReactions(), FakeCounters(), FakeClock()
        self._counted = 0

    def react(self, user_id: UUID = ANA, kind: ReactionKind = "like") -> Tally:
        self.clock.advance(timedelta(seconds=1))
        return react(self.reactions, self.counters, POST, user_id, kind, self.clock)

    def unreact(self, user_id: UUID = ANA) -> Tally:
        return unreact(self.reactions, self.counters, POST, user_id)

    def seen(self, user_id: UUID = ANA) -> Tally:
        return tallies(self.reactions, self.counters, [POST], user_id)[POST]

    def count(self) -> None:
        new = self.reactions.table.stream[self._counted :]
        self._counted += len(new)
        assert count_changes(self.counters, new, self.clock) is None


@pytest.fixture
def post() -> Post:
    return Post()


class TestOwnEffect:
    def test_is_seen_before_it_is_counted_and_once_after(self, post: Post) -> None:
        assert post.react() == tally("like", like=1)
        assert post.seen() == tally("like", like=1)
        post.count()
        assert post.seen() == tally("like", like=1)

    def test_reacting_again_adds_nothing(self, post: Post) -> None:
        post.react()
        assert post.react() == tally("like", like=1)
        post.count()
        assert post.react() == tally("like", like=1)

    def test_another_kind_takes_the_first_ones_place_at_once(self, post: Post) -> None:
        post.react()
        post.count()

        assert post.react(kind="abrazo") == tally("abrazo", abrazo=1)
        assert post.seen() == tally("abrazo", abrazo=1)
        post.count()
        assert post.seen() == tally("abrazo", abrazo=1)
        assert totals(post.counters, [POST])[POST] == zeros() | {"abrazo": 1}

    def test_another_kind_before_the_first_is_counted(self, post: Post) -> None:
        post.react()

        assert post.react(kind="bravo") == tally("bravo", bravo=1)
        post.count()
        assert post.seen() == tally("bravo", bravo=1)

    def test_taking_back_another_kind_that_is_not_counted_takes_off_the_counted_one(self, post: Post) -> None:
        post.react()
        post.count()
        post.react(kind="love")

        assert post.unreact() == tally()
        post.count()
        assert post.seen() == tally()

    def test_a_removal_that_is_counted_meanwhile_is_taken_off_once(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        post.react()
        post.count()
        remove = post.reactions.remove

        def remove_and_count(target_id: UUID, user_id: UUID) -> Reaction | None:
            removed = remove(target_id, user_id)
            post.count()
            return removed

        monkeypatch.setattr(post.reactions, "remove", remove_and_count)

        assert post.unreact() == tally()

    def test_taking_back_what_is_counted_is_seen_at_once(self, post: Post) -> None:
        post.react()
        post.count()

        assert post.unreact() == tally()
        post.count()
        assert post.seen() == tally()

    def test_taking_back_what_is_not_counted_yet(self, post: Post) -> None:
        post.react()

        assert post.unreact() == tally()
        assert post.seen() == tally()

    def test_taking_back_nothing(self, post: Post) -> None:
        assert post.unreact() == tally()

    def test_others_are_neither_lost_nor_taken_for_mine(self, post: Post) -> None:
        for other in [ids.new_id() for _ in range(30)]:
            post.react(other)
            post.count()
        stranger = ids.new_id()

        assert post.seen(stranger) == tally(like=30)
        assert post.react() == tally("like", like=31)
        assert post.seen(stranger) == tally(like=30)
        assert post.unreact() == tally(like=30)


def test_a_post_nobody_reacted_to_has_totals() -> None:
    assert totals(FakeCounters(), [POST]) == {POST: zeros()}


def test_a_view_is_one_a_viewer_and_day_by_the_clock_of_utc() -> None:
    evening = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)

    assert seen_of(ANA, evening) == seen_of(ANA, evening.replace(hour=0))
    assert seen_of(ANA, evening) == seen_of(ANA, evening.astimezone(ZoneInfo("America/Argentina/Buenos_Aires")))
    assert seen_of(ANA, evening) != seen_of(ANA, evening + timedelta(minutes=1))
    assert view_expires_at(evening) == datetime(2026, 11, 25, tzinfo=UTC)
