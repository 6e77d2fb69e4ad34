"""Makes the exports that wait, one after the other.

Whoever makes one has it on a lease, so that runs that overlap do not make the same. A run that is killed leaves a lease
that ends, and an upload that is never completed; the next run begins that export again, three times at most.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mundotango.exports import policy
from mundotango.exports.archive import write_archive
from mundotango.exports.model import Export, export_key
from mundotango.exports.service import outcome_activity
from mundotango.observability import logger

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

# With less, no export is begun: the next run, a minute later, has all its time for it.
LEAST_SECONDS = 120.0
# To end an upload in order.
ENDING_SECONDS = 10.0


class TooLarge(Exception):
    """It could not be written in the time that one run has."""


def run_exports(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """`failed` counts attempts, of which each export has three."""
    made, failed = 0, 0
    _tidy(platform)
    while time_left() > LEAST_SECONDS:
        export = _take(platform)
        if export is None:
            return {"done": True, "made": made, "failed": failed}
        if _make(platform, export, time_left):
            made += 1
        else:
            failed += 1
    return {"done": False, "made": made, "failed": failed}


def _tidy(platform: Platform) -> None:
    now = platform.clock.now()
    with platform.unit_of_work() as work:
        work.exports.expire(now)
        work.exports.forget(now - policy.ROW_LIFE)


def _take(platform: Platform) -> Export | None:
    now = platform.clock.now()
    with platform.unit_of_work() as work:
        return work.exports.take_waiting(now, now + policy.LEASE)


def _make(platform: Platform, export: Export, time_left: Callable[[], float]) -> bool:
    def check() -> None:
        if time_left() < ENDING_SECONDS:
            raise TooLarge

    # More than these are begun only where the earlier ones were killed.
    if export.attempts > policy.ATTEMPTS:
        _give_up(platform, export)
        return False
    try:
        with platform.objects.writing("uploads", export_key(export), content_type="application/zip") as out:
            write_archive(platform, export.user_id, out, check)
        _tell_ready(platform, export)
    except Exception as failure:  # noqa: BLE001 - told here, and the call counts as a failed one at its end
        said = {"export_id": str(export.id), "attempt": export.attempts, "cause": type(failure).__name__}
        logger().exception("export not made", extra=said)
        if export.attempts >= policy.ATTEMPTS:
            _give_up(platform, export)
        else:
            with platform.unit_of_work() as work:
                work.exports.release(export.id, platform.clock.now() + policy.PAUSE)
        return False
    return True


def _tell_ready(platform: Platform, export: Export) -> None:
    now = platform.clock.now()
    with platform.unit_of_work() as work:
        ready = work.exports.mark_ready(export, now, now + policy.EXPORT_LIFE)
        if ready:
            work.record(outcome_activity("export.ready", export, platform.clock))
    if not ready:
        # Its owner left, or another run was faster and has told them: of the same export, under the same key.
        with platform.unit_of_work() as work:
            latest = work.exports.find_latest(export.user_id)
        if latest is None:
            platform.objects.delete("uploads", export_key(export))


def _give_up(platform: Platform, export: Export) -> None:
    with platform.unit_of_work() as work:
        if work.exports.mark_failed(export.id):
            work.record(outcome_activity("export.failed", export, platform.clock))
