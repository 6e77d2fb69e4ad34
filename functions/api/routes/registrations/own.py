from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.caching import NO_STORE
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.registered import own_body
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id
from functions.api.schemas.problems import refusals
from functions.api.schemas.registrations import CodeBody, RegistrationBody, RegistrationPage
from functions.api.standing import open_to_suspended
from mundotango.attendance.service import get_own, list_own, shown_own
from mundotango.pagination import DEFAULT_LIMIT
from mundotango.registrations import arriving, service

router = APIRouter(prefix="/api/registrations", tags=["registrations"])


@router.get("", responses=refusals(400))
@access(200)
async def list_own_registrations(
    caller: CallerDep,
    work: ReadDep,
    platform: PlatformDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> RegistrationPage:
    """What the caller registered for, alone or with a partner, and is not over; what begins first at first. In whatever
    state, of each time of an event the last."""
    page = list_own(work, caller.user_id, cursor=cursor, limit=limit, clock=platform.clock)
    return RegistrationPage(items=[own_body(each) for each in page.items], next_cursor=page.next_cursor)


@router.get("/{registration_id}", responses=refusals(404))
@access(404, owner=200)
async def get_registration(registration_id: Id, caller: CallerDep, work: ReadDep) -> RegistrationBody:
    """For those of its party."""
    return own_body(get_own(work, registration_id, caller.user_id))


@router.get("/{registration_id}/code", responses=refusals(404, 409))
@access(404, owner=200)
async def get_code(registration_id: Id, caller: CallerDep, work: ReadDep, response: Response) -> CodeBody:
    """What somebody who comes shows at the door; of a couple, either of them for both."""
    response.headers["cache-control"] = NO_STORE
    return CodeBody(code=arriving.get_code(work, registration_id=registration_id, person_id=caller.user_id))


@router.post("/{registration_id}/accept", responses=refusals(404, 409))
@access(404, owner=409, suspended=403)
async def accept_offer(
    registration_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> RegistrationBody:
    """The place that is offered; of a couple, either of them for both."""
    entry = service.accept(work, registration_id=registration_id, person_id=caller.user_id, clock=platform.clock)
    response.headers["location"] = f"/api/registrations/{registration_id}"
    return own_body(shown_own(work, entry, caller.user_id))


@router.post("/{registration_id}/decline", responses=refusals(404, 409))
@access(404, owner=409)
@open_to_suspended
async def decline_offer(
    registration_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> RegistrationBody:
    """The place is offered to whoever is next, and this registration has ended."""
    entry = service.decline(work, registration_id=registration_id, person_id=caller.user_id, clock=platform.clock)
    response.headers["location"] = f"/api/registrations/{registration_id}"
    return own_body(shown_own(work, entry, caller.user_id))


@router.delete("/{registration_id}", status_code=204, responses=refusals(404, 409))
@access(404, owner=204)
@open_to_suspended
async def give_up_registration(registration_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> None:
    """The place, or the wait for one; of a couple, either of them for both. What has ended is 409, and so is a place
    that is given back too late."""
    service.give_up(work, registration_id=registration_id, person_id=caller.user_id, clock=platform.clock)


@router.put("/{registration_id}/hidden", status_code=204, responses=refusals(404))
@access(404, owner=204, suspended=403)
async def hide_attendance(registration_id: Id, caller: CallerDep, work: WorkDep) -> None:
    """Other dancers are not shown that the caller comes, nor are they told. Organisers are shown it in any case, and a
    partner hides or not by themselves."""
    service.hide(work, registration_id=registration_id, person_id=caller.user_id, hidden=True)


@router.delete("/{registration_id}/hidden", status_code=204, responses=refusals(404))
@access(404, owner=204, suspended=403)
async def show_attendance(registration_id: Id, caller: CallerDep, work: WorkDep) -> None:
    """Showing what is not hidden is no error."""
    service.hide(work, registration_id=registration_id, person_id=caller.user_id, hidden=False)
