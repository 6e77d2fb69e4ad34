"""Valkey, which may vanish at any moment: then a read finds nothing, a write does nothing, the caller is only slower.

ElastiCache Serverless is a cluster behind one address, so every command names one key. Sign-in is by IAM token, made
anew for each connection: it lives 15 minutes, and a connection at most 12 hours.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mundotango import settings
from mundotango.observability import count, logger

if TYPE_CHECKING:
    from redis import RedisCluster

# With a cache that hangs, three requests wait 50 ms each, and then nobody waits for five seconds.
FAILURES_BEFORE_PAUSE = 3
PAUSE_SECONDS = 5.0


class Cache:
    def __init__(self, cache: settings.Cache, region: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = cache
        self._region = region
        self._monotonic = monotonic
        self._failures = 0
        self._paused_until = 0.0

    def get(self, key: str) -> Any | None:
        """What was stored as JSON under the key; None when it was not, is expired or cannot be had."""
        stored = self._attempt(lambda client: client.get(key))
        try:
            found = json.loads(stored) if stored is not None else None
        except ValueError:
            found = None
        count("cache_hits" if found is not None else "cache_misses")
        return found

    def set(self, key: str, value: Any, seconds: int) -> None:
        text = json.dumps(value, separators=(",", ":"))
        self._attempt(lambda client: client.set(key, text, ex=seconds))

    def delete(self, key: str) -> None:
        self._attempt(lambda client: client.delete(key))

    def ping(self) -> None:
        """Raises whatever keeps the cache from answering; asks it even while others are spared the attempt."""
        self._client.get("ping")

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    def _attempt(self, command: Callable[[RedisCluster], Any]) -> Any | None:
        if self._monotonic() < self._paused_until:
            count("cache_skips")
            return None
        try:
            answer = command(self._client)
        except Exception as error:  # noqa: BLE001 - no failure of a cache is worth a failed request
            self._note_failure(error)
            return None
        self._failures = 0
        return answer

    def _note_failure(self, error: Exception) -> None:
        count("cache_failures")
        self._failures += 1
        if self._failures >= FAILURES_BEFORE_PAUSE:
            self._failures = 0
            self._paused_until = self._monotonic() + PAUSE_SECONDS
            logger().warning("cache left alone", extra={"seconds": PAUSE_SECONDS, "cause": type(error).__name__})

    @cached_property
    def _client(self) -> RedisCluster:
        # Connects at once, to learn which node has which slots; it raises, and is made anew, until that succeeds.
        from redis import RedisCluster
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        return RedisCluster(
            host=self._settings.host,
            port=self._settings.port,
            ssl=self._settings.tls,
            credential_provider=_tokens(self._settings, self._region),
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
