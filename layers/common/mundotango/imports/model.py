"""Events that a file tells of, before anybody checked them: what other calendars and tables say, in our words."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mundotango.errors import MundoTangoError


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an event takes place, as far as the file says; empty or None where it does not.

    `text` is all that the file says of it in words, by which a venue that is there may be known.
    """

    venue_id: UUID | None = None
    name: str = ""
    address: str = ""
    text: str = ""
    city: str = ""
    country: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Deviation:
    """One time of a series that is unlike the others. `original` is when the series has it start, by the clocks of the
    place; `starts` and `ends` are as those of a candidate, or None where the hour is the series' own."""

    original: datetime
    cancelled: bool
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that might be announced.

    `line` is where it begins in the file; `uid` is what the file knows it by, if it says that. `starts` and `ends` are
    moments, or, without an offset, times by the clocks of the place; `zone` is its IANA zone, empty where the file says
    none. `kind` is empty where nothing tells it. `excluded` and `added` are by the clocks of the place.
    """

    line: int
    title: str
    starts: datetime
    ends: datetime
    description: str = ""
    language: str = ""
    kind: str = ""
    zone: str = ""
    rule: str = ""
    excluded: tuple[datetime, ...] = ()
    added: tuple[datetime, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    spot: Spot = Spot()
    price: int | None = None
    currency: str = ""
    link: str = ""
    tags: tuple[str, ...] = ()
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is not taken over, and why not. Of what has no title yet `title` is empty."""

    line: int
    title: str
    refusal: MundoTangoError


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a file says, each in the order of the file. `notices` are of the file as a whole."""

    candidates: tuple[Candidate, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafted:
    """An event that was made of what begins at this line."""

    line: int
    event_id: UUID
    title: str
