import re
from datetime import datetime, timedelta
from typing import cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mundotango.errors import Said
from mundotango.events.model import EventKind
from mundotango.text import clean, refused

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 10_000
LONGEST_NAME = 200
# A festival or a long tango cruise. Lists rely on it: what ends after a moment has not begun long before it.
LONGEST_EVENT = timedelta(days=31)

_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]*(/[A-Za-z0-9_+-]+){1,2}")
_YEARS = range(2000, 2200)


def title(value: str) -> str:
    return clean("title", value, longest=LONGEST_TITLE)


def description(value: str) -> str:
    return clean("description", value, longest=LONGEST_DESCRIPTION, required=False, lines=True)


def kind(value: str) -> EventKind:
    if value not in get_args(EventKind):
        raise refused("kind", Said("must be one of {choices}", choices=", ".join(get_args(EventKind))))
    return cast(EventKind, value)


def venue_name(value: str) -> str:
    return clean("venue_name", value, longest=LONGEST_NAME)


def address(value: str) -> str:
    return clean("address", value, longest=LONGEST_NAME, required=False)


def zone(value: str) -> str:
    """An IANA name of a place; abbreviations and fixed offsets know no summer time and are refused."""
    try:
        if _ZONE.fullmatch(value):
            ZoneInfo(value)
            return value
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # OSError: the name of a folder of zones
    raise refused("zone", "must be an IANA time zone, such as America/Argentina/Buenos_Aires")


def times(starts_at: datetime, ends_at: datetime) -> None:
    moment("starts_at", starts_at)
    moment("ends_at", ends_at)
    if ends_at <= starts_at:
        raise refused("ends_at", "must be after starts_at")
    if ends_at - starts_at > LONGEST_EVENT:
        raise refused("ends_at", Said("must be at most {days} days after starts_at", days=LONGEST_EVENT.days))


def moment(field: str, value: datetime) -> None:
    if value.utcoffset() is None:
        raise refused(field, "must say its offset from UTC")
    if value.year not in _YEARS:
        raise refused(field, Said("must be in the years {first} to {last}", first=_YEARS.start, last=_YEARS.stop - 1))
