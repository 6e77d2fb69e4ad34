"""What organisers choose for the registrations of an event."""

from datetime import timedelta

from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.schemas.base import Id
from functions.api.schemas.problems import refusals
from functions.api.schemas.registrations import RegistrationSettings, RegistrationSettingsBody
from mundotango.events.service import get_own_event
from mundotango.registrations import deciding
from mundotango.registrations.model import Chosen

# The whole path, for the log line of a request tells the route by it.
router = APIRouter(prefix="/api/events", tags=["registrations"])

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


@router.put("/{event_id}/registration", responses=refusals(403, 404, 409, body=True))
@access(403, owner=200, suspended=403)
async def change_registration_settings(
    event_id: Id, asked: RegistrationSettings, caller: CallerDep, work: WorkDep, platform: PlatformDep
) -> RegistrationSettingsBody:
    """From now on the event takes registrations, for each of its times by itself, under these rules.

    Who has a place keeps it: fewer places than are taken are refused. Where there are more than before, the line moves
    up.
    """
    chosen = deciding.change_settings(
        work, event_id=event_id, editor_id=caller.user_id, chosen=asked.chosen(), clock=platform.clock
    )
    return _body(chosen)


@router.get("/{event_id}/registration", responses=refusals(403, 404))
@access(403, owner=200)
async def get_registration_settings(
    event_id: Id, caller: CallerDep, work: ReadDep, platform: PlatformDep
) -> RegistrationSettingsBody:
    """For organisers; not found where the event takes no registrations."""
    get_own_event(work, event_id, caller.user_id, platform.clock)
    return _body(deciding.get_settings(work, event_id))


def _body(chosen: Chosen) -> RegistrationSettingsBody:
    settings = chosen.settings
    return RegistrationSettingsBody(
        capacity=settings.limits.capacity,
        leaders=settings.limits.leaders,
        followers=settings.limits.followers,
        tolerance=settings.limits.tolerance,
        offered_for_hours=settings.offered_for // _HOUR,
        admission=settings.admission,
        approval=settings.approval,
        opens_before_minutes=None if settings.opens_before is None else settings.opens_before // _MINUTE,
        closes_before_minutes=settings.closes_before // _MINUTE,
        given_back_before_minutes=settings.given_back_before // _MINUTE,
        questions=list(chosen.questions),
    )
