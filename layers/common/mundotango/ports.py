"""What use cases ask of the world outside. Each port has a real adapter and a fake, held to one contract test."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present, in UTC, timezone-aware."""
        ...
