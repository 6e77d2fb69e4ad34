from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from functions.api.schemas.base import Answered, Id, Line, Moment, empty_is_absent
from mundotango.events.model import EventKind, EventStatus
from mundotango.tonight import policy
from mundotango.tonight.model import Area

_Number = Annotated[float | None, BeforeValidator(empty_is_absent)]


class Where(BaseModel):
    """A city, or a place. Of a place the cell counts that it lies in, a tenth of a degree wide and
    high, or a fifth from 25 km on."""

    city: Annotated[Line | None, BeforeValidator(empty_is_absent)] = None
    latitude: _Number = None
    longitude: _Number = None
    radius_km: Annotated[
        _Number,
        Field(
            description=f"{', '.join(map(str, policy.RADII_KM))}; anything between is the next of them, and "
            f"{policy.DEFAULT_RADIUS_KM} if unsaid. The answer has some beyond it, as far as a cell is wide."
        ),
    ] = None

    def area(self) -> Area:
        return policy.area(city=self.city, latitude=self.latitude, longitude=self.longitude, radius_km=self.radius_km)


class TonightItem(Answered):
    id: Id = Field(description="Of the event.")
    occurrence_id: Id
    title: str
    kind: EventKind
    status: EventStatus
    starts_at: Moment
    ends_at: Moment
    zone: str
    venue_name: str
    address: str
    latitude: float
    longitude: float
    price: int | None
    currency: str
    changed_at: Moment


class Tonight(Answered):
    items: list[TonightItem] = Field(
        description=f"What starts first; {policy.MOST} at most. What is called off is among it, and says so."
    )
    more: bool = Field(description="There is more, which /api/public/events lists.")
