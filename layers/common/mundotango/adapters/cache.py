"""Valkey, which may vanish at any moment: then a read finds nothing, a write does nothing, the caller is only slower.

ElastiCache Serverless is a cluster behind one address, so every command names one key. Sign-in is by IAM token, made
anew for each connection: it lives 15 minutes, and a connection at most 12 hours, before which all are made anew.

Of all who miss a key at once, in whatever process, one loads it. Whoever puts a lease under the key is that one; the
others see the lease and look again shortly. The lease stands where the value will stand: a deletion takes it away, and
then what was loaded before is not kept, for it is filled in only over the very lease it was loaded under.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mundotango import settings
from mundotango.observability import count, logger

if TYPE_CHECKING:
    from redis import RedisCluster

# With a cache that hangs, three requests wait 50 ms each, and then nobody waits for five seconds.
FAILURES_BEFORE_PAUSE = 3
PAUSE_SECONDS = 5.0
# An hour before AWS would cut the first connection, in the middle of whatever it was doing.
CLIENT_SECONDS = 11 * 3600.0

# No JSON begins like this.
LEASE = b"L"
# As long as what is loaded may take: the lease of a process that died is then in nobody's way.
LEASE_SECONDS = settings.SQL_TIMEOUT
# Others wait for less than that, and then load for themselves.
WAIT_SECONDS = 3.0
STEP_SECONDS = 0.01

# Of what could not be deleted; beyond it the cache was away for so long that entries end by themselves.
MOST_OWED = 1000

# A place is a key, or a field of a hash. Each script is of one key; those of a field keep the lease's end in the lease,
# for a field does not end by itself.
_FILL = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"
_LEASE_FIELD = """
local found = redis.call('HGET', KEYS[1], ARGV[1])
local now = tonumber(redis.call('TIME')[1])
if found and (found:sub(1, 1) ~= 'L' or tonumber(found:sub(18)) > now) then return found end
local lease = ARGV[2] .. (now + ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], lease)
if redis.call('TTL', KEYS[1]) == -1 then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
return lease
"""
_FILL_FIELD = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
"""
_RELEASE_FIELD = (
    "if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end"
)
_INCREMENT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""


class _Away(Exception):
    """The cache cannot be asked now."""


@dataclass(frozen=True, slots=True)
class _Key:
    key: str
    seconds: int

    def find(self, client: RedisCluster) -> Any:
        return client.get(self.key)

    def lease(self, client: RedisCluster, lease: bytes) -> Any:
        """What another put there since, or None where the lease was put."""
        return client.set(self.key, lease, nx=True, ex=LEASE_SECONDS, get=True)

    def fill(self, client: RedisCluster, lease: bytes, value: bytes) -> Any:
        return client.eval(_FILL, 1, self.key, lease, value, self.seconds)

    def release(self, client: RedisCluster, lease: bytes) -> Any:
        return client.eval(_RELEASE, 1, self.key, lease)


@dataclass(frozen=True, slots=True)
class _Field:
    key: str
    part: str
    seconds: int

    def find(self, client: RedisCluster) -> Any:
        found: Any = client.hget(self.key, self.part)
        # Whether a lease has ended is told where it is stored.
        return None if found is not None and found.startswith(LEASE) else found

    def lease(self, client: RedisCluster, lease: bytes) -> Any:
        """What another put there since, or the lease with its end."""
        return client.eval(_LEASE_FIELD, 1, self.key, self.part, lease, LEASE_SECONDS, self.seconds)

    def fill(self, client: RedisCluster, lease: bytes, value: bytes) -> Any:
        return client.eval(_FILL_FIELD, 1, self.key, self.part, lease, value)

    def release(self, client: RedisCluster, lease: bytes) -> Any:
        return client.eval(_RELEASE_FIELD, 1, self.key, self.part, lease)


type _Place = _Key | _Field


