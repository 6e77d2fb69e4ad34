from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator

from functions.api.access import access
from functions.api.cached import remember_answer
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, ReadDep, WorkDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id, Line, Moment, empty_is_absent
from functions.api.schemas.events import EventBody, EventPage, NewEvent
from functions.api.schemas.problems import public_refusals, refusals
from mundotango import places, text
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
    asked: NewEvent,
    caller: CallerDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
    response: Response,
) -> EventBody:
    """Anybody with a profile announces events; they are public at once."""
    event = service.create_event(work, organiser_id=caller.user_id, clock=platform.clock, **asked.model_dump())
    outdated += [_lists_of(event.city), _lists_of(None)]
    response.headers["location"] = f"/api/public/events/{event.id}"
    return EventBody.model_validate(event)


@router.get("/public/events", responses=public_refusals(400, 503), response_model=EventPage)
@access(200, anonymous=200)
async def list_events(
    platform: PlatformDep,
    city: CityQuery = None,
    starts_from: FromQuery = None,
    starts_to: ToQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """What is published, by the time it starts."""
    place = None if city is None else places.city(city)

    def load() -> EventPage:
        with platform.unit_of_work() as work:
            page = service.list_events(
                work, city=place, from_=starts_from, to=starts_to, cursor=cursor, limit=limit, clock=platform.clock
            )
            return EventPage(
                items=[EventBody.model_validate(event) for event in page.items], next_cursor=page.next_cursor
            )

    asked = (starts_from, starts_to, cursor, limit)
    return remember_answer(platform.cache, _lists_of(place), LIST_SECONDS, load, asked=asked)


@router.get("/public/events/{event_id}", responses=public_refusals(404, 503))
@access(200, anonymous=200)
async def get_event(event_id: Id, work: ReadDep) -> EventBody:
    """One event, as everybody sees it."""
    return EventBody.model_validate(service.get_event(work, event_id))


def _lists_of(city: str | None) -> str:
    """All lists of a city's events, whatever else was asked; without one, those of all cities."""
    return "events" if city is None else f"events:{text.key(city)}"
