"""Events in the calendars of other programs, and out of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from functions.api.access import access
from functions.api.cached import remember_bytes
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.language import spoken
from functions.api.once import SECRET
from functions.api.schemas.base import Line
from functions.api.schemas.calendars import CalendarFile, DraftedBody, FeedBody, ImportBody, NotDraftedBody
from functions.api.schemas.problems import public_refusals, refusals
from functions.api.standing import open_to_suspended
from mundotango import languages, places, text
from mundotango.cache_keys import events_key
from mundotango.calendars import service
from mundotango.calendars.model import CONTENT_TYPE
from mundotango.imports.model import Problem

# A milonga that is cancelled is so here within a minute; the edge keeps it longer.
KEPT_SECONDS = 60
FEED_PATH = "/api/calendars/feed"
CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A calendar by RFC 5545.",
        "content": {"text/calendar": {"schema": {"type": "string"}, "example": "BEGIN:VCALENDAR\r\n…"}},
    }
}

router = APIRouter(prefix="/api", tags=["calendars"])


@router.post("/calendars/feed", status_code=201, responses=refusals(409))
@access(201, suspended=403)
async def open_feed(
    request: Request, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> FeedBody:
    """A new address for the calendar of what the caller comes to, told this once; the one before opens nothing more."""
    feed, path = service.open_feed(work, caller.user_id, platform.clock)
    request.scope[SECRET] = True
    response.headers["location"] = FEED_PATH
    return FeedBody(created_at=feed.created_at, path=path)


@router.get("/calendars/feed", responses=refusals(404))
@access(404, owner=200)
async def get_feed(caller: CallerDep, work: ReadDep) -> FeedBody:
    """Whether the caller's calendar has an address, and since when; not which, which nobody knows any more."""
    return FeedBody.model_validate(service.get_feed(work, caller.user_id))


@router.delete("/calendars/feed", status_code=204, responses=refusals())
@access(204)
@open_to_suspended
async def close_feed(caller: CallerDep, work: WorkDep) -> None:
    """Nobody reads it any more; again is no error."""
    service.close_feed(work, caller.user_id)


@router.post("/calendars/import", responses=refusals(409, body=True))
@access(200, suspended=403)
async def import_calendar(asked: CalendarFile, caller: CallerDep, platform: PlatformDep) -> ImportBody:
    """Makes drafts of the events in a file that another program wrote; what cannot be one is answered with the reason.

    A venue is known by its name in the city that the file or the request names, or made of name and `GEO`. What the
    caller has already, of the same title at the same time, is skipped. Nothing is fetched from anywhere.
    """
    # What reads calendars is a third of a cold start, and of use to nothing else.
    from mundotango.imports.drafting import draft_events
    from mundotango.imports.service import Usual

    usual = Usual(asked.kind or "", asked.zone, asked.venue_id, asked.city, asked.country)
    drafted, problems = draft_events(platform, caller.user_id, asked.calendar, usual)
    return ImportBody(
        drafted=[DraftedBody.model_validate(each) for each in drafted], skipped=[_skipped(each) for each in problems]
    )


@router.get(
    "/public/calendars/{city_name}.ics", response_class=Response, responses=CALENDAR | public_refusals(404, 503)
)
@access(200, anonymous=200)
async def get_city_calendar(city_name: Annotated[Line, Path()], platform: PlatformDep) -> Response:
    """What takes place in a city from now on, a year ahead, for calendars to subscribe to.

    Series as such, each in the language it was written in; the next 200 events, of long descriptions the beginning.
    """
    city = places.city(city_name)

    def load() -> bytes:
        from mundotango.calendars.writing import city_calendar

        with platform.unit_of_work() as work:
            series, guests = service.read_city(work, city, platform.clock)
        return city_calendar(f"Tango: {city}", series, guests)

    key, asked = events_key(text.key(city)), ("calendar", city)
    return remember_bytes(platform.cache, key, KEPT_SECONDS, load, asked=asked, media_type=CONTENT_TYPE)


def _skipped(problem: Problem) -> NotDraftedBody:
    reason = languages.text(problem.refusal.detail, spoken())
    return NotDraftedBody(line=problem.line, title=problem.title, reason=reason)