class Cache:
    def __init__(
        self,
        cache: settings.Cache,
        region: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = cache
        self._region = region
        self._monotonic = monotonic
        self._sleep = sleep
        self._failures = 0
        self._paused_until = 0.0
        self._client: RedisCluster | None = None
        self._client_ends = 0.0
        self._owed: dict[str, None] = {}

    def get(self, key: str) -> Any | None:
        """What was stored as JSON under the key; None when it was not, is expired or cannot be had."""
        stored = self._or_none(lambda client: client.get(key))
        try:
            found = json.loads(stored) if stored is not None else None
        except ValueError:
            found = None
        count("cache_hits" if found is not None else "cache_misses")
        return found

    def set(self, key: str, value: Any, seconds: int) -> None:
        text = json.dumps(value, separators=(",", ":"))
        self._or_none(lambda client: client.set(key, text, ex=seconds))

    def delete(self, key: str) -> None:
        try:
            self._attempt(lambda client: client.delete(key))
        except _Away:
            if len(self._owed) < MOST_OWED:
                self._owed[key] = None

    def recall(self, key: str, seconds: int, load: Callable[[], bytes], *, part: str | None = None) -> bytes:
        place = _Key(key, seconds) if part is None else _Field(key, part, seconds)
        lease = LEASE + secrets.token_hex(8).encode()
        try:
            found, leading = self._found_or_leased(place, lease)
        except _Away:
            count("cache_misses")
            return load()
        if found is not None and not leading:
            count("cache_hits")
            return found
        count("cache_misses")
        if found is None:
            return load()
        return self._filled(place, found, load)

    def holds(self, key: str) -> bool | None:
        try:
            return bool(self._attempt(lambda client: client.exists(key)))
        except _Away:
            return None

    def increment(self, key: str, seconds: int) -> int | None:
        found = self._or_none(lambda client: client.eval(_INCREMENT, 1, key, seconds))
        return None if found is None else int(found)

    def ping(self) -> None:
        """Raises whatever keeps the cache from answering; asks it even while others are spared the attempt."""
        self._connected().get("ping")

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _found_or_leased(self, place: _Place, lease: bytes) -> tuple[bytes | None, bool]:
        """The value; or this caller's lease and True; or None, for who has waited long enough for another's."""
        found: bytes | None = self._attempt(place.find)
        ends = self._monotonic() + WAIT_SECONDS
        while True:
            if found is None:
                found = self._attempt(lambda client: place.lease(client, lease))
                if found is None or found.startswith(lease):
                    return found or lease, True
            if not found.startswith(LEASE):
                return found, False
            if self._monotonic() >= ends:
                return None, False
            count("cache_waits")
            self._sleep(STEP_SECONDS)
            found = self._attempt(place.find)

    def _filled(self, place: _Place, lease: bytes, load: Callable[[], bytes]) -> bytes:
        try:
            value = load()
        except BaseException:
            self._or_none(lambda client: place.release(client, lease))
            raise
        self._or_none(lambda client: place.fill(client, lease, value))
        return value

    def _or_none(self, command: Callable[[RedisCluster], Any]) -> Any | None:
        try:
            return self._attempt(command)
        except _Away:
            return None

    def _attempt(self, command: Callable[[RedisCluster], Any]) -> Any | None:
        if self._monotonic() < self._paused_until:
            count("cache_skips")
            raise _Away
        try:
            client = self._connected()
            # What could not be deleted while the cache was away must not be found now that it is back.
            while self._owed:
                client.delete(next(iter(self._owed)))
                self._owed.pop(next(iter(self._owed)))
            answer = command(client)
        except Exception as error:
            self._note_failure(error)
            raise _Away from error
        self._failures = 0
        return answer

    def _note_failure(self, error: Exception) -> None:
        count("cache_failures")
        self._failures += 1
        if self._failures >= FAILURES_BEFORE_PAUSE:
            self._failures = 0
            self._paused_until = self._monotonic() + PAUSE_SECONDS
            logger().warning("cache left alone", extra={"seconds": PAUSE_SECONDS, "cause": type(error).__name__})

    def _connected(self) -> RedisCluster:
        if self._client is None or self._monotonic() >= self._client_ends:
            self.close()
            # Connects at once, to learn which node has which slots; it raises, and is made anew, until that succeeds.
            self._client = _connect(self._settings, self._region)
            self._client_ends = self._monotonic() + CLIENT_SECONDS
        return self._client


def _connect(cache: settings.Cache, region: str) -> RedisCluster:
    from redis import RedisCluster
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return RedisCluster(
        host=cache.host,
        port=cache.port,
        ssl=cache.tls,
        credential_provider=_tokens(cache, region),
        socket_connect_timeout=settings.CACHE_TIMEOUT,
        socket_timeout=settings.CACHE_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        # After a failover ask the one address that stays, not a node that may be gone.
        dynamic_startup_nodes=False,
    )


def _tokens(cache: settings.Cache, region: str) -> Any:
    from redis import CredentialProvider

    from mundotango.adapters.tokens import valkey_token

    class Tokens(CredentialProvider):
        def get_credentials(self) -> tuple[str, str]:
            return cache.user, valkey_token(cache, region)

    return Tokens()
