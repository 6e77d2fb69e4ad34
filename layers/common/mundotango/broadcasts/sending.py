"""Works off what people who come to an event are told, and begins the reminders that are due.

A page is a transaction by itself: one that fails holds up no other broadcast, and a run that is cut off costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mundotango.broadcasts import policy
from mundotango.broadcasts.model import Broadcast
from mundotango.broadcasts.service import tell
from mundotango.ids import new_id
from mundotango.observability import logger

if TYPE_CHECKING:
    from uuid import UUID

    from mundotango.bootstrap import Platform

# A page takes far less; this is for stores that are slow today.
STEP_SECONDS = 10.0


@dataclass(slots=True)
class Tally:
    told: int = 0
    failed: int = 0


def tell_attendees(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """All broadcasts that are not done, the oldest first. `told` counts the people who were looked at."""
    tally = Tally()
    passed: UUID | None = None
    while time_left() >= STEP_SECONDS:
        taken: Broadcast | None = None
        told = 0
        try:
            with platform.unit_of_work() as work:
                taken = work.broadcasts.take(passed)
                if taken is not None:
                    told = tell(work, taken, policy.PAGE, platform.clock)
        except Exception as failure:
            if taken is None:
                raise
            tally.failed += 1
            passed = taken.id
            logger().exception("not told", extra={"broadcast_id": str(taken.id), "cause": type(failure).__name__})
            continue
        if taken is None:
            return {"done": True, **asdict(tally), "forgotten": _forget(platform)}
        tally.told += told
    return {"done": False, **asdict(tally)}


def remind(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """Begins the reminders that are due, and works them off."""
    begun = 0
    for topic in policy.AHEAD:
        page = policy.PAGE
        while page == policy.PAGE:
            if time_left() < STEP_SECONDS:
                return {"done": False, "begun": begun, **asdict(Tally())}
            with platform.unit_of_work() as work:
                now = platform.clock.now()
                # By their ids, as whoever edits a series holds its occurrences.
                due = sorted(work.broadcasts.list_due(topic, now, policy.PAGE))
                work.broadcasts.add(
                    [
                        Broadcast(id=new_id(), occurrence_id=each, topic=topic, starts_at=starts_at, made_at=now)
                        for each, starts_at in due
                    ]
                )
            page = len(due)
            begun += page
    return {"begun": begun, **tell_attendees(platform, time_left)}


def _forget(platform: Platform) -> int:
    with platform.unit_of_work() as work:
        return work.broadcasts.forget(platform.clock.now() - policy.DONE_LIFE, 10 * policy.PAGE)
