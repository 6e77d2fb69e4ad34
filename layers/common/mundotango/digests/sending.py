"""Look at the inboxes of those for whom it is time, page by page.

Somebody is marked as looked at in the transaction that writes to them; those of a page who have nothing unread are
marked together. A run that is cut off before that looks at these once more, and the next one goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import available_timezones

from mundotango.digests import policy
from mundotango.digests.service import write_digest
from mundotango.errors import NotFound
from mundotango.observability import logger
from mundotango.realtime.policy import position_at

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform
    from mundotango.digests.model import Due
    from mundotango.notifications.model import Notification, NotificationPreferences
    from mundotango.notifications.ports import Inbox

    type Page = list[tuple[Due, NotificationPreferences]]

PAGE = 100
# So many inboxes of a page are read side by side, as many as botocore keeps connections; most have nothing unread.
READERS = 10
# One person takes two reads of an inbox and one transaction, of seconds each at worst.
LEAST_SECONDS = 30.0
NO_SENDER = "the stack has no SesIdentity and SesFrom"


@dataclass(slots=True)
class Tally:
    looked_at: int = 0
    written: int = 0
    failed: int = 0


def send_digests(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """`looked_at` counts inboxes, `written` digests. `done` is false when the time was up first: the next run goes on.

    One inbox that cannot be read holds up no other, and is looked at again by the next run.
    """
    if not platform.sender.address:
        return {"done": True, **asdict(Tally()), "nothing_sent": NO_SENDER}
    days = policy.due_days(platform.clock.now())
    tally = Tally()
    after: UUID | None = None
    while page := _page(platform, days, after):
        if not _look(platform, page, time_left, tally):
            return {"done": False, **asdict(tally)}
        after = page[-1][0].user_id
    with platform.unit_of_work() as work:
        work.digests.forget(platform.clock.now() - policy.SENT_LIFE, 10 * PAGE)
    return {"done": True, **asdict(tally)}


def send_digest_now(platform: Platform, user_id: UUID) -> dict[str, object]:
    """What this person has not read, whatever their hour and rhythm, and whether or not a digest told it.

    Who wants no digests gets none this way either.

    Raises:
        NotFound: nobody with this id has a profile, or they are leaving.
    """
    if not platform.sender.address:
        return {"done": True, **asdict(Tally()), "nothing_sent": NO_SENDER}
    now = platform.clock.now()
    with platform.unit_of_work() as work:
        due = work.digests.find(user_id, dict.fromkeys(available_timezones(), now.date()))
        if due is None:
            raise NotFound("no such user")
        preferences = work.notification_preferences.of([user_id])[user_id]
    unread = _unread(platform.inbox, due, "", now)
    with platform.unit_of_work() as work:
        written = write_digest(work, due, preferences, unread, now.isoformat(), platform.clock)
    return {"done": True, "unread": len(unread), "rhythm": due.rhythm, "written": int(written)}


def _page(platform: Platform, days: Mapping[str, date], after: UUID | None) -> Page:
    with platform.unit_of_work() as work:
        page = work.digests.list_due(days, after, PAGE) if days else []
        preferences = work.notification_preferences.of([due.user_id for due in page]) if page else {}
    return [(due, preferences[due.user_id]) for due in page if due.user_id in preferences]


def _look(platform: Platform, page: Page, time_left: Callable[[], float], tally: Tally) -> bool:
    """False when the time was up first."""
    quiet: list[Due] = []
    in_time = True
    inbox, now = platform.inbox, platform.clock.now()
    with ThreadPoolExecutor(READERS) as threads:
        reads = [threads.submit(_unread, inbox, due, due.up_to, now) for due, _ in page]
        for (due, preferences), read in zip(page, reads, strict=True):
            if time_left() < LEAST_SECONDS:
                in_time = False
                threads.shutdown(wait=False, cancel_futures=True)
                break
            try:
                if unread := read.result():
                    tally.written += _write(platform, due, preferences, unread)
                else:
                    quiet.append(due)
            except Exception as failure:  # noqa: BLE001 - told here, and the call counts as a failed one at its end
                tally.failed += 1
                logger().exception("no digest", extra={"user_id": str(due.user_id), "cause": type(failure).__name__})
            else:
                tally.looked_at += 1
    with platform.unit_of_work() as work:
        work.digests.mark(quiet)
    return in_time


def _write(platform: Platform, due: Due, preferences: NotificationPreferences, unread: Sequence[Notification]) -> bool:
    with platform.unit_of_work() as work:
        written = write_digest(work, due, preferences, unread, due.day.isoformat(), platform.clock)
        work.digests.mark([due])
    return written


def _unread(inbox: Inbox, due: Due, told: str, now: datetime) -> list[Notification]:
    oldest = position_at(policy.oldest(due.rhythm, now))
    since = max(told, inbox.read_up_to(due.user_id), oldest)
    return inbox.newest(due.user_id, since=since, before=None, limit=policy.LOOKED_AT)
