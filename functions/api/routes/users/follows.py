from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from functions.api.access import access
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, ReadDep, WorkDep
from functions.api.profiles import keys_between
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.problems import refusals
from functions.api.schemas.users import FollowBody, PersonPage
from mundotango.follows import service
from mundotango.pagination import DEFAULT_LIMIT

router = APIRouter(prefix="/api/users", tags=["users"])


@router.put(
    "/{handle}/follow",
    status_code=204,
    response_class=Response,
    responses=refusals(404, 409)
    | {202: {"model": FollowBody, "description": "The account is private, and its owner was asked."}},
)
@access(204, owner=422, blocked=404, suspended=403)
async def follow(
    handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep
) -> Response:
    """Following twice is following once."""
    person_id, state = service.follow(work, caller.user_id, handle, platform.clock)
    outdated += keys_between(caller.user_id, person_id)
    return Response(status_code=204) if state == "following" else JSONResponse({"state": state}, 202)


@router.delete("/{handle}/follow", status_code=204, responses=refusals(404))
@access(204, blocked=404, suspended=403)
async def unfollow(handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """Also takes back what was asked of a private account. Ending what is not is no error."""
    person_id = service.unfollow(work, caller.user_id, handle, platform.clock)
    outdated += keys_between(caller.user_id, person_id)


@router.get("/{handle}/followers", responses=refusals(400, 403, 404))
@access(200, blocked=404)
async def list_followers(
    handle: str, caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> PersonPage:
    """Newest first; of a private account for its followers alone."""
    return PersonPage.model_validate(service.list_followers(work, caller.user_id, handle, cursor, limit))


@router.get("/{handle}/following", responses=refusals(400, 403, 404))
@access(200, blocked=404)
async def list_following(
    handle: str, caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> PersonPage:
    """Newest first; of a private account for its followers alone."""
    return PersonPage.model_validate(service.list_following(work, caller.user_id, handle, cursor, limit))


@router.delete("/me/followers/{handle}", status_code=204, responses=refusals(404))
@access(204, blocked=404, suspended=403)
async def remove_follower(
    handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep
) -> None:
    """This person follows the caller no more, and is not told; what they only asked for is declined.

    Ending what is not is no error. They may follow or ask again; a block is what keeps them from it.
    """
    follower_id = service.remove_follower(work, caller.user_id, handle, platform.clock)
    outdated += keys_between(caller.user_id, follower_id)


@router.get("/me/follow-requests", responses=refusals(400))
@access(200)
async def list_follow_requests(
    caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> PersonPage:
    """Who asked to follow the caller, newest first."""
    return PersonPage.model_validate(service.list_requests(work, caller.user_id, cursor, limit))


@router.put("/me/follow-requests/{handle}", status_code=204, responses=refusals(404, 409))
@access(404, stranger=204, suspended=403)
async def accept_follow(
    handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep
) -> None:
    """From now on this person follows the caller."""
    follower_id = service.accept(work, caller.user_id, handle, platform.clock)
    outdated += keys_between(caller.user_id, follower_id)


@router.delete("/me/follow-requests/{handle}", status_code=204, responses=refusals(404))
@access(204, blocked=404, suspended=403)
async def decline_follow(handle: str, caller: CallerDep, work: WorkDep, outdated: OutdatedDep) -> None:
    """Declining what was not asked is no error; who follows already goes on following."""
    follower_id = service.decline(work, caller.user_id, handle)
    outdated += keys_between(caller.user_id, follower_id)
