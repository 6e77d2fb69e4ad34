"""What one environment of the function saw lately: how fast each socket sends, and which it noted as heard.

Nothing of it is written, for a heartbeat is worth no write. So it is exact for the frames that one environment serves,
and approximate for a socket that several serve: one that floods keeps n of them busy, and may send up to n times as
much before it is told. What costs a write of its own (a subscription, typing) is held by that row besides.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from mundotango.realtime.policy import FRAMES_A_SECOND, HEARD_EACH

Verdict = Literal["ok", "too-many", "flood"]

# Beyond this many seconds' worth of frames a socket is closed: at once for who sends them at once, after some time for
# who keeps sending a little too fast.
FLOOD_SECONDS = 3
# More than one environment hears in a minute.
_KEPT = 50_000


class Traffic:
    def __init__(self) -> None:
        # Of a socket: how many frames stand in its bucket, which leaks as many a second as one may send, and when.
        self._levels: dict[str, tuple[float, datetime]] = {}
        self._heard: dict[str, datetime] = {}

    def take(self, connection_id: str, now: datetime) -> Verdict:
        """Count a frame."""
        level, at = self._levels.get(connection_id, (0.0, now))
        level = max(0.0, level - (now - at).total_seconds() * FRAMES_A_SECOND) + 1
        self._levels[connection_id] = (level, now)
        _forget(self._levels, lambda entry: now - entry[1] > timedelta(seconds=FLOOD_SECONDS))
        if level > FLOOD_SECONDS * FRAMES_A_SECOND:
            return "flood"
        return "too-many" if level > FRAMES_A_SECOND else "ok"

    def is_news(self, connection_id: str, now: datetime) -> bool:
        """Whether this environment did not hear this socket for so long that it should be noted."""
        if now - self._heard.get(connection_id, datetime.min.replace(tzinfo=now.tzinfo)) < HEARD_EACH:
            return False
        self._heard[connection_id] = now
        _forget(self._heard, lambda at: now - at >= HEARD_EACH)
        return True


def _forget[Key, Entry](entries: dict[Key, Entry], old: Callable[[Entry], bool]) -> None:
    if len(entries) > _KEPT:
        for key in [key for key, entry in entries.items() if old(entry)]:
            del entries[key]
