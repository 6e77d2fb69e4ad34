"""Who comes to what, as people are shown it: by a registration or, where an event takes none, by their word."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mundotango.events.model import EventKind, EventStatus
from mundotango.posts.model import Author
from mundotango.registrations.model import Chosen, Entry, Headcount, Role

Answer = Literal["going", "interested", "not_going"]
Window = Literal["none", "not_yet", "open", "closed"]
"""Whether one can register: `none` where the event takes no registrations."""


@dataclass(frozen=True, slots=True)
class Rsvp:
    """What somebody said of one time of an event. Who hides is shown to no other dancer as going."""

    answer: Answer
    hidden: bool
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who comes and is shown; without a role where they did not have to say one. `rank` is where they stand:
    who registered first at first."""

    person: Author
    role: Role | None
    rank: int


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody of a party. A guest has a name and nothing else."""

    name: str
    profile: Author | None


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time of an event, in short."""

    occurrence_id: UUID
    event_id: UUID
    title: str
    kind: EventKind
    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    zone: str
    city: str
    venue_name: str


@dataclass(frozen=True, slots=True)
class Turnout:
    """One time of an event and who comes: `going` are people who said so or have a place and accepted it, `waiting`
    are parties."""

    occurrence_id: UUID
    event_id: UUID
    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    taken: Headcount
    going: int
    waiting: int


@dataclass(frozen=True, slots=True)
class OwnRegistration:
    """A registration as one of its party is shown it: of whom they do not see nothing is `known`. `ahead` are those
    who wait and registered before, where it waits itself."""

    entry: Entry
    occasion: Occasion
    known: dict[UUID, Known]
    ahead: int | None


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration as organisers are shown it."""

    entry: Entry
    known: dict[UUID, Known]


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be had at one time of an event, for whoever thinks of registering. `free` says of each role, and of
    couples of a leader and a follower, how many there are places for now."""

    turnout: Turnout
    chosen: Chosen | None
    window: Window
    opens_at: datetime | None
    closes_at: datetime | None
    free: dict[str, int]


def author_of(row: dict[str, Any]) -> Author:
    return Author(row["person_id"], row["handle"], row["display_name"], row["avatar"])
