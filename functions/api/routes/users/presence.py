"""Whether others are shown when somebody is here."""

from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.schemas.problems import refusals
from functions.api.schemas.users import PresenceBody, PresenceChange
from functions.api.standing import open_to_suspended
from mundotango.users import service

router = APIRouter(prefix="/api/users/me", tags=["users"])


@router.get("/presence", responses=refusals(404))
@access(200)
async def get_presence(caller: CallerDep, work: ReadDep) -> PresenceBody:
    """Whether those who follow the caller are shown when they are here, and others in a conversation when they type."""
    return PresenceBody(shown=service.shows_presence(work, caller.user_id))


@router.put("/presence", responses=refusals(404, body=True))
@access(200)
@open_to_suspended
async def show_presence(asked: PresenceChange, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> PresenceBody:
    """Who is not shown is shown nobody either."""
    service.show_presence(work, caller.user_id, asked.shown, platform.clock)
    return PresenceBody(shown=asked.shown)
