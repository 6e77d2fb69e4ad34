from typing import Annotated, Any

from pydantic import Field, StrictFloat

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment
from mundotango import places
from mundotango.events.model import EventKind, EventStatus

# Shown to readers of the API; it is the policy that refuses.
_COUNTRY: dict[str, Any] = {"pattern": f"^{places.COUNTRY}$"}
_LATITUDE: dict[str, Any] = {"minimum": -places.LARGEST_LATITUDE, "maximum": places.LARGEST_LATITUDE}
_LONGITUDE: dict[str, Any] = {"minimum": -places.LARGEST_LONGITUDE, "maximum": places.LARGEST_LONGITUDE}


class NewEvent(Asked):
    title: Line
    description: Lines = ""
    kind: EventKind
    city: Line
    country: Annotated[str, Field(json_schema_extra=_COUNTRY, description="ISO 3166-1, two letters.")]
    venue_name: Line
    address: Line
    latitude: Annotated[StrictFloat, Field(json_schema_extra=_LATITUDE)]
    longitude: Annotated[StrictFloat, Field(json_schema_extra=_LONGITUDE)]
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
