"""What an organiser says of an event, and what becomes of it: the same for one that is new and for an edit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from mundotango import places
from mundotango.errors import FieldError, NotFound
from mundotango.events import policy
from mundotango.events.model import Event, Part, Text
from mundotango.ports import Clock
from mundotango.recurrence.model import Recurrence
from mundotango.recurrence.service import checked
from mundotango.text import refused
from mundotango.venues import policy as venues_policy
from mundotango.venues.model import Site, Venue
from mundotango.venues.service import get_named, venue_at
from mundotango.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Said:
    """As it came. The venue is named by its id, or by its name and where it is."""

    title: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    description: str = ""
    language: str = ""
    translations: Sequence[Text] = ()
    status: str = "published"
    venue_id: UUID | None = None
    city: str = ""
    country: str = ""
    venue_name: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    zone: str = ""
    rule: str = ""
    excluded: Sequence[datetime] = ()
    added: Sequence[datetime] = ()
    people: Sequence[Part] = ()
    price: int | None = None
    currency: str = ""
    link: str = ""
    tags: Sequence[str] = ()
    media: Sequence[tuple[UUID, str]] = ()
    parent_id: UUID | None = None


class Changes(TypedDict, total=False):
    """What an edit says; what it leaves out stays. `media` are all pictures it shows then, each with its words."""

    title: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    description: str
    language: str
    translations: Sequence[Text]
    status: str
    venue_id: UUID
    zone: str
    rule: str
    excluded: Sequence[datetime]
    added: Sequence[datetime]
    people: Sequence[Part]
    price: int | None
    currency: str
    link: str
    tags: Sequence[str]
    media: Sequence[tuple[UUID, str]]


def said_of(event: Event, starts_at: datetime, ends_at: datetime) -> Said:
    """What an organiser would have to say for the event to be as it is."""
    original = event.texts[0]
    return Said(
        title=original.title,
        kind=event.kind,
        starts_at=starts_at,
        ends_at=ends_at,
        description=original.description,
        language=original.language,
        translations=event.texts[1:],
        status=event.status,
        venue_id=event.venue_id,
        zone=event.zone,
        rule=event.recurrence.rule,
        excluded=event.recurrence.excluded,
        added=event.recurrence.added,
        people=event.people,
        price=event.price,
        currency=event.currency,
        link=event.link,
        tags=event.tags,
        media=[(UUID(picture["id"]), picture["alt"]) for picture in event.media],
        parent_id=event.parent_id,
    )


def venue_said(work: UnitOfWork, said: Said, user_id: UUID, clock: Clock) -> Venue:
    if said.venue_id is not None:
        return get_named(work, said.venue_id)
    if said.latitude is None or said.longitude is None:
        missing = "latitude" if said.latitude is None else "longitude"
        raise refused(missing, "must be given, or venue_id in its place")
    site = Site(
        name=venues_policy.name("venue_name", said.venue_name),
        address=said.address,
        city=said.city,
        country=said.country,
        latitude=said.latitude,
        longitude=said.longitude,
        zone=said.zone,
    )
    return venue_at(work, user_id=user_id, site=site, clock=clock)


def zone_said(said: Said, venue: Venue) -> str:
    return places.zone(said.zone) if said.zone else venue.zone


def recurrence_said(said: Said, starts: datetime, zone: str) -> Recurrence:
    """Of an event that is no series: none."""
    recurrence = Recurrence(said.rule, tuple(said.excluded), tuple(said.added))
    return recurrence if recurrence == Recurrence("") else checked(recurrence, starts, zone)


def people_said(work: UnitOfWork, said: Said, user_id: UUID) -> tuple[Part, ...]:
    """Only people whom the organiser sees are named by their profiles."""
    people = policy.people(said.people)
    asked = [part.user_id for part in people if part.user_id is not None]
    seen = work.events.list_linkable(asked, user_id) if asked else set()
    for index, part in enumerate(people):
        if part.user_id is not None and part.user_id not in seen:
            raise NotFound("no such user", FieldError(f"people.{index}.user_id", "is nobody's id"))
    return people
