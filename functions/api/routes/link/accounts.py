"""Links of people with an account: to their own data, to their calendar, and out of digests."""

from fastapi import APIRouter, Request, Response

from functions.api.access import access
from functions.api.caching import NO_STORE, PRIVATE
from functions.api.dependencies import PlatformDep, ReadDep, WorkDep
from functions.api.pages import HEADERS
from functions.api.schemas.problems import public_refusals
from functions.api.unsubscribing import ASKING, DONE
from mundotango.calendars import service as calendars
from mundotango.calendars.model import CONTENT_TYPE
from mundotango.digests import service as digests
from mundotango.exports import service

router = APIRouter(prefix="/api/link", tags=["links"])

PAGE = {"content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"}}}


CALENDAR = {"content": {"text/calendar": {"schema": {"type": "string"}, "example": "BEGIN:VCALENDAR\r\n…"}}}


@router.get(
    "/{token}/calendar.ics",
    response_class=Response,
    responses={200: CALENDAR | {"description": "A calendar by RFC 5545."}, **public_refusals(404, 503)},
)
@access(200, anonymous=200)
async def read_feed(token: str, request: Request, work: ReadDep, platform: PlatformDep) -> Response:
    """What whoever made the link comes to: each time by itself, the last 90 days and whatever is ahead.

    `TENTATIVE` is what they wait for a place at or are interested in, `CANCELLED` what does not take place. Events are
    in the language that `lang` names where they are told in it, else in the one they were written in.
    """
    from mundotango.calendars.writing import own_calendar

    times = calendars.read_feed(work, token, platform.clock)
    content = own_calendar("Mundo Tango", times, request.query_params.get("lang", ""))
    return Response(content, media_type=CONTENT_TYPE, headers={"cache-control": PRIVATE})


@router.get(
    "/{token}/export",
    status_code=303,
    response_class=Response,
    responses={303: {"description": "`Location` is the archive, for a minute."}, **public_refusals(404, 503)},
)
@access(303, anonymous=303)
async def download_export(token: str, work: WorkDep, platform: PlatformDep) -> Response:
    """To the archive of one's own data."""
    location = service.open_link(work, platform.objects, token, platform.clock)
    return Response(status_code=303, headers={"location": location, "cache-control": NO_STORE})


@router.get(
    "/{token}/unsubscribe",
    response_class=Response,
    responses={200: PAGE | {"description": "A page with a button."}, **public_refusals(404, 503)},
)
@access(200, anonymous=200)
async def ask_unsubscribe(token: str, work: WorkDep) -> Response:
    """A page that asks before it ends the digests: scanners of mail follow links, so to open it changes nothing."""
    digests.find_reader(work, token)
    return Response(ASKING, headers=HEADERS)


@router.post(
    "/{token}/unsubscribe",
    response_class=Response,
    responses={200: PAGE | {"description": "A page that says so."}, **public_refusals(404, 503)},
)
@access(200, anonymous=200)
async def unsubscribe(token: str, work: WorkDep, platform: PlatformDep) -> Response:
    """No digests any more, by one click (RFC 8058): of mailboxes, and of the page's button. Again is no error.

    The body, `List-Unsubscribe=One-Click` as a form, is not looked at: the link says it all.
    """
    digests.unsubscribe(work, token, platform.clock)
    return Response(DONE, headers=HEADERS)
