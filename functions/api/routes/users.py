from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.cached import remember
from functions.api.dependencies import Caller, CallerDep, OutdatedDep, PlatformDep, WorkDep
from functions.api.schemas.problems import refusals
from functions.api.schemas.users import NewUser, UserBody
from mundotango.users import service

PROFILE_SECONDS = 300

router = APIRouter(prefix="/api/users", tags=["users"])


@router.post("", status_code=201, responses=refusals(409, body=True))
@access(409, suspended=403)
async def create_profile(
    asked: NewUser, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep, response: Response
) -> UserBody:
    """The caller's own profile; there is one for each account."""
    user = service.create_profile(work, user_id=caller.user_id, clock=platform.clock, **asked.model_dump())
    outdated.append(_profile_key(caller))
    response.headers["location"] = f"/api/users/{user.handle}"
    return UserBody.model_validate(user)


@router.get("/me", responses=refusals(404))
@access(200)
async def my_profile(caller: CallerDep, platform: PlatformDep) -> UserBody:
    """The caller's own profile; `profile-missing` until it was made."""

    def load() -> UserBody:
        with platform.unit_of_work() as work:
            return UserBody.model_validate(service.get_profile(work, caller.user_id))

    return remember(platform.cache, _profile_key(caller), PROFILE_SECONDS, UserBody, load)


@router.get("/{handle}", responses=refusals(404))
@access(200, blocked=404)
async def get_user(handle: str, _: CallerDep, work: WorkDep) -> UserBody:
    """A person's profile, by their handle in any spelling of capitals."""
    return UserBody.model_validate(service.get_user(work, handle))


@router.put("/{handle}/follow", status_code=204, responses=refusals(404))
@access(204, owner=422, blocked=404, suspended=403)
async def follow(handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> None:
    """Following twice is following once."""
    service.follow(work, caller.user_id, handle, platform.clock)


@router.delete("/{handle}/follow", status_code=204, responses=refusals(404))
@access(204, blocked=404, suspended=403)
async def unfollow(handle: str, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> None:
    """Ending what is not is no error."""
    service.unfollow(work, caller.user_id, handle, platform.clock)


def _profile_key(caller: Caller) -> str:
    return f"user:{caller.user_id}"
