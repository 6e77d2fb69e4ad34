from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

EventKind = Literal["class", "concert", "encuentro", "festival", "marathon", "milonga", "practica", "workshop"]
EventStatus = Literal["published"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something to dance at. `zone` is the IANA time zone of the place; `country` is ISO 3166-1, two letters."""

    id: UUID
    title: str
    description: str
    kind: EventKind
    city: str
    country: str
    venue_name: str
    address: str
    latitude: float
    longitude: float
    zone: str
    starts_at: datetime
    ends_at: datetime
    organiser_id: UUID
    status: EventStatus
    created_at: datetime
