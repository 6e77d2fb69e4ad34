from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator

from functions.api.access import access
from functions.api.dependencies import MODERATORS, CallerDep, OutdatedDep, PlatformDep, ReadDep, WorkDep
from functions.api.preconditions import VersionDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id, Line, empty_is_absent
from functions.api.schemas.problems import public_refusals, refusals
from functions.api.schemas.venues import NewVenue, VenueBody, VenueChanges, VenuePage
from mundotango import text
from mundotango.cache_keys import events_of
from mundotango.pagination import DEFAULT_LIMIT
from mundotango.venues import service
from mundotango.venues.model import Site, Venue, venue_payload

QuestionQuery = Annotated[
    Line | None,
    BeforeValidator(empty_is_absent),
    Query(description="Part of the name or the address, however accented; a letter or two may be wrong."),
]
CityQuery = Annotated[Line | None, BeforeValidator(empty_is_absent), Query()]

router = APIRouter(prefix="/api", tags=["venues"])


@router.post("/venues", status_code=201, responses=refusals(404, 409, body=True))
@access(201, suspended=403)
async def create_venue(
    asked: NewVenue, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> VenueBody:
    """For everybody's events. One of this name that is within 150 metres is named in the refusal."""
    venue = service.create_venue(work, user_id=caller.user_id, site=Site(**asked.model_dump()), clock=platform.clock)
    response.headers["location"] = f"/api/public/venues/{venue.id}"
    return _body(venue)


@router.patch("/venues/{venue_id}", responses=refusals(403, 404, 409, 412, 428, body=True))
@access(403, owner=200, moderator=200, suspended=403)
async def edit_venue(
    venue_id: Id,
    asked: VenueChanges,
    caller: CallerDep,
    version: VersionDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
) -> VenueBody:
    """By whoever told of it, and by moderators; where others have announced events, what makes it another venue (its
    name, its city, more than 150 metres) is for moderators.

    What takes place there moves with it, and those who look at it are told.
    """
    changes: Any = asked.model_dump(exclude_unset=True)
    before, after = service.edit_venue(
        work,
        venue_id=venue_id,
        user_id=caller.user_id,
        moderator=MODERATORS in caller.groups,
        version=version,
        changes=changes,
        clock=platform.clock,
    )
    outdated += events_of({text.key(before.city), text.key(after.city)})
    return _body(after)


@router.get("/public/venues", responses=public_refusals(400, 503))
@access(200, anonymous=200)
async def list_venues(
    work: ReadDep,
    q: QuestionQuery = None,
    city: CityQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> VenuePage:
    """By a question, a city, or both: which fits best first."""
    page = service.list_venues(work, q=q, city=city, cursor=cursor, limit=limit)
    return VenuePage(items=[_body(venue) for venue in page.items], next_cursor=page.next_cursor)


@router.get("/public/venues/{venue_id}", responses=public_refusals(404, 503))
@access(200, anonymous=200)
async def get_venue(venue_id: Id, work: ReadDep) -> VenueBody:
    """One venue, as everybody sees it."""
    return _body(service.get_venue(work, venue_id))


def _body(venue: Venue) -> VenueBody:
    return VenueBody.model_validate(venue_payload(venue))
