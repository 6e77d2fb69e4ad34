"""The reader: a copy of the database that may lag a little, for what only reads.

Who has just written goes to the primary for the seconds that a reader may lag, and finds what they wrote. That is known
by a mark in the cache; while the cache cannot say, they go there too. A reader that fails is left alone for a while.
"""

import time
from collections.abc import Callable
from uuid import UUID

from mundotango.adapters.postgres import Database
from mundotango.observability import count
from mundotango.ports import Cache

LAG_SECONDS = 5
PAUSE_SECONDS = 30.0
# Of a connection: the primary is there meanwhile.
WAIT_SECONDS = 1.0


class Reader:
    def __init__(
        self, database: Database, cache: Callable[[], Cache], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.database = database
        self._cache = cache
        self._monotonic = monotonic
        self._paused_until = 0.0

    def serves(self, user_id: UUID | None) -> bool:
        """Whether this person, or anybody (None), may be answered from here now."""
        if self._monotonic() < self._paused_until:
            return False
        return user_id is None or self._cache().holds(_mark(user_id)) is False

    def note_write(self, user_id: UUID) -> None:
        """To be called after the commit and before the answer."""
        self._cache().set(_mark(user_id), 1, LAG_SECONDS)

    def note_failure(self) -> None:
        count("reader_failures")
        self._paused_until = self._monotonic() + PAUSE_SECONDS


def _mark(user_id: UUID) -> str:
    return f"wrote:{user_id}"
