from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, ReadDep, WorkDep
from functions.api.profiles import keys_between
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.problems import refusals
from functions.api.schemas.users import PersonPage
from mundotango.blocks import service
from mundotango.cache_keys import relation_key
from mundotango.pagination import DEFAULT_LIMIT

router = APIRouter(prefix="/api/users", tags=["users"])


@router.put("/{handle}/block", status_code=204, responses=refusals(404))
@access(204, owner=422, suspended=403)
async def block(handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """Neither sees the other any more, and neither follows the other. Blocking twice is blocking once.

    Whoever was blocked can block back; then it ends when both end it.
    """
    person_id = service.block(work, caller.user_id, handle, platform.clock)
    outdated += keys_between(caller.user_id, person_id)


@router.delete("/{handle}/block", status_code=204, responses=refusals(404))
@access(204, suspended=403)
async def unblock(handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """Ending what is not is no error. Follows that the block ended do not come back, and the other's block stands."""
    person_id = service.unblock(work, caller.user_id, handle, platform.clock)
    outdated += keys_between(caller.user_id, person_id)


@router.get("/me/blocks", responses=refusals(400))
@access(200)
async def list_blocked(
    caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> PersonPage:
    """Whom the caller blocked, newest first."""
    return PersonPage.model_validate(service.list_blocked(work, caller.user_id, cursor, limit))


@router.put("/{handle}/mute", status_code=204, responses=refusals(404))
@access(204, owner=422, blocked=404, suspended=403)
async def mute(handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """What this person writes is neither pushed to the caller nor in lists that were not asked for by their name."""
    person_id = service.mute(work, caller.user_id, handle, platform.clock)
    outdated.append(relation_key(caller.user_id, person_id))


@router.delete("/{handle}/mute", status_code=204, responses=refusals(404))
@access(204, blocked=404, suspended=403)
async def unmute(handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """Ending what is not is no error."""
    person_id = service.unmute(work, caller.user_id, handle, platform.clock)
    outdated.append(relation_key(caller.user_id, person_id))


@router.get("/me/mutes", responses=refusals(400))
@access(200)
async def list_muted(
    caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> PersonPage:
    """Whom the caller muted, newest first."""
    return PersonPage.model_validate(service.list_muted(work, caller.user_id, cursor, limit))
