"""What lists of events are asked by, and what they answer besides pages."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from functions.api.schemas.base import Answered, Id, Line, Moment, empty_is_absent
from mundotango.agenda import policy
from mundotango.agenda.model import Query
from mundotango.events.model import EventKind, EventStatus
from mundotango.pagination import DEFAULT_LIMIT, LARGEST_LIMIT

_WHEN: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$"},
    ]
}
_Absent = BeforeValidator(empty_is_absent)
_Line = Annotated[Line | None, _Absent]
_Number = Annotated[float | None, _Absent]
_Cursor = Annotated[
    Annotated[str, StringConstraints(max_length=500)] | None,
    _Absent,
    Field(description="`next_cursor` of the page before; without it, the first page."),
]
_Limit = Annotated[int, Field(ge=1, le=LARGEST_LIMIT)]
_When = Annotated[Annotated[str, StringConstraints(max_length=40)] | None, _Absent]

_PAGE = frozenset({"cursor", "limit"})


class Filters(BaseModel):
    """However they are spelt and in whatever order they come, the same question has the same answer: names without
    regard to accents and capitals, coordinates to a thousandth of a degree, moments to the minute."""

    model_config = ConfigDict(populate_by_name=True)

    city: _Line = None
    country: Annotated[_Line, Field(description="ISO 3166-1, two letters.")] = None
    near: Annotated[
        _Line,
        Field(
            description="latitude,longitude; or the two by themselves. The edge sends `me` on to where the viewer is."
        ),
    ] = None
    latitude: _Number = None
    longitude: _Number = None
    radius_km: Annotated[
        _Number,
        Field(
            description=f"Around that place, up to {policy.LARGEST_RADIUS_KM}; {policy.DEFAULT_RADIUS_KM} if unsaid."
        ),
    ] = None
    bbox: Annotated[
        _Line,
        Field(description="west,south,east,north, as in RFC 7946; west of it may be greater than east."),
    ] = None
    from_: Annotated[
        _When,
        Field(
            alias="from",
            json_schema_extra=_WHEN,
            description="Without it, from now on; what still goes on is among it. A day, or a time without an offset, "
            "is by the clocks of the zone.",
        ),
    ] = None
    to: Annotated[_When, Field(json_schema_extra=_WHEN, description="A day is among it.")] = None
    zone: Annotated[_Line, Field(description="IANA time zone of whoever asks, such as Europe/Berlin.")] = None
    kind: Annotated[
        list[Line], Field(max_length=50, description="One or several, each by itself or with commas between.")
    ] = []
    role: Annotated[_Line, Field(description="leader or follower: what takes place and still looks for them.")] = None
    price_max: Annotated[
        Annotated[int | None, _Absent],
        Field(description="In the currency's smallest unit. What is free is among it, what says no price is not."),
    ] = None
    currency: Annotated[_Line, Field(description="ISO 4217, of price_max.")] = None
    free: Annotated[bool | None, _Absent] = None
    q: Annotated[
        _Line,
        Field(
            description="Words of the title, the description, the venue, the city, the people or the tags, in Spanish "
            "or in English; a letter or two may be wrong."
        ),
    ] = None
    organiser: Annotated[
        Annotated[Id | None, _Absent], Field(description="Who announced it, or organises it with others.")
    ] = None

    def query(self) -> Query:
        """What was asked of the list, but for the page."""
        return policy.query(**{name: getattr(self, name) for name in type(self).model_fields if name not in _PAGE})


class ListFilters(Filters):
    sort: Annotated[
        _Line,
        Field(
            description="start; distance, near a place; or rank, with words, which they are sorted by if nothing is "
            "said. By rank an event comes once, at its next time."
        ),
    ] = None

    cursor: _Cursor = None
    limit: _Limit = DEFAULT_LIMIT


class CountOf(Answered):
    value: str
    count: int


class CityCountBody(Answered):
    city: str
    country: str
    count: int


class FacetsBody(Answered):
    total: int = Field(
        description=f"How much takes place, each time of a series by itself; at most {policy.MOST_COUNTED}."
    )
    more: bool = Field(description="There is more than was counted: the counts are of what starts first.")
    free: int
    kinds: list[CountOf] = Field(description="The most first, as all of these.")
    countries: list[CountOf]
    cities: list[CityCountBody] = Field(description=f"The first {policy.MOST_CITIES_COUNTED}.")


class PointBody(Answered):
    type: Literal["Point"] = "Point"
    coordinates: list[float] = Field(min_length=2, max_length=2, description="Longitude, latitude.")


class PinBody(Answered):
    event_id: Id
    title: str
    kind: EventKind
    status: EventStatus
    starts_at: Moment
    ends_at: Moment
    zone: str
    venue_name: str
    city: str


class FeatureBody(Answered):
    type: Literal["Feature"] = "Feature"
    id: Id = Field(description="Of the occurrence.")
    geometry: PointBody
    properties: PinBody


class FeatureCollectionBody(Answered):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[FeatureBody]
    more: bool = Field(description=f"There is more than these {policy.MOST_PINS}, which start first.")
