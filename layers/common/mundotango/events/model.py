from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mundotango.posts.model import moment_payload

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


def event_payload(event: Event) -> dict[str, Any]:
    """In JSON's types, as the API answers it."""
    ids = {"id": str(event.id), "organiser_id": str(event.organiser_id)}
    moments = {name: moment_payload(getattr(event, name)) for name in ("starts_at", "ends_at", "created_at")}
    return asdict(event) | ids | moments
