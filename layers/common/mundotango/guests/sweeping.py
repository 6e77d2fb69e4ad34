"""What no request waits for: guests are told that their event changed, reminded of it, and forgotten when it is over.

Who was written to is noted in the transaction that records the mail, so that a run that is cut off, or comes again,
writes nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mundotango.guests import policy
from mundotango.guests.telling import tell

if TYPE_CHECKING:
    from uuid import UUID

    from mundotango.bootstrap import Platform
    from mundotango.events.model import Dated
    from mundotango.guests.model import Guest, News
    from mundotango.work import UnitOfWork

PAGE = 100
STEP_SECONDS = 10.0


def sweep_guests(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """`done` is false when the time was up first: the next run goes on."""
    # The later reminder first: who gets that one needs the earlier one no more.
    reminders = [partial(_remind, platform, number) for number in range(len(policy.REMINDERS), 0, -1)]
    steps: list[tuple[str, Callable[[], int]]] = [
        ("told", partial(_tell_changes, platform)),
        *(("reminded", reminder) for reminder in reminders),
        ("forgotten", partial(_forget, platform)),
    ]
    tally = {"told": 0, "reminded": 0, "forgotten": 0}
    for name, step in steps:
        page = PAGE
        while page == PAGE:
            if time_left() < STEP_SECONDS:
                return {"done": False, **tally}
            page = step()
            tally[name] += page
    return {"done": True, **tally}


def _tell_changes(platform: Platform) -> int:
    with platform.unit_of_work() as work:
        guests = work.guests.take_untold(PAGE)
        _tell(platform, work, guests, lambda dated: policy.change_of(dated.occurrence.status))
    return len(guests)


def _remind(platform: Platform, number: int) -> int:
    news, ahead = policy.REMINDERS[number - 1]
    with platform.unit_of_work() as work:
        guests = work.guests.list_to_remind(number, ahead, platform.clock.now(), PAGE)
        work.guests.note_reminded([guest.id for guest in guests], number)
        _tell(platform, work, guests, lambda _: news)
    return len(guests)


def _tell(platform: Platform, work: UnitOfWork, guests: Sequence[Guest], news_of: Callable[[Dated], News]) -> None:
    by_occurrence: dict[UUID, list[Guest]] = defaultdict(list)
    for guest in guests:
        by_occurrence[guest.occurrence_id].append(guest)
    for occurrence_id, coming in by_occurrence.items():
        dated = work.events.find_at(occurrence_id)
        if dated is not None and dated.occurrence.status != "draft":
            tell(work, dated, [(guest, news_of(dated), None) for guest in coming], platform.clock)


def _forget(platform: Platform) -> int:
    with platform.unit_of_work() as work:
        now = platform.clock.now()
        work.guests.keep_longer(policy.KEPT_AFTER, now)
        due = work.guests.list_to_forget(now, PAGE)
        work.guests.forget(due)
    return len(due)
