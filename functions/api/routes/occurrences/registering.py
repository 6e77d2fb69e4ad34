from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.registered import own_body
from functions.api.schemas.base import Id
from functions.api.schemas.problems import refusals
from functions.api.schemas.registrations import NewRegistration, RegistrationBody
from mundotango.attendance.service import shown_own
from mundotango.errors import NotFound
from mundotango.registrations import service
from mundotango.registrations.desk import NO_REGISTRATION
from mundotango.registrations.policy import dancers

router = APIRouter(prefix="/api/occurrences", tags=["registrations"])


@router.post("/{occurrence_id}/registrations", status_code=201, responses=refusals(404, 409, body=True))
@access(201, owner=409, suspended=403)
async def register(
    occurrence_id: Id,
    asked: NewRegistration,
    caller: CallerDep,
    work: WorkDep,
    platform: PlatformDep,
    response: Response,
) -> RegistrationBody:
    """For this one time of the event, alone or with a partner. Whoever is first has the place: `state` says whether the
    caller has one (`accepted`), waits for one, or for the organisers (`pending`).

    Who waits is offered a place when one is free for them, and accepts it until `offered_until`.
    """
    entry = service.register(
        work,
        occurrence_id=occurrence_id,
        by=caller.user_id,
        dancers=dancers(caller.user_id, asked.role, asked.partner_id, asked.partner_role),
        hidden=asked.hidden,
        answers=asked.answers,
        clock=platform.clock,
    )
    response.headers["location"] = f"/api/registrations/{entry.id}"
    return own_body(shown_own(work, entry, caller.user_id))


@router.get("/{occurrence_id}/registrations/me", responses=refusals(404))
@access(404, owner=200)
async def find_registration(occurrence_id: Id, caller: CallerDep, work: ReadDep) -> RegistrationBody:
    """What the caller or their partner registered for this time of the event; of several, the last."""
    entry = service.find_own(work, occurrence_id, caller.user_id)
    if entry is None:
        raise NotFound(NO_REGISTRATION)
    return own_body(shown_own(work, entry, caller.user_id))
