"""What is on tonight, in as few bytes as somebody on their way needs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mundotango.events.model import EventKind, EventStatus


@dataclass(frozen=True, slots=True)
class Cell:
    """A square of the globe in which all who ask get one answer: whatever is within `metres` of its middle."""

    latitude: float
    longitude: float
    metres: int


type Area = str | Cell
"""Where to dance: a city, by its key, or around a cell."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is on; the city by its key."""

    city_key: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Listed:
    """An occurrence of tonight."""

    id: UUID
    event_id: UUID
    title: str
    kind: EventKind
    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    zone: str
    venue_name: str
    address: str
    latitude: float
    longitude: float
    price: int | None
    currency: str
    changed_at: datetime
