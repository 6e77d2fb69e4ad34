"""What may be asked of the agenda, in the one form that all spellings of a question share, and what is counted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from mundotango.events.model import EventKind

Order = Literal["start", "distance", "rank"]
NeededRole = Literal["leader", "follower"]


@dataclass(frozen=True, slots=True)
class Near:
    """Within `metres` of a point on the globe."""

    latitude: float
    longitude: float
    metres: int


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of a map. Where `west` is greater than `east`, it lies across the antimeridian."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Price:
    """At most so much, in the currency's smallest unit; what is free is always among it."""

    most: int
    currency: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question, made by `policy.query`. Two that mean the same are equal, and their `repr` is too.

    `city` is a key, `words` are keys in the order of the alphabet, and moments are whole minutes in UTC.
    """

    city: str | None = None
    country: str | None = None
    near: Near | None = None
    box: Box | None = None
    from_: datetime | None = None
    to: datetime | None = None
    kinds: tuple[EventKind, ...] = ()
    role: NeededRole | None = None
    price: Price | None = None
    words: tuple[str, ...] = ()
    organiser_id: UUID | None = None
    order: Order = "start"


@dataclass(frozen=True, slots=True)
class CityCount:
    city: str
    country: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Of what is found, how much is of each kind and in each place, the most first. `more` says that there is more than
    was counted."""

    total: int
    more: bool
    free: int
    kinds: dict[EventKind, int]
    countries: dict[str, int]
    cities: tuple[CityCount, ...]


@dataclass(frozen=True, slots=True)
class Pin:
    """An occurrence as it stands on a map."""

    id: UUID
    event_id: UUID
    title: str
    kind: EventKind
    status: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    venue_name: str
    city: str
    latitude: float
    longitude: float
