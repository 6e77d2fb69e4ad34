"""Valkey going away and coming back under a function that uses it."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import pytest
import redis
from redis.exceptions import RedisClusterException

from devstack import ports, valkey
from mundotango import settings
from mundotango.adapters.cache import FAILURES_BEFORE_PAUSE, PAUSE_SECONDS, Cache
from mundotango.observability import counting

MakeCache = Callable[..., Cache]


class Seconds:
    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed


@pytest.fixture
def nowhere(tmp_path: Path) -> settings.Cache:
    """An address that refuses connections."""
    chosen, _ = ports.choose(tmp_path / "ports.json", usual=False)
    return settings.Cache(host="127.0.0.1", port=chosen.valkey, user="mundo_app", tls=False)


@pytest.fixture
def hanging() -> Iterator[settings.Cache]:
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield settings.Cache(host="127.0.0.1", port=server.getsockname()[1], user="mundo_app", tls=False)


def test_a_cache_that_refuses_finds_nothing_and_breaks_nothing(make_cache: MakeCache, nowhere: settings.Cache) -> None:
    cache = make_cache(nowhere)

    with counting() as counts:
        cache.set("key", 1, 60)
        cache.delete("key")
        assert cache.get("key") is None

    assert counts == {"cache_failures": 3, "cache_misses": 1}


def test_a_cache_that_hangs_is_waited_for_three_times_at_most(make_cache: MakeCache, hanging: settings.Cache) -> None:
    cache = make_cache(hanging)
    cache.get("first, which also imports the client")
    started = perf_counter()

    with counting() as counts:
        for _ in range(50):
            cache.get("key")

    assert counts == {
        "cache_failures": FAILURES_BEFORE_PAUSE - 1,
        "cache_skips": 50 - FAILURES_BEFORE_PAUSE + 1,
        "cache_misses": 50,
    }
    assert perf_counter() - started < 1


@pytest.mark.slow
def test_a_cache_left_alone_is_tried_again_after_the_pause(
    make_cache: MakeCache, nowhere: settings.Cache, tmp_path: Path
) -> None:
    clock = Seconds()
    cache = make_cache(nowhere, monotonic=clock)
    for _ in range(FAILURES_BEFORE_PAUSE):
        cache.set("key", 1, 60)
    valkey.start(tmp_path, nowhere.port)
    try:
        cache.set("key", 2, 60)
        assert cache.get("key") is None

        clock.passed = PAUSE_SECONDS
        cache.set("key", 3, 60)
        assert cache.get("key") == 3

        valkey.stop(tmp_path)
        with pytest.raises(RedisClusterException):
            cache.ping()
        assert cache.get("key") is None

        valkey.start(tmp_path, nowhere.port)
        assert cache.get("key") is None
        cache.set("key", 4, 60)
        assert cache.get("key") == 4
    finally:
        valkey.stop(tmp_path)


def test_loading_goes_on_at_once_while_the_cache_is_away(make_cache: MakeCache, hanging: settings.Cache) -> None:
    cache = make_cache(hanging)
    cache.get("first, which also imports the client")
    started = perf_counter()

    loaded = iter(range(50))

    with counting() as counts:
        for n in range(50):
            assert cache.recall("key", 60, lambda: b"%d" % next(loaded)) == b"%d" % n
        assert cache.increment("count", 60) is None
        assert cache.holds("key") is None

    assert counts == {
        "cache_failures": FAILURES_BEFORE_PAUSE - 1,
        "cache_skips": 50 - FAILURES_BEFORE_PAUSE + 1 + 2,
        "cache_misses": 50,
    }
    assert perf_counter() - started < 1


@pytest.mark.slow
def test_what_could_not_be_deleted_is_deleted_before_anything_is_read_again(
    make_cache: MakeCache, valkey_settings: settings.Cache, nowhere: settings.Cache
) -> None:
    clock = Seconds()
    writer = make_cache(valkey_settings, monotonic=clock)
    writer.set("key", "old", 60)
    writer.close()
    writer._settings = nowhere
    for _ in range(FAILURES_BEFORE_PAUSE + 1):
        writer.delete("key")
    writer._settings = valkey_settings
    clock.passed = PAUSE_SECONDS

    assert writer.recall("key", 60, lambda: b'"new"') == b'"new"'


def test_connections_are_made_anew_before_they_are_cut(
    make_cache: MakeCache, valkey_settings: settings.Cache, valkey_port: int
) -> None:
    clock = Seconds()
    cache = make_cache(valkey_settings, monotonic=clock)

    def connections() -> set[str]:
        cache.get("key")
        with redis.Redis(host="127.0.0.1", port=valkey_port) as server:
            return {client["id"] for client in server.client_list() if client["user"] == "mundo_app"}

    first = connections()
    assert connections() == first
    clock.passed = 11 * 3600
    assert first
    assert connections()
    assert not connections() & first


def test_ping_asks_even_while_others_are_spared(make_cache: MakeCache, nowhere: settings.Cache) -> None:
    cache = make_cache(nowhere, monotonic=Seconds())
    for _ in range(FAILURES_BEFORE_PAUSE):
        cache.get("key")

    with pytest.raises(RedisClusterException):
        cache.ping()


def test_an_entry_that_is_no_json_is_not_found(
    make_cache: MakeCache, valkey_settings: settings.Cache, valkey_port: int
) -> None:
    with redis.Redis(host="127.0.0.1", port=valkey_port) as server:
        server.set("key", b"\xff{")

    assert make_cache(valkey_settings).get("key") is None


def test_it_signs_in_by_a_token_as_the_named_user(
    make_cache: MakeCache, valkey_settings: settings.Cache, valkey_port: int
) -> None:
    make_cache(valkey_settings).set("key", 1, 60)

    with redis.Redis(host="127.0.0.1", port=valkey_port) as server:
        assert "mundo_app" in {client["user"] for client in server.client_list()}


def test_a_user_that_is_unknown_finds_nothing(make_cache: MakeCache, valkey_settings: settings.Cache) -> None:
    stranger = settings.Cache(host=valkey_settings.host, port=valkey_settings.port, user="nobody", tls=False)

    with counting() as counts:
        assert make_cache(stranger).get("key") is None

    assert counts["cache_failures"] == 1
