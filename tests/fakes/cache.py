"""A cache in memory; `away` makes it as absent as a real one that vanished."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from mundotango.ports import Clock


class CacheAway(Exception):
    pass


class FakeCache:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[str, tuple[bytes, datetime]] = {}
        # Keys that somebody loads now, until a deletion says that it would be of no use.
        self._leases: dict[tuple[str, str | None], object] = {}
        self._parts: dict[str, tuple[dict[str, bytes], datetime]] = {}
        self.away = False

    def get(self, key: str) -> Any | None:
        found = self._find(key)
        return None if found is None else json.loads(found)

    def set(self, key: str, value: Any, seconds: int) -> None:
        self._put(key, json.dumps(value).encode(), seconds)

    def delete(self, key: str) -> None:
        if not self.away:
            self._rows.pop(key, None)
            self._parts.pop(key, None)
            self._leases = {place: lease for place, lease in self._leases.items() if place[0] != key}

    def recall(self, key: str, seconds: int, load: Callable[[], bytes], *, part: str | None = None) -> bytes:
        found = self._find(key) if part is None else self._find_part(key, part)
        if found is not None:
            return found
        place = (key, part)
        lease = self._leases[place] = object()
        value = load()
        if self._leases.get(place) is lease and part is None:
            self._put(key, value, seconds)
        elif self._leases.get(place) is lease and not self.away:
            _, ends_at = self._parts.get(key, ({}, self._clock.now()))
            if ends_at <= self._clock.now():
                self._parts[key] = ({}, self._clock.now() + timedelta(seconds=seconds))
            self._parts[key][0][str(part)] = value
        return value

    def holds(self, key: str) -> bool | None:
        return None if self.away else self._find(key) is not None

    def increment(self, key: str, seconds: int) -> int | None:
        if self.away:
            return None
        found = self._find(key)
        if found is None:
            self._put(key, b"1", seconds)
            return 1
        self._rows[key] = (b"%d" % (int(found) + 1), self._rows[key][1])
        return int(found) + 1

    def ping(self) -> None:
        if self.away:
            raise CacheAway

    def _find(self, key: str) -> bytes | None:
        value, ends_at = self._rows.get(key, (b"", None))
        return None if self.away or ends_at is None or ends_at <= self._clock.now() else value

    def _find_part(self, key: str, part: str) -> bytes | None:
        parts, ends_at = self._parts.get(key, ({}, None))
        return None if self.away or ends_at is None or ends_at <= self._clock.now() else parts.get(part)

    def _put(self, key: str, value: bytes, seconds: int) -> None:
        if not self.away:
            self._rows[key] = (value, self._clock.now() + timedelta(seconds=seconds))
