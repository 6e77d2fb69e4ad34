from typing import Annotated

from pydantic import Field

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment
from mundotango.events.model import EventKind, EventStatus

Latitude = Annotated[float, Field(ge=-90, le=90, strict=True, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, strict=True, allow_inf_nan=False)]


class NewEvent(Asked):
    title: Line
    description: Lines = ""
    kind: EventKind
    city: Line
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1, two letters.")]
    venue_name: Line
    address: Line
    latitude: Latitude
    longitude: Longitude
    zone: Annotated[Line, Field(description="IANA time zone of the place, such as America/Argentina/Buenos_Aires.")]
    starts_at: Moment
    ends_at: Moment


class EventBody(Answered):
    id: Id
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
    starts_at: Moment
    ends_at: Moment
    organiser_id: Id
    status: EventStatus
    created_at: Moment


class EventPage(Answered):
    items: list[EventBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")
