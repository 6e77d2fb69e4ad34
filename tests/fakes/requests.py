from datetime import datetime
from typing import Any

from mundotango.errors import InProgress, KeyReused, Unavailable


class FakeAnswers:
    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, dict[str, Any] | None]] = {}
        self.away = False

    def begin(self, key: str, request: str) -> dict[str, Any] | None:
        self._reach()
        if key not in self.rows:
            self.rows[key] = (request, None)
            return None
        known, answer = self.rows[key]
        if known != request:
            raise KeyReused("another request")
        if answer is None:
            raise InProgress("under way", retry_after=1)
        return answer

    def keep(self, key: str, request: str, answer: dict[str, Any]) -> None:
        self._reach()
        self.rows[key] = (request, answer)

    def forget(self, key: str) -> None:
        self._reach()
        self.rows.pop(key, None)

    def give_up(self) -> None:
        """As time does with requests that died under way."""
        self.rows = {key: row for key, row in self.rows.items() if row[1] is not None}

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("away")


class FakeRates:
    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.away = False

    def increment(self, key: str, ends_at: datetime) -> int:
        if self.away:
            raise Unavailable("away")
        self.counts[key] = self.counts.get(key, 0) + 1
        return self.counts[key]
