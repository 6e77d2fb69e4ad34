from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

import pytest

from mundotango import settings
from mundotango.adapters.cache import Cache
from mundotango.ports import Cache as CachePort
from tests.fakes.cache import FakeCache


class HeldClock:
    """The fake's clock: as its own time passes, its entries end."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 20, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture(params=["fake", "valkey"])
def cache(request: pytest.FixtureRequest) -> CachePort:
    if request.param == "fake":
        return FakeCache(HeldClock())
    make_cache: Callable[[settings.Cache], Cache] = request.getfixturevalue("make_cache")
    return make_cache(request.getfixturevalue("valkey_settings"))


def pass_a_second(cache: CachePort) -> None:
    if isinstance(cache, FakeCache):
        cache._clock.time += timedelta(seconds=1)  # type: ignore[attr-defined]
    else:
        sleep(1.1)


@pytest.mark.parametrize("value", [{"a": [1, None, 1.5, "é\u2028"]}, [], "", 0, False, {}])
def test_what_was_set_is_found(cache: CachePort, value: Any) -> None:
    cache.set("key", value, 60)

    assert cache.get("key") == value


def test_what_was_never_set_is_not_found(cache: CachePort) -> None:
    assert cache.get("key") is None


def test_the_last_value_counts(cache: CachePort) -> None:
    cache.set("key", 1, 60)
    cache.set("key", 2, 60)

    assert cache.get("key") == 2


def test_what_was_deleted_is_gone_and_the_rest_is_not(cache: CachePort) -> None:
    cache.set("key", 1, 60)
    cache.set("other", 2, 60)
    cache.delete("key")
    cache.delete("never")

    assert (cache.get("key"), cache.get("other")) == (None, 2)


def test_an_entry_ends(cache: CachePort) -> None:
    cache.set("key", 1, 1)
    cache.recall("loaded", 1, lambda: b"1")
    pass_a_second(cache)

    assert cache.get("key") is None
    assert cache.recall("loaded", 1, lambda: b"2") == b"2"


def test_what_is_loaded_is_kept(cache: CachePort) -> None:
    loaded = [b"{1}", b"{2}"]

    for _ in range(3):
        assert cache.recall("key", 60, lambda: loaded.pop(0)) == b"{1}"
    cache.delete("key")
    assert cache.recall("key", 60, lambda: loaded.pop(0)) == b"{2}"


def test_what_became_outdated_while_it_was_loaded_is_given_but_not_kept(cache: CachePort) -> None:
    def load() -> bytes:
        cache.delete("key")
        return b"old"

    assert cache.recall("key", 60, load) == b"old"
    assert cache.recall("key", 60, lambda: b"new") == b"new"
    assert cache.recall("key", 60, lambda: b"newer") == b"new"


def test_what_cannot_be_loaded_is_tried_again_by_the_next(cache: CachePort) -> None:
    def refuse() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.recall("key", 60, refuse)
    assert cache.recall("key", 60, lambda: b"found") == b"found"


def test_what_is_being_loaded_is_not_found_yet(cache: CachePort) -> None:
    def load() -> bytes:
        assert cache.get("key") is None
        return b"1"

    cache.recall("key", 60, load)
    assert cache.get("key") == 1


def test_parts_are_kept_apart_and_deleted_together(cache: CachePort) -> None:
    def recall(part: str, value: bytes) -> bytes:
        return cache.recall("key", 60, lambda: value, part=part)

    assert [recall("a", b"1"), recall("b", b"2"), recall("a", b"3"), recall("b", b"4")] == [b"1", b"2", b"1", b"2"]
    cache.delete("key")
    assert [recall("a", b"5"), recall("b", b"6"), recall("a", b"7")] == [b"5", b"6", b"5"]


def test_a_part_that_became_outdated_while_it_was_loaded_is_given_but_not_kept(cache: CachePort) -> None:
    cache.recall("key", 60, lambda: b"other", part="b")

    def load() -> bytes:
        cache.delete("key")
        return b"old"

    assert cache.recall("key", 60, load, part="a") == b"old"
    assert cache.recall("key", 60, lambda: b"new", part="a") == b"new"
    assert cache.recall("key", 60, lambda: b"newer", part="a") == b"new"


def test_a_part_that_cannot_be_loaded_is_tried_again_by_the_next(cache: CachePort) -> None:
    def refuse() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.recall("key", 60, refuse, part="a")
    assert cache.recall("key", 60, lambda: b"found", part="a") == b"found"


def test_parts_end_together(cache: CachePort) -> None:
    cache.recall("key", 1, lambda: b"1", part="a")
    cache.recall("key", 1, lambda: b"2", part="b")
    pass_a_second(cache)

    assert cache.recall("key", 1, lambda: b"3", part="a") == b"3"
    assert cache.recall("key", 1, lambda: b"4", part="b") == b"4"


def test_it_says_what_it_holds(cache: CachePort) -> None:
    cache.set("key", 1, 60)

    assert (cache.holds("key"), cache.holds("other")) == (True, False)


def test_a_count_begins_at_one_and_is_its_keys_own(cache: CachePort) -> None:
    assert [cache.increment("key", 60) for _ in range(3)] == [1, 2, 3]
    assert cache.increment("other", 60) == 1


def test_a_count_ends(cache: CachePort) -> None:
    cache.increment("key", 1)
    cache.increment("key", 1)
    pass_a_second(cache)

    assert cache.increment("key", 1) == 1


def test_ping_is_answered(cache: CachePort) -> None:
    cache.ping()
