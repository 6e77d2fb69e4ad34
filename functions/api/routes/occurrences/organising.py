from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from functions.api import language
from functions.api.access import access
from functions.api.caching import NO_STORE
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.registered import registered_bodies, registered_body, registered_path
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id
from functions.api.schemas.problems import refusals
from functions.api.schemas.registrations import CheckIn, Choice, RegisteredBody, RegisteredList, RegisteredPage
from mundotango.pagination import DEFAULT_LIMIT
from mundotango.registrations import arriving, deciding, listing
from mundotango.registrations.model import State

StatesQuery = Annotated[
    list[State], Query(alias="state", max_length=len(listing.STATES), description="Each of them; without one, all.")
]
SHEET = {
    "content": {"text/csv": {"schema": {"type": "string"}, "example": "Number,State,Name\r\n1,comes,Malena Ríos\r\n"}},
    "description": "UTF-8 with a byte order mark, commas, a line for each person. Where there is more than one answer "
    'holds, `Link` names the rest (`rel="next"`).',
}

router = APIRouter(prefix="/api/occurrences", tags=["registrations"])


@router.get("/{occurrence_id}/registrations", responses=refusals(400, 403, 404))
@access(403, owner=200)
async def list_registrations(
    occurrence_id: Id,
    caller: CallerDep,
    work: ReadDep,
    platform: PlatformDep,
    states: StatesQuery = [],  # noqa: B006 - FastAPI copies it
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> RegisteredPage:
    """For organisers, in order of registration. They are shown everybody who registered, also who hides it."""
    page = listing.list_registered(
        work,
        occurrence_id=occurrence_id,
        editor_id=caller.user_id,
        states=states,
        cursor=cursor,
        limit=limit,
        clock=platform.clock,
    )
    return RegisteredPage(items=registered_bodies(page.items), next_cursor=page.next_cursor)


@router.get("/{occurrence_id}/registrations/{registration_id}", responses=refusals(403, 404))
@access(403, owner=200)
async def get_registered(
    occurrence_id: Id, registration_id: Id, caller: CallerDep, work: ReadDep, platform: PlatformDep
) -> RegisteredBody:
    """For organisers; those who registered read theirs below `/api/registrations`."""
    registered = listing.get_registered(
        work,
        occurrence_id=occurrence_id,
        registration_id=registration_id,
        editor_id=caller.user_id,
        clock=platform.clock,
    )
    return registered_body(registered)


@router.get(
    "/{occurrence_id}/registrations.csv", response_class=Response, responses=refusals(400, 403, 404) | {200: SHEET}
)
@access(403, owner=200)
async def export_registrations(
    occurrence_id: Id,
    caller: CallerDep,
    work: ReadDep,
    platform: PlatformDep,
    request: Request,
    states: StatesQuery = [],  # noqa: B006 - FastAPI copies it
    cursor: CursorQuery = None,
) -> Response:
    """For organisers, as a table in the language of `Accept-Language`: who registered, in which role and state, with
    whom, and what they answered. Nobody's e-mail address is in it.

    What would be a formula in a spreadsheet is quoted by an apostrophe.
    """
    spoken = language.spoken()
    text, starts_at, following = listing.write_sheet(
        work,
        occurrence_id=occurrence_id,
        editor_id=caller.user_id,
        states=states,
        cursor=cursor,
        language=spoken,
        clock=platform.clock,
    )
    name = f"registrations-{starts_at.astimezone(UTC).date()}.csv"
    headers = {"cache-control": NO_STORE, "content-disposition": f'attachment; filename="{name}"'}
    if following:
        rest = request.url.include_query_params(cursor=following)
        headers["link"] = f'<{rest.path}?{rest.query}>; rel="next"'
    return Response(text, headers=headers | language.headers(), media_type="text/csv; charset=utf-8")


@router.post("/{occurrence_id}/offers", responses=refusals(403, 404, 409, body=True))
@access(403, owner=409, suspended=403)
async def offer_places(
    occurrence_id: Id, asked: Choice, caller: CallerDep, work: WorkDep, platform: PlatformDep
) -> RegisteredList:
    """To those whom the organisers choose, where that is how places are given: all of them at once, or none."""
    entries = deciding.choose(
        work,
        occurrence_id=occurrence_id,
        registration_ids=asked.registration_ids,
        editor_id=caller.user_id,
        clock=platform.clock,
    )
    return RegisteredList(items=registered_bodies(listing.known_of(work, entries)))


@router.post("/{occurrence_id}/check-ins", responses=refusals(403, 404, 409, body=True))
@access(403, owner=200, suspended=403)
async def check_in(
    occurrence_id: Id,
    asked: CheckIn,
    caller: CallerDep,
    work: WorkDep,
    platform: PlatformDep,
    response: Response,
) -> RegisteredBody:
    """Whoever shows this code is here, a couple by one code. One that was used before is 409; one that is made up, or
    of another time of the event, 422."""
    entry = arriving.check_in_by_code(
        work, occurrence_id=occurrence_id, code=asked.code, editor_id=caller.user_id, clock=platform.clock
    )
    response.headers["location"] = registered_path(entry)
    return registered_body(listing.known_of(work, [entry])[0])
