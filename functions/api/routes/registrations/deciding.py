from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, WorkDep
from functions.api.registered import registered_body, registered_path
from functions.api.schemas.base import Id
from functions.api.schemas.problems import refusals
from functions.api.schemas.registrations import RegisteredBody
from mundotango.registrations import arriving, deciding
from mundotango.registrations.listing import known_of
from mundotango.registrations.model import Entry
from mundotango.work import UnitOfWork

router = APIRouter(prefix="/api/registrations", tags=["registrations"])


@router.post("/{registration_id}/approve", responses=refusals(403, 404, 409))
@access(403, owner=409, suspended=403)
async def approve_registration(
    registration_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> RegisteredBody:
    """By organisers, of one that is `pending`: it has a place now, or waits for one where it stood in the line."""
    entry = deciding.approve(work, registration_id=registration_id, editor_id=caller.user_id, clock=platform.clock)
    response.headers["location"] = registered_path(entry)
    return _body(work, entry)


@router.post("/{registration_id}/refuse", responses=refusals(403, 404, 409))
@access(403, owner=409, suspended=403)
async def refuse_registration(
    registration_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> RegisteredBody:
    """By organisers, of one without a place. These people cannot register for this time of the event again."""
    entry = deciding.refuse(work, registration_id=registration_id, editor_id=caller.user_id, clock=platform.clock)
    response.headers["location"] = registered_path(entry)
    return _body(work, entry)


@router.post("/{registration_id}/cancel", responses=refusals(403, 404, 409))
@access(403, owner=200, suspended=403)
async def cancel_registration(
    registration_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> RegisteredBody:
    """By organisers, also of one with a place, which is free then. Those who registered do it by `DELETE`."""
    entry = deciding.cancel(work, registration_id=registration_id, editor_id=caller.user_id, clock=platform.clock)
    response.headers["location"] = registered_path(entry)
    return _body(work, entry)


@router.put("/{registration_id}/check-in", responses=refusals(403, 404, 409))
@access(403, owner=200, suspended=403)
async def check_in_by_hand(
    registration_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep
) -> RegisteredBody:
    """By organisers, of somebody who has no code with them."""
    return _body(
        work,
        deciding.check_in(work, registration_id=registration_id, editor_id=caller.user_id, clock=platform.clock),
    )


@router.delete("/{registration_id}/check-in", responses=refusals(403, 404, 409))
@access(403, owner=409, suspended=403)
async def undo_check_in(registration_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> RegisteredBody:
    """By organisers, where it was a mistake: the place and the code are as before."""
    return _body(
        work,
        arriving.undo_check_in(work, registration_id=registration_id, editor_id=caller.user_id, clock=platform.clock),
    )


def _body(work: UnitOfWork, entry: Entry) -> RegisteredBody:
    return registered_body(known_of(work, [entry])[0])
