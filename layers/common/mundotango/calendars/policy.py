"""What calendars are told of an event, where RFC 5545 leaves it to us."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from mundotango.events.model import Event, EventStatus, Text
from mundotango.occurrences.model import Occurrence
from mundotango.occurrences.policy import wall_times

# Who looks what they danced at last season finds it; calendars keep nothing of a feed that is not in it.
PAST = timedelta(days=90)
# By far the largest city has as many milongas in two weeks, and most of them are series.
MOST_OF_A_CITY = 200
# Three for each day of these ninety and some for the year ahead.
MOST_OF_ONES_OWN = 500
# A feed of a city tells what there is; the whole text is on the event's page and in its own file.
LONGEST_IN_A_FEED = 1000

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]


def status(event: EventStatus, *, tentative: bool = False) -> Status:
    """RFC 5545 has none for what is postponed. Nobody is to stand before a closed door, so at the time that was
    announced it is cancelled; once there is a new one it is confirmed again."""
    if event in ("cancelled", "postponed"):
        return "CANCELLED"
    return "TENTATIVE" if tentative else "CONFIRMED"


def sequence(event: Event, changed_at: datetime) -> int:
    """Raised by each change: by edits, which the version counts, and by what changes the event from elsewhere, as a
    move of its venue does. Neither of the two ever falls."""
    return event.version - 1 + max(0, int((changed_at - event.created_at).total_seconds()))


def changed_at(event: Event, occurrences: Iterable[Occurrence]) -> datetime:
    """Of the series as a whole. Its times are all changed by what changes the whole, and new ones are added each week:
    so it is the one that was changed longest ago which tells."""
    usual = [each.changed_at for each in occurrences if is_usual(event, each)]
    return max([event.changed_at, min(usual)] if usual else [event.changed_at])


def is_usual(event: Event, occurrence: Occurrence) -> bool:
    """Whether it has nothing of its own but what the series says too."""
    own = occurrence.own
    told = wall_times(event, occurrence.original, own) == (
        occurrence.original,
        occurrence.original + (event.ends - event.starts),
    )
    return told and own.status in (None, "published") and own.venue_id in (None, event.venue_id)


def text_in(event: Event, language: str) -> Text:
    """In that language, or else in the same one of another region; else the original."""
    wanted = language.lower()
    primary = _primary(wanted)
    exact = [text for text in event.texts if wanted and text.language.lower() == wanted]
    related = [text for text in event.texts if wanted and _primary(text.language.lower()) == primary]
    return [*exact, *related, event.texts[0]][0]


def _primary(language: str) -> str:
    return language.partition("-")[0]


def shortened(description: str, longest: int) -> str:
    return description if len(description) <= longest else f"{description[: longest - 1].rstrip()}…"
