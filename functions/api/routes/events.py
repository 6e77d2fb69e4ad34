from hashlib import blake2b
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator

from functions.api.access import access
from functions.api.cached import remember
from functions.api.caching import PUBLIC
from functions.api.dependencies import CallerDep, PlatformDep, WorkDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id, Line, Moment, empty_is_absent
from functions.api.schemas.events import EventBody, EventPage, NewEvent
from functions.api.schemas.problems import public_refusals, refusals
from mundotango.events import service
from mundotango.pagination import DEFAULT_LIMIT

LIST_SECONDS = 60

CityQuery = Annotated[Line | None, BeforeValidator(empty_is_absent), Query()]
FromQuery = Annotated[
    Moment | None,
    BeforeValidator(empty_is_absent),
    Query(alias="from", description="Without it, from now on; what still goes on is among it."),
]
ToQuery = Annotated[Moment | None, BeforeValidator(empty_is_absent), Query(alias="to")]

router = APIRouter(prefix="/api", tags=["events"])


@router.post("/events", status_code=201, responses=refusals(404, body=True))
@access(201, suspended=403)
async def create_event(
    asked: NewEvent, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> EventBody:
    """Anybody with a profile announces events; they are public at once."""
    event = service.create_event(work, organiser_id=caller.user_id, clock=platform.clock, **asked.model_dump())
    response.headers["location"] = f"/api/public/events/{event.id}"
    return EventBody.model_validate(event)


@router.get("/public/events", responses=public_refusals(400, 503))
@access(200, anonymous=200)
async def list_events(
    platform: PlatformDep,
    response: Response,
    city: CityQuery = None,
    starts_from: FromQuery = None,
    starts_to: ToQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> EventPage:
    """What is published, by the time it starts."""

    def load() -> EventPage:
        with platform.unit_of_work() as work:
            page = service.list_events(
                work, city=city, from_=starts_from, to=starts_to, cursor=cursor, limit=limit, clock=platform.clock
            )
            return EventPage(
                items=[EventBody.model_validate(event) for event in page.items], next_cursor=page.next_cursor
            )

    response.headers["cache-control"] = PUBLIC
    asked = repr((city, starts_from, starts_to, cursor, limit))
    key = f"events:{blake2b(asked.encode(), digest_size=16).hexdigest()}"
    return remember(platform.cache, key, LIST_SECONDS, EventPage, load)


@router.get("/public/events/{event_id}", responses=public_refusals(404, 503))
@access(200, anonymous=200)
async def get_event(event_id: Id, work: WorkDep, response: Response) -> EventBody:
    """One event, as everybody sees it."""
    response.headers["cache-control"] = PUBLIC
    return EventBody.model_validate(service.get_event(work, event_id))
