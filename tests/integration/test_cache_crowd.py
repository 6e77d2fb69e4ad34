"""Many who miss a key at once, in threads and processes of their own, before a real Valkey."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Barrier, Lock

import pytest
import redis

from mundotango import settings
from mundotango.adapters import cache as adapter
from mundotango.adapters.cache import LEASE, Cache
from mundotango.observability import counting

MakeCache = Callable[..., Cache]
CALLERS = 100


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a thread may wait longer for its turn than a function waits for a cache, and would load itself:
    that is another matter, of tests/integration/test_cache.py."""
    monkeypatch.setattr(settings, "CACHE_TIMEOUT", 10.0)


class Loads:
    """What is loaded from the database, slowly."""

    def __init__(self, seconds: float = 0.05) -> None:
        self.times = 0
        self._seconds = seconds
        self._lock = Lock()

    def __call__(self) -> bytes:
        with self._lock:
            self.times += 1
        time.sleep(self._seconds)
        return b"value"


@pytest.mark.parametrize("part", [None, "part"])
def test_of_a_hundred_callers_one_loads_each_key_that_ended(
    make_cache: MakeCache, valkey_settings: settings.Cache, part: str | None
) -> None:
    caches = [make_cache(valkey_settings) for _ in range(4)]
    for cache in caches:
        cache.ping()
    loads, keys = Loads(), [f"key-{n}" for n in range(10)]
    together = Barrier(CALLERS)

    def ask(n: int) -> list[bytes]:
        together.wait()
        return [caches[n % 4].recall(key, 60, loads, part=part) for key in keys]

    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(ask, range(CALLERS)))

    assert answers == [[b"value"] * len(keys)] * CALLERS
    assert loads.times <= 1.1 * len(keys)


PROGRAM = """
import sys, time
from mundotango import settings
from mundotango.adapters.cache import Cache

settings.CACHE_TIMEOUT = 10.0
cache = Cache(settings.Cache("127.0.0.1", int(sys.argv[1]), "mundo_app", False), "eu-west-1")
cache.ping()
print("ready", flush=True)
sys.stdin.readline()

def load():
    print("loaded", flush=True)
    time.sleep(0.2)
    return b"value"

assert cache.recall("key", 60, load) == b"value"
"""


def test_of_several_processes_one_loads(valkey_settings: settings.Cache, signed: None) -> None:
    command = [sys.executable, "-c", PROGRAM, str(valkey_settings.port)]
    callers = [Popen(command, stdin=PIPE, stdout=PIPE, text=True) for _ in range(3)]
    for caller in callers:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "ready\n"
    said = []
    for caller in callers:
        assert caller.stdin is not None
        caller.stdin.write("go\n")
        caller.stdin.flush()
    for caller in callers:
        out, _ = caller.communicate(timeout=10)
        said.append(out)
        assert caller.returncode == 0

    assert sorted(said) == ["", "", "loaded\n"]


def test_a_reader_overtaken_by_a_write_keeps_nothing(make_cache: MakeCache, valkey_settings: settings.Cache) -> None:
    """The old value is loaded, a write deletes the key, another loads the new value: so it stays."""
    slow, writer = make_cache(valkey_settings), make_cache(valkey_settings)

    def overtaken() -> bytes:
        writer.delete("key")
        assert writer.recall("key", 60, lambda: b"new") == b"new"
        return b"old"

    assert slow.recall("key", 60, overtaken) == b"old"
    assert slow.recall("key", 60, lambda: b"neither") == b"new"


def test_who_waited_for_too_long_loads_for_themselves_and_keeps_nothing(
    make_cache: MakeCache, valkey_settings: settings.Cache, valkey_port: int
) -> None:
    steps: list[float] = []
    waiting = make_cache(valkey_settings, monotonic=lambda: sum(steps), sleep=steps.append)
    with redis.Redis(port=valkey_port) as server:
        server.set("key", LEASE + b"of another")

        with counting() as counts:
            assert waiting.recall("key", 60, lambda: b"mine") == b"mine"

        assert server.get("key") == LEASE + b"of another"
    assert max(steps) <= 0.02
    assert adapter.WAIT_SECONDS <= sum(steps) < settings.SQL_TIMEOUT
    assert counts == {"cache_misses": 1, "cache_waits": len(steps)}


def test_a_parts_lease_ends_too(
    make_cache: MakeCache, valkey_settings: settings.Cache, valkey_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = make_cache(valkey_settings)
    with redis.Redis(port=valkey_port) as server:

        def load() -> bytes:
            (lease,) = server.hvals("key")
            assert lease.startswith(LEASE)
            assert 0 < int(lease[17:]) - server.time()[0] <= adapter.LEASE_SECONDS
            server.hset("key", "part", lease[:17] + str(server.time()[0]).encode())  # as those seconds later
            assert cache.recall("key", 60, lambda: b"new", part="part") == b"new"
            return b"old"

        assert cache.recall("key", 60, load, part="part") == b"old"
    assert cache.recall("key", 60, lambda: b"neither", part="part") == b"new"


def test_a_lease_of_a_process_that_died_ends(
    make_cache: MakeCache, valkey_settings: settings.Cache, valkey_port: int
) -> None:
    class Died(BaseException):
        pass

    cache = make_cache(valkey_settings)
    with redis.Redis(port=valkey_port) as server:

        def die() -> bytes:
            assert 0 < server.ttl("key") <= adapter.LEASE_SECONDS
            server.set("key", server.get("key") or b"", px=1)
            time.sleep(0.01)
            raise Died

        with pytest.raises(Died):
            cache.recall("key", 60, die)
    assert cache.recall("key", 60, lambda: b"found") == b"found"


def test_a_cache_that_goes_away_while_somebody_waits_costs_them_no_more(
    make_cache: MakeCache, valkey_settings: settings.Cache, valkey_port: int, tmp_path: Path
) -> None:
    steps: list[float] = []

    def sleep(seconds: float) -> None:
        steps.append(seconds)
        cache._paused_until = float("inf")  # as three failures of others leave it

    cache = make_cache(valkey_settings, sleep=sleep)
    with redis.Redis(port=valkey_port) as server:
        server.set("key", LEASE + b"of another")

        assert cache.recall("key", 60, lambda: b"mine") == b"mine"
    assert len(steps) == 1
