"""When a digest is due, and what is in it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from mundotango.languages import Language
from mundotango.notifications.model import Notification, NotificationKind, Rhythm, Shown
from mundotango.notifications.wording import sentence_of

# Hours of the reader's own clock. The first run after nine looks at everybody; two more have time for those whom it had
# none for, and for all of them when it did not run. No zone changes its clocks in these hours: each day has them once.
FIRST_HOUR, LAST_HOUR = 9, 11
MONDAY = 0

# What is older is news to nobody: a little more than the days between two, so that one that was late leaves none out.
SPAN: dict[Rhythm, timedelta] = {"daily": timedelta(days=2), "weekly": timedelta(days=8)}
LOOKED_AT = 100
LINES = 8

# Mails are kept for longer than this by few, and the link in each works as long as it is known.
SENT_LIFE = timedelta(days=400)

# What the subject counts, in this order, and how many of them.
COUNTED: tuple[NotificationKind, ...] = (
    "registration",
    "event_change",
    "mention",
    "reply",
    "follow_request",
    "follow",
    "share",
    "moderation",
    "reminder",
)
MOST_COUNTS = 2


def due_days(now: datetime, zones: Collection[str] | None = None) -> dict[str, date]:
    """The zones, of all there are, in which it is time now, and what day it is there."""
    found = {}
    for zone in available_timezones() if zones is None else zones:
        there = now.astimezone(ZoneInfo(zone))
        if FIRST_HOUR <= there.hour <= LAST_HOUR:
            found[zone] = there.date()
    return found


def rhythms_on(day: date) -> tuple[Rhythm, ...]:
    return ("daily", "weekly") if day.weekday() == MONDAY else ("daily",)


def oldest(rhythm: Rhythm, now: datetime) -> datetime:
    return now - SPAN.get(rhythm, SPAN["weekly"])


def values(name: str, rhythm: Rhythm, shown: Sequence[Shown], language: Language) -> dict[str, Any]:
    """What the template of a digest says it with."""
    people, others = _people(shown)
    counts = {kind: sum(1 for each in shown if each.notification.kind == kind) for kind in COUNTED}
    return {
        "name": name,
        "rhythm": rhythm,
        "people": people,
        "others": others,
        "counts": [[kind, number] for kind, number in counts.items() if number][:MOST_COUNTS],
        "lines": [_line(each, language) for each in shown[:LINES]],
        "more": len(shown) - len(shown[:LINES]),
    }


def _people(shown: Sequence[Shown]) -> tuple[list[str], int]:
    """The newest, and how many there are beside; whom the reader does not see is not among them."""
    named = [actor for each in shown for actor in each.actors]
    if not named:
        return [], 0
    everybody = {actor for each in shown for actor in each.notification.actors}
    unseen = {actor for each in shown for actor in each.notification.actor_ids} - {actor.id for actor in named}
    return [named[0].display_name], len(everybody - unseen) - 1


def _line(shown: Shown, language: Language) -> dict[str, Any]:
    """Of an event a whole sentence, of people what the template makes one of."""
    return {
        "said": sentence_of(shown.notification, language),
        "kind": shown.notification.kind,
        "people": [actor.display_name for actor in shown.actors],
        "others": shown.count - len(shown.actors),
        "path": _path(shown),
    }


def _path(shown: Shown) -> str:
    """Where the site shows it."""
    notification: Notification = shown.notification
    if "post_id" in notification.subject:
        return f"/posts/{notification.subject['post_id']}"
    if "event_id" in notification.subject:
        return f"/events/{notification.subject['event_id']}"
    if notification.kind in ("follow", "follow_accepted") and len(shown.actors) == 1:
        return f"/users/{shown.actors[0].handle}"
    return "/notifications"
