"""Keeps what events are found by: what a person's new name left for later is written, what is over is set apart, and
each document is written anew once a week.

So what was missed is mended: an event that the version before this one announced, the name of somebody erased. A word
that no document was written with for weeks is in none. A run that is cut off begins anew, without what it wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from mundotango.agenda.policy import OVER_FOR

if TYPE_CHECKING:
    from uuid import UUID

    from mundotango.bootstrap import Platform

WRITTEN_EACH = timedelta(days=7)
# The week until all are written anew, and a month in which that may fail.
WORDS_KEPT = timedelta(days=35)
PAGE = 200
STEP_SECONDS = 10.0


def sweep_documents(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    now = platform.clock.now()
    written, over = 0, 0
    after: UUID | None = None
    while time_left() >= STEP_SECONDS:
        with platform.unit_of_work() as work:
            due_now = work.documents.write_due(PAGE)
        written += due_now
        if due_now < PAGE:
            break
    while True:
        if time_left() < STEP_SECONDS:
            return {"done": False, "written": written, "over": over, "words_forgotten": 0}
        with platform.unit_of_work() as work:
            page = work.documents.page(after, PAGE)
            due = [event_id for event_id, at in page if at is None or at < now - WRITTEN_EACH]
            if due:
                work.documents.write(due)
            written += len(due)
            over += work.documents.set_apart([event_id for event_id, _ in page], now - OVER_FOR)
        if len(page) < PAGE:
            break
        after = page[-1][0]
    with platform.unit_of_work() as work:
        forgotten = work.documents.forget_words((now - WORDS_KEPT).date())
    return {"done": True, "written": written, "over": over, "words_forgotten": forgotten}
