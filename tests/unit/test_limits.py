from datetime import timedelta
from uuid import UUID

import pytest

from mundotango.limits import policy, service
from mundotango.limits.model import Limit
from mundotango.limits.policy import limit_of
from mundotango.observability import counting
from tests.fakes.cache import FakeCache
from tests.fakes.clock import FakeClock
from tests.fakes.requests import FakeRates

SOMEBODY, ANOTHER = UUID(int=1), UUID(int=2)
TWO = Limit("two", 2, 60)


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("GET", "/api/feed", policy.READ),
        ("HEAD", "/api/media", policy.READ),
        ("POST", "/api/posts", policy.WRITE),
        ("PUT", "/api/media", policy.WRITE),
        ("POST", "/api/media", policy.UPLOAD),
        ("POST", "/api/realtime/tickets", policy.TICKET),
        ("POST", "/api/users/me/export", policy.EXPORT),
        ("POST", "/api/reports", policy.REPORT),
        ("POST", "/api/feedback", policy.FEEDBACK),
        ("POST", "/api/conversations", policy.CONVERSATION),
        ("POST", "/api/conversations/1/members", policy.CONVERSATION),
        ("DELETE", "/api/conversations/1/members/me", policy.WRITE),
        ("POST", "/api/conversations/1/messages", policy.WRITE),
        ("DELETE", "/api/users/malena/follow", policy.WRITE),
        ("PATCH", "/api/posts/1", policy.EDIT),
        ("DELETE", "/api/posts/1", policy.EDIT),
        ("DELETE", "/api/posts/1/reaction", policy.WRITE),
        ("PATCH", "/api/events/1/occurrences/20261129T2000", policy.EDIT),
        ("PATCH", "/api/users/me", policy.EDIT),
    ],
)
def test_a_request_counts_as_what_it_asks_for(method: str, path: str, limit: Limit) -> None:
    assert limit_of(method, path) is limit


class TestCounting:
    def setup_method(self) -> None:
        self.clock = FakeClock()
        self.cache = FakeCache(self.clock)
        self.rates = FakeRates()

    def left(self, user_id: UUID = SOMEBODY, limit: Limit = TWO) -> int | None:
        standing = service.take(self.cache, self.rates, user_id, limit, self.clock)
        return standing.left if standing else None

    def test_each_person_has_a_window_of_their_own_for_each_kind(self) -> None:
        assert [self.left() for _ in range(4)] == [1, 0, -1, -2]
        assert self.left(ANOTHER) == 1
        assert self.left(limit=Limit("three", 3, 60)) == 2

    def test_the_next_window_begins_when_it_says(self) -> None:
        self.clock.advance(timedelta(seconds=42.5))
        standing = service.take(self.cache, self.rates, SOMEBODY, TWO, self.clock)
        assert standing is not None
        assert standing.resets_in == 18
        self.clock.advance(timedelta(seconds=17))
        assert self.left() == 0
        self.clock.advance(timedelta(seconds=1))
        assert self.left() == 1

    def test_while_the_cache_is_away_the_table_counts(self) -> None:
        self.cache.away = True
        with counting() as counts:
            assert [self.left() for _ in range(3)] == [1, 0, -1]
        assert counts == {"rate_fallbacks": 3}

    def test_with_both_away_nobody_is_held_back(self) -> None:
        self.cache.away = self.rates.away = True
        with counting() as counts:
            assert self.left() is None
        assert counts == {"rate_fallbacks": 1, "rate_unknown": 1}
