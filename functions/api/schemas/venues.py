from typing import Annotated, Any

from pydantic import Field, StrictFloat

from functions.api.schemas.base import UNSAID, Answered, Asked, Id, Line, Moment
from mundotango import places

# Shown to readers of the API; it is the policy that refuses.
_COUNTRY: dict[str, Any] = {"pattern": f"^{places.COUNTRY}$"}
_LATITUDE: dict[str, Any] = {"minimum": -places.LARGEST_LATITUDE, "maximum": places.LARGEST_LATITUDE}
_LONGITUDE: dict[str, Any] = {"minimum": -places.LARGEST_LONGITUDE, "maximum": places.LARGEST_LONGITUDE}

Country = Annotated[str, Field(json_schema_extra=_COUNTRY, description="ISO 3166-1, two letters.")]
Latitude = Annotated[StrictFloat, Field(json_schema_extra=_LATITUDE)]
Longitude = Annotated[StrictFloat, Field(json_schema_extra=_LONGITUDE)]
Zone = Annotated[Line, Field(description="IANA time zone of the place, such as America/Argentina/Buenos_Aires.")]


class NewVenue(Asked):
    name: Line
    address: Line = ""
    city: Line
    country: Country
    latitude: Latitude
    longitude: Longitude
    zone: Zone


class VenueChanges(Asked):
    """What is left out stays as it is."""

    name: Line = UNSAID
    address: Line = UNSAID
    city: Line = UNSAID
    country: Country = UNSAID
    latitude: Latitude = UNSAID
    longitude: Longitude = UNSAID
    zone: Zone = UNSAID


class VenueBody(Answered):
    id: Id
    name: str
    address: str
    city: str
    country: str
    latitude: float
    longitude: float
    zone: str
    created_at: Moment
    version: int = Field(description="Counts the edits, from 1; what `If-Match` of a change must say.")


class VenuePage(Answered):
    items: list[VenueBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")
