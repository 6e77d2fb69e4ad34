"""Makes events of what a file says, each as if its organiser had announced it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from mundotango import places
from mundotango.errors import EventExists, Invalid, Said
from mundotango.events import policy as events_policy
from mundotango.events import service as events
from mundotango.events.model import Dated
from mundotango.events.said import Said as SaidOfEvent
from mundotango.imports.model import Candidate, Spot
from mundotango.occurrences.editing import Changes, edit_occurrence
from mundotango.ports import Clock, MediaRepository
from mundotango.recurrence.service import at
from mundotango.text import key, refused
from mundotango.venues import policy as venues_policy
from mundotango.venues.model import Site, Venue
from mundotango.venues.service import get_named
from mundotango.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Usual:
    """What holds where the file says nothing: the kind, the zone, and where events take place."""

    kind: str = ""
    zone: str = ""
    venue_id: UUID | None = None
    city: str = ""
    country: str = ""


def import_event(
    work: UnitOfWork,
    media_repo: MediaRepository,
    *,
    organiser_id: UUID,
    candidate: Candidate,
    usual: Usual,
    status: str = "draft",
    clock: Clock,
    event_id: UUID | None = None,
    announced: bool = True,
) -> Dated:
    """`event_id` is given to what is known again by it, whatever became of it since.

    Raises:
        EventExists: this organiser has it already: by this id, or of this title, at this time; what has an id of its
            own is another event if it takes place elsewhere.
        MundoTangoError: it lacks something, or says what no event may.
    """
    if event_id is not None and work.events.find_status(event_id) is not None:
        raise _exists(event_id)
    said = said_of(work, candidate, usual, status)
    known = _alike(work, organiser_id, said, elsewhere=event_id is None)
    if known is not None:
        raise _exists(known)
    dated = events.create_event(
        work,
        media_repo,
        organiser_id=organiser_id,
        said=said,
        clock=clock,
        event_id=event_id,
        announced=announced,
    )
    for deviation in candidate.deviations:
        changes = Changes()
        if deviation.cancelled:
            changes["status"] = "cancelled"
        if deviation.starts is not None and deviation.ends is not None:
            zone = dated.event.zone
            changes |= {
                "starts_at": _moment("starts_at", deviation.starts, zone),
                "ends_at": _moment("ends_at", deviation.ends, zone),
            }
        edited = edit_occurrence(
            work,
            event_id=dated.event.id,
            original=deviation.original,
            editor_id=organiser_id,
            version=dated.event.version,
            changes=changes,
            clock=clock,
            announced=announced,
        )
        dated = edited.dated
    return dated


def _exists(event_id: UUID) -> EventExists:
    return EventExists(Said("this event is there already: {id}", id=event_id), event_id)


def _alike(work: UnitOfWork, organiser_id: UUID, said: SaidOfEvent, *, elsewhere: bool) -> UUID | None:
    if not elsewhere and said.venue_id is None:
        return None  # nothing takes place yet at a venue that is new
    title = events_policy.title(said.title)
    return work.events.find_alike(organiser_id, title, said.starts_at, None if elsewhere else said.venue_id)


def said_of(work: UnitOfWork, candidate: Candidate, usual: Usual, status: str) -> SaidOfEvent:
    """What an organiser would say to announce it."""
    kind = candidate.kind or usual.kind
    if not kind:
        raise refused("kind", "must be given for what says none itself")
    spot = _checked(candidate.spot)
    venue = _venue(work, spot, usual)
    zone = candidate.zone or usual.zone or ("" if venue is None else venue.zone)
    if not zone:
        raise refused("zone", "must be given for what says none itself")
    places.zone(zone)
    return SaidOfEvent(
        title=candidate.title,
        kind=kind,
        starts_at=_moment("starts_at", candidate.starts, zone),
        ends_at=_moment("ends_at", candidate.ends, zone),
        description=candidate.description,
        language=candidate.language,
        status=status,
        venue_id=None if venue is None else venue.id,
        city=spot.city or usual.city,
        country=spot.country or usual.country,
        venue_name=spot.name,
        address=spot.address,
        latitude=spot.latitude,
        longitude=spot.longitude,
        zone=zone,
        rule=candidate.rule,
        excluded=candidate.excluded,
        added=candidate.added,
        price=candidate.price,
        currency=candidate.currency,
        link=candidate.link,
        tags=candidate.tags,
    )


def _checked(spot: Spot) -> Spot:
    """By the rules of a venue, also where it will be one that is known: what a file says is refused or not whatever is
    there already, and nothing is looked up by what no venue may have."""
    if spot.latitude is not None:
        places.latitude(spot.latitude)
    if spot.longitude is not None:
        places.longitude(spot.longitude)
    if spot.country:
        places.country(spot.country)
    places.city(spot.city, required=False)
    return replace(spot, name=venues_policy.name("LOCATION", spot.name)) if spot.name else spot


def _venue(work: UnitOfWork, spot: Spot, usual: Usual) -> Venue | None:
    """The venue that is meant; None for one that is not there yet and that the file says enough of.

    By its name it is known where the file says in which city it is, or somebody did for the whole file.
    """
    if spot.venue_id is not None:
        return get_named(work, spot.venue_id)
    city, country = spot.city or usual.city, spot.country or usual.country
    if spot.name:
        if spot.latitude is not None and spot.longitude is not None:
            if near := work.venues.list_near(_site(spot, city, country, usual.zone), venues_policy.METRES_APART):
                return near[0]
            if city and country:
                return None
        elif there := _named(work.venues.list_named(spot.name), spot.text, city):
            return there
    if usual.venue_id is not None:
        return get_named(work, usual.venue_id)
    raise _nowhere(spot)


def _named(venues: Sequence[Venue], text: str, city: str) -> Venue | None:
    """The one of them in that city, or in the one that the text names."""
    asked, said = key(city), f" {' '.join(key(text).replace(',', ' ').split())} "
    found = [each for each in venues if key(each.city) == asked or (not city and f" {key(each.city)} " in said)]
    return found[0] if len(found) == 1 else None


def _site(spot: Spot, city: str, country: str, zone: str) -> Site:
    if spot.latitude is None or spot.longitude is None:
        raise AssertionError("a site is somewhere")
    return Site(spot.name, spot.address, city, country, spot.latitude, spot.longitude, zone)


def _nowhere(spot: Spot) -> Invalid:
    if not spot.name:
        return refused("LOCATION", "must be given, or a venue for all that have none")
    if spot.latitude is None:
        return refused("LOCATION", "is no venue that is known here; say where it is by GEO, or tell of the venue first")
    return refused("city", "must be given, with the country, for a venue that is new")


def _moment(field: str, time: datetime, zone: str) -> datetime:
    try:
        moment = at(time, zone) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:  # on the first or the last day that there is, which no event may have
        moment = datetime.min.replace(tzinfo=UTC)
    events_policy.moment(field, moment)
    return moment
