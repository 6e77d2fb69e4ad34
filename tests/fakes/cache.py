"""A cache in memory; `away` makes it as absent as a real one that vanished."""

import json
from datetime import datetime, timedelta
from typing import Any

from mundotango.ports import Clock


class CacheAway(Exception):
    pass


class FakeCache:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[str, tuple[str, datetime]] = {}
        self.away = False

    def get(self, key: str) -> Any | None:
        text, expires_at = self._rows.get(key, ("", datetime.min.replace(tzinfo=self._clock.now().tzinfo)))
        return None if self.away or expires_at <= self._clock.now() else json.loads(text)

    def set(self, key: str, value: Any, seconds: int) -> None:
        if not self.away:
            self._rows[key] = (json.dumps(value), self._clock.now() + timedelta(seconds=seconds))

    def delete(self, key: str) -> None:
        if not self.away:
            self._rows.pop(key, None)

    def ping(self) -> None:
        if self.away:
            raise CacheAway
