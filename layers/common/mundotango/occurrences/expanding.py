"""Keeps series a year ahead of today: each week their occurrences are made again, as they are after an edit.

So are those whose moment is another since the time zone database says otherwise. What was made is out of the list, so a
run that is cut off costs nothing, and a series that fails holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mundotango.events.service import parent_status
from mundotango.observability import logger
from mundotango.occurrences import policy
from mundotango.occurrences.service import write

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mundotango.bootstrap import Platform

PAGE = 100
# One takes far less; this is for a database that is slow today.
STEP_SECONDS = 20.0


def expand_series(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    expanded, failed = 0, 0
    before = platform.clock.now() - policy.MADE_EACH
    after: UUID | None = None
    while page := _page(platform, before, after):
        for event_id in page:
            if time_left() < STEP_SECONDS:
                return {"done": False, "expanded": expanded, "failed": failed}
            try:
                _expand(platform, event_id)
                expanded += 1
            except Exception as failure:  # noqa: BLE001 - told here, and the call counts as a failed one at its end
                failed += 1
                logger().exception("not expanded", extra={"event_id": str(event_id), "cause": type(failure).__name__})
        after = page[-1]
    return {"done": True, "expanded": expanded, "failed": failed}


def _page(platform: Platform, before: datetime, after: UUID | None) -> list[UUID]:
    with platform.unit_of_work() as work:
        return work.occurrences.list_to_expand(before, after, PAGE)


def _expand(platform: Platform, event_id: UUID) -> None:
    with platform.unit_of_work() as work:
        event = work.events.find_held(event_id)
        if event is not None:
            write(work, event, parent_status(work, event), platform.clock)
