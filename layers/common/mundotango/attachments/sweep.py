"""Deletes pictures that nothing shows a week after they became ready."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, get_args

from mundotango.attachments.service import discard_unused, forget_tombstones
from mundotango.media.policy import review_day
from mundotango.observability import logger

if TYPE_CHECKING:
    from uuid import UUID

    from mundotango.attachments.repository import Use
    from mundotango.bootstrap import Platform
    from mundotango.media.model import Media

PAGE = 50
# One picture takes far less; this is for stores that are slow today.
STEP_SECONDS = 20.0
# A picture that could not be looked at for so long is left to whoever reads the log.
DAYS_LOOKED_AT = 30

_Outcome = Literal["removed", "kept", "drafted", "failed"]


class _OutOfTime(Exception):
    """What is left is for the next run."""


def sweep_media(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """Each picture whose day of review is over: in a post, a message or a profile it stays for good, in a draft for
    another week.

    What was looked at is out of the day's list, so a run that is cut off costs nothing, and one picture that fails
    holds up no other.
    """
    outcomes: dict[str, int] = dict.fromkeys(get_args(_Outcome), 0)
    today = platform.clock.now().date()
    try:
        for days_ago in range(DAYS_LOOKED_AT, 0, -1):
            _sweep_day(platform, today - timedelta(days=days_ago), outcomes, time_left)
    except _OutOfTime:
        return {"done": False, **outcomes}
    with platform.unit_of_work() as work:
        forgotten = forget_tombstones(work, platform.clock)
    return {"done": True, **outcomes, "forgotten": forgotten}


def _sweep_day(platform: Platform, day: date, outcomes: dict[str, int], time_left: Callable[[], float]) -> None:
    after: UUID | None = None
    while page := platform.media.list_due(day, after, PAGE):
        rows = platform.media.find_many(page)
        for media_id in page:
            if time_left() < STEP_SECONDS:
                raise _OutOfTime
            row = rows.get(media_id)  # the list is a moment behind the rows
            if row is not None:
                outcomes[_review(platform, row, day)] += 1
        after = page[-1]


def _review(platform: Platform, row: Media, day: date) -> _Outcome:
    try:
        with platform.unit_of_work() as work:
            use = discard_unused(work, row.owner_id, row.media_id, platform.clock)
        return _noted(platform, row.media_id, day, use)
    except Exception as failure:  # noqa: BLE001 - told here, and the call counts as a failed one at its end
        logger().exception("not reviewed", extra={"media_id": str(row.media_id), "cause": type(failure).__name__})
        return "failed"


def _noted(platform: Platform, media_id: UUID, day: date, use: Use | None) -> _Outcome:
    match use:
        case "shown":
            platform.media.keep(media_id, day)
            return "kept"
        case "drafted":
            platform.media.review(media_id, review_day(platform.clock.now()))
            return "drafted"
        case None:
            return "removed"
