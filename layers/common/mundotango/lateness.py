"""Says of a batch that it comes too late to the function that works it off, for the alarm LateStreams.

A batch in time says nothing, so that no line is longer for it. It is said before anything is done, as a call may be
killed afterwards.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mundotango.observability import logger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mundotango.ports import Clock

STREAM_LATE = timedelta(minutes=1)
# Most wait for a quarter of an hour on purpose, and after a whole one they are told to nobody.
WEB_PUSH_LATE = timedelta(minutes=30)


def tell_lateness(records: Iterable[dict[str, Any]], clock: Clock, *, late_after: timedelta) -> None:
    """By the oldest of the batch: `age_ms`, and `lateness` in multiples of `late_after`, always above 1."""
    began = [when for record in records if (when := _put_at(record)) is not None]
    if began and (age := clock.now() - min(began)) > late_after:
        logger().warning("late", age_ms=round(age.total_seconds() * 1000), lateness=round(age / late_after, 3))


def _put_at(record: dict[str, Any]) -> datetime | None:
    """When a table or a queue took it; None of what an operator sends by hand, which has no time."""
    if "dynamodb" in record:
        seconds = record["dynamodb"].get("ApproximateCreationDateTime")
    else:
        sent = record.get("attributes", {}).get("SentTimestamp")
        seconds = None if sent is None else int(sent) / 1000
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
