"""Ends offers that nobody answered in time, so that whoever waits gets the place.

An occurrence is a transaction by itself: one that fails holds up no other, and a run that is cut off costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mundotango.observability import logger
from mundotango.registrations import policy
from mundotango.registrations.desk import Desk

if TYPE_CHECKING:
    from uuid import UUID

    from mundotango.bootstrap import Platform

PAGE = 100
STEP_SECONDS = 10.0


def lapse_offers(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    lapsed, failed = 0, 0
    tried: set[UUID] = set()
    # One that failed would be found again, and of many that do the others would not be seen.
    while page := _page(platform, tried):
        for occurrence_id in page:
            if time_left() < STEP_SECONDS:
                return {"done": False, "lapsed": lapsed, "failed": failed}
            tried.add(occurrence_id)
            try:
                lapsed += _lapse(platform, occurrence_id)
            except Exception as failure:  # noqa: BLE001 - told here, and the call counts as a failed one at its end
                failed += 1
                said = {"occurrence_id": str(occurrence_id), "cause": type(failure).__name__}
                logger().exception("offers not ended", extra=said)
    return {"done": True, "lapsed": lapsed, "failed": failed}


def _page(platform: Platform, tried: set[UUID]) -> list[UUID]:
    with platform.unit_of_work() as work:
        return work.registrations.list_lapsed(platform.clock.now(), PAGE, tried)


def _lapse(platform: Platform, occurrence_id: UUID) -> int:
    with platform.unit_of_work() as work:
        desk = Desk.of(work, occurrence_id, platform.clock)
        lapsed = work.registrations.list_lapsed_of(occurrence_id, desk.now)
        state = policy.let_lapse(desk.door.status)
        desk.put(lapsed, state)
        desk.move_up()
        # Who waits again hears of it when there is a date.
        desk.close(None, announced=state == "expired")
        return len(lapsed)
