from datetime import UTC, datetime
from uuid import UUID

from mundotango import places, text
from mundotango.errors import NotFound
from mundotango.events import policy
from mundotango.events.model import Event, event_payload
from mundotango.ids import new_id
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, city_channel, fits
from mundotango.text import refused
from mundotango.work import UnitOfWork

EVENTS = "events"


def create_event(
    work: UnitOfWork,
    *,
    organiser_id: UUID,
    title: str,
    description: str,
    kind: str,
    city: str,
    country: str,
    venue_name: str,
    address: str,
    latitude: float,
    longitude: float,
    zone: str,
    starts_at: datetime,
    ends_at: datetime,
    clock: Clock,
) -> Event:
    policy.times(starts_at, ends_at)
    event = Event(
        id=new_id(),
        title=policy.title(title),
        description=policy.description(description),
        kind=policy.kind(kind),
        city=places.city(city),
        country=places.country(country),
        venue_name=policy.venue_name(venue_name),
        address=policy.address(address),
        latitude=places.latitude(latitude),
        longitude=places.longitude(longitude),
        zone=policy.zone(zone),
        starts_at=starts_at.astimezone(UTC),
        ends_at=ends_at.astimezone(UTC),
        organiser_id=organiser_id,
        status="published",
        created_at=clock.now(),
    )
    work.events.add(event)
    work.record(_created(event))
    return event


def get_event(work: UnitOfWork, event_id: UUID) -> Event:
    event = work.events.find(event_id)
    if event is None:
        raise NotFound("no such event")
    return event


def list_events(
    work: UnitOfWork,
    *,
    city: str | None = None,
    from_: datetime | None = None,
    to: datetime | None = None,
    cursor: str | None = None,
    limit: int,
    clock: Clock,
) -> Page[Event]:
    """What takes place between `from_` (now, if none is given) and `to`, first beginning first.

    What began before and still goes on is part of it; what ends at `from_` or begins at `to` is not. The city is
    found however it is accented or capitalised; without one, all cities.
    """
    checked_limit(limit)
    for field, moment in (("from", from_), ("to", to)):
        if moment is not None:
            policy.moment(field, moment)
    if from_ is not None and to is not None and to <= from_:
        raise refused("to", "must be after from")

    found = work.events.list_published(
        city=places.city(city) if city is not None else None,
        from_=from_ or clock.now(),
        to=to,
        after=work.read_cursor(EVENTS, cursor) if cursor else None,
        limit=limit + 1,
    )
    return page_of(found, limit, lambda event: work.sign_cursor(EVENTS, Place(event.starts_at, event.id)))


def _created(event: Event) -> Activity:
    """Told to those who look at the city."""
    payload = event_payload(event)
    return Activity(
        id=new_id(),
        kind="event.created",
        actor_id=event.organiser_id,
        channel=city_channel(text.key(event.city)),
        payload=payload if fits(payload) else {"id": payload["id"]},
        occurred_at=event.created_at,
    )
