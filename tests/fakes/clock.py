from datetime import UTC, datetime, timedelta

A_MONDAY_EVENING = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


class FakeClock:
    """Stands still until it is told otherwise."""

    def __init__(self, now: datetime = A_MONDAY_EVENING) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
