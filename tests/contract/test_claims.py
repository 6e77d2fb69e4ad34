"""Who tells a post's totals next: one at a time, by a write of its own or by the one that counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mundotango import ids
from mundotango.reactions.model import ENDED, Claim, Count, CountChange, Told, bucket_key
from mundotango.reactions.ports import Counters

AT = datetime(2026, 11, 20, 22, 30, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def change(likes: int, before: str | None, guard: str) -> CountChange:
    return CountChange({"like": likes}, before, guard, AT, counted_at=AT)


class TestClaims:
    post = UUID("01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f")
    key = bucket_key(post, 3)

    def told(self, counters: Counters) -> Told:
        return counters.standing([self.post])[self.post].told

    def test_of_those_who_claim_at_once_one_does(self, counters: Counters) -> None:
        counters.apply(self.post, {self.key: change(2, None, "0001")})
        one, other = Claim(Told(), ids.new_id(), AT), Claim(Told(), ids.new_id(), AT + MINUTE)
        following = Claim(Told(one.by, AT), other.by, AT + MINUTE)
        assert self.told(counters) == Told(owed=True)

        claimed = counters.claim(self.post, one)
        assert claimed is not None
        assert claimed.own(self.key) == Count({"like": 2}, "0001", AT)
        assert claimed.told == Told(one.by, AT)
        assert counters.claim(self.post, other) is None
        assert counters.claim(self.post, one) == claimed

        assert self.told(counters) == Told(one.by, AT)
        assert counters.claim(self.post, following) is not None
        assert counters.claim(self.post, replace(following, by=ids.new_id())) is None
        assert self.told(counters) == Told(other.by, AT + MINUTE)

    def test_who_counts_claims_by_the_same_write(self, counters: Counters) -> None:
        one, late = Claim(Told(), ids.new_id(), AT), Claim(Told(), ids.new_id(), AT + MINUTE)

        counted = counters.apply(self.post, {self.key: change(2, None, "0001")}, one)

        assert counted is not None
        assert (counted.own(self.key), counted.told) == (Count({"like": 2}, "0001", AT), Told(one.by, AT))
        assert counters.standing([self.post]) == {self.post: counted}
        assert counters.apply(self.post, {self.key: change(1, "0001", "0002")}, late) is None
        following = replace(late, last=counted.told)
        assert counters.apply(self.post, {self.key: change(1, None, "0002")}, following) is None
        assert counters.standing([self.post]) == {self.post: counted}

        more = counters.apply(self.post, {self.key: change(1, "0001", "0002")})
        assert more is not None
        assert (more.own(self.key).totals, more.told) == ({"like": 3}, replace(counted.told, owed=True))

    def test_news_is_owed_until_it_is_claimed_and_views_are_none(self, counters: Counters) -> None:
        one = Claim(Told(), ids.new_id(), AT)
        seen = CountChange({"views": 1}, None, "0001", None, AT)
        assert counters.apply(self.post, {self.key: seen}) is not None
        assert self.told(counters) == Told()

        assert counters.apply(self.post, {self.key: change(1, "0001", "0002")}) is not None
        assert counters.apply(self.post, {self.key: replace(seen, guard_before="0002", guard="0003")}) is not None
        assert self.told(counters) == Told(owed=True)
        assert counters.claim(self.post, one) is not None
        assert self.told(counters) == Told(one.by, AT)

    def test_of_a_post_nobody_counted_it_is_known_that_nobody_did(self, counters: Counters) -> None:
        standing = counters.standing([self.post])[self.post]
        assert (standing.counts, standing.told, standing.own(self.key)) == ({}, Told(), Count())

    def test_what_has_ended_is_not_claimed(self, counters: Counters) -> None:
        counters.end(self.post, AT)

        assert counters.claim(self.post, Claim(Told(), ids.new_id(), AT)) is None
        assert counters.standing([self.post])[self.post].own(self.key).guard == ENDED
