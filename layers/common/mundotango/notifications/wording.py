"""What items about events say, in a sentence of their reader's language; times are said by the clocks where they are.

Beside the sentence of a state stands, under `…_partner`, that of what the other of a couple did for both.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mundotango.mail.rendering import isolated
from mundotango.notifications.model import DATED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mundotango.languages import Language
    from mundotango.notifications.model import Notification

WORDS = Path(__file__).with_name("words")


def sentence_of(item: Notification, language: Language) -> str | None:
    """None of what is no event's."""
    if item.kind not in DATED:
        return None
    known = words(language)[item.kind]
    return _filled(known[_key(item, known)], item.subject, language)


def offer_said(subject: Mapping[str, Any], language: Language) -> str:
    """Of a place that is offered."""
    return _filled(words(language)["registration"]["offered"], subject, language)


def _filled(sentence: str, subject: Mapping[str, Any], language: Language) -> str:
    zones = subject["local_zone"], subject["zone"]
    until = subject.get("offered_until")
    return sentence.format(
        title=isolated(subject["title"]),
        when=moment_said(subject["starts_at"], *zones, language),
        venue=isolated(subject["venue_name"]),
        until=moment_said(until, *zones, language) if until else "",
    )


def moment_said(moment: str, zone: str, usual: str, language: Language) -> str:
    """The day and the time in a zone, and in which where it is not the `usual` one."""
    there = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
    known = words(language)["moment"]
    said = known["here" if zone == usual else "elsewhere"]
    return str(said).format(
        weekday=known["weekdays"][there.weekday()],
        day=there.day,
        month=known["months"][there.month - 1],
        time=f"{there:%H:%M}",
        place=zone.rpartition("/")[2].replace("_", " "),
    )


@cache
def words(language: Language) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
    return found


def _key(item: Notification, known: Mapping[str, str]) -> str:
    subject = item.subject
    match item.kind:
        case "registration":
            partners = f"{subject['state']}_partner"
            return partners if subject["by"] == "partner" and partners in known else subject["state"]
        case "event_change":
            changed = subject["changed"].split(",")
            return subject["status"] if "status" in changed else "_".join(changed)
        case _:
            return str(subject["ahead"])
