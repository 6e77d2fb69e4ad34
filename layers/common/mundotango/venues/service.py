"""Places to dance at: told of once, by anybody, and named by everybody's events."""

from dataclasses import asdict, replace
from typing import TypedDict
from uuid import UUID

from mundotango import places, text
from mundotango.broadcasts.policy import moved
from mundotango.broadcasts.service import announce_move
from mundotango.errors import Conflict, FieldError, NotAllowed, NotFound, PreconditionFailed, Said, VenueExists
from mundotango.events.announcement import announce
from mundotango.forgetting.service import forget_venue, tonight_tags
from mundotango.ids import new_id
from mundotango.pagination import Page, Ranked, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.search import policy as search
from mundotango.text import refused
from mundotango.venues import policy
from mundotango.venues.model import Site, Venue
from mundotango.work import UnitOfWork

# Of what takes place there, that so many are told of a change, the soonest: whoever looks at others sees it in a list.
MOST_TOLD = 200


class Changes(TypedDict, total=False):
    """What an edit says; what it leaves out stays."""

    name: str
    address: str
    city: str
    country: str
    latitude: float
    longitude: float
    zone: str


def create_venue(work: UnitOfWork, *, user_id: UUID, site: Site, clock: Clock) -> Venue:
    """
    Raises:
        VenueExists: there is one of this name at this place; the refusal says which.
    """
    wanted = policy.checked(site)
    work.venues.hold_name(wanted.name)
    if there := work.venues.list_near(wanted, policy.METRES_APART):
        raise _exists(there[0])
    return _add(work, user_id, wanted, clock)


def venue_at(work: UnitOfWork, *, user_id: UUID, site: Site, clock: Clock) -> Venue:
    """The venue of this name at this place, which is told of by that if nobody has before."""
    wanted = policy.checked(site)
    work.venues.hold_name(wanted.name)
    for venue in work.venues.list_near(wanted, policy.METRES_APART):
        if text.key(venue.city) == text.key(wanted.city):
            return venue
    return _add(work, user_id, wanted, clock)


def edit_venue(
    work: UnitOfWork, *, venue_id: UUID, user_id: UUID, moderator: bool, version: int, changes: Changes, clock: Clock
) -> tuple[Venue, Venue]:
    """Before and after. What takes place there moves with it, and is told to be another.

    Raises:
        PreconditionFailed: it was edited since.
        VenueExists: it would become one that there is.
        Conflict: it would become another venue under the events of others.
    """
    before = get_venue(work, venue_id)
    if not policy.may_edit(before, user_id, moderator=moderator):
        raise NotAllowed("this venue is another person's to edit")
    said = Site(
        before.name, before.address, before.city, before.country, before.latitude, before.longitude, before.zone
    )
    site = policy.checked(replace(said, **changes))
    if (
        not moderator
        and not policy.is_same(before, site)
        and work.events.others_at_venue(venue_id, user_id, clock.now())
    ):
        raise Conflict("events of others take place there; tell of another venue, or ask a moderator")
    work.venues.hold_name(site.name)
    tonight = tonight_tags(work, "venue", venue_id, clock)
    others = [each for each in work.venues.list_near(site, policy.METRES_APART) if each.id != venue_id]
    if others and (site.name, site.latitude, site.longitude) != (before.name, before.latitude, before.longitude):
        raise _exists(others[0])
    after = replace(before, **asdict(site), version=version + 1)
    if before.version != version or not work.venues.change(before, after):
        raise PreconditionFailed("it was changed since; read it again")
    work.occurrences.move_venue(after, clock.now())
    forget_venue(work, venue_id, tonight | tonight_tags(work, "venue", venue_id, clock), clock)
    if moved(before, after):
        announce_move(work, after.id, user_id, clock)
    if site != said:
        cities = {text.key(before.city), text.key(after.city)}
        for dated in work.events.list_at_venue(venue_id, clock.now(), MOST_TOLD):
            announce(work, "event.updated", dated, cities, user_id, clock)
    if (after.name, after.city) != (before.name, before.city):
        work.documents.write_of_venue(venue_id)
    return before, after


def get_venue(work: UnitOfWork, venue_id: UUID) -> Venue:
    venue = work.venues.find(venue_id)
    if venue is None:
        raise NotFound("no such venue")
    return venue


def get_named(work: UnitOfWork, venue_id: UUID) -> Venue:
    """One that a request's body names."""
    venue = work.venues.find(venue_id)
    if venue is None:
        raise NotFound("no such venue", FieldError("venue_id", "is no venue"))
    return venue


def list_venues(work: UnitOfWork, *, q: str | None, city: str | None, cursor: str | None, limit: int) -> Page[Venue]:
    """By name and address, without regard to accents and forgiving a letter or two; of one city, or of all."""
    checked_limit(limit)
    if q is None and city is None:
        raise refused("q", "must be given, or a city in its place")
    asked = None if q is None else search.question(q)
    place = None if city is None else places.city(city)
    name = f"venues:{asked or ''}:{text.key(place or '')}"
    found = work.venues.list_found(
        asked=asked,
        pattern="" if asked is None else search.pattern(asked),
        most=search.MOST_WEIGHED,
        city=place,
        after=work.read_ranked_cursor(name, cursor) if cursor else None,
        limit=limit + 1,
    )
    page = page_of(found, limit, lambda last: work.sign_cursor(name, Ranked(last.rank, last.venue.id)))
    return Page([each.venue for each in page.items], page.next_cursor)


def _add(work: UnitOfWork, user_id: UUID, site: Site, clock: Clock) -> Venue:
    venue = Venue(id=new_id(), created_by=user_id, created_at=clock.now(), **asdict(site))
    work.venues.add(venue)
    return venue


def _exists(venue: Venue) -> VenueExists:
    return VenueExists(
        Said("this venue is there already: {id}", id=venue.id), FieldError("name", Said("is that of {id}", id=venue.id))
    )
