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
    if isinstance(cache, FakeCache):
        cache._clock.time += timedelta(seconds=1)  # type: ignore[attr-defined]
    else:
        sleep(1.1)

    assert cache.get("key") is None


def test_ping_is_answered(cache: CachePort) -> None:
    cache.ping()
