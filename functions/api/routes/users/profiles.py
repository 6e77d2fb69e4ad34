from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.caching import PUBLIC
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, WorkDep
from functions.api.preconditions import AnyVersionDep
from functions.api.profiles import find_profile, find_public_profile, own_profile, relation, shown
from functions.api.schemas.problems import public_refusals, refusals
from functions.api.schemas.users import KeptProfile, NewUser, ProfileBody, ProfileChange, UserBody
from mundotango.cache_keys import handle_key, profile_key, shown_of
from mundotango.users import service

router = APIRouter(prefix="/api", tags=["users"])


@router.post("/users", status_code=201, responses=refusals(409, body=True))
@access(409, suspended=403)
async def create_profile(
    asked: NewUser, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep, response: Response
) -> UserBody:
    """The caller's own profile; there is one for each account."""
    given = asked.model_dump(exclude_unset=True)
    user = service.create_profile(work, user_id=caller.user_id, clock=platform.clock, **given)
    outdated += [profile_key(user.id), handle_key(user.handle)]
    response.headers["location"] = f"/api/users/{user.handle}"
    made = KeptProfile.model_validate(service.get_own_page(work, user.id))
    return UserBody(**shown(made, platform.clock.now()))


@router.get("/users/me", responses=refusals(404))
@access(200)
async def my_profile(caller: CallerDep, platform: PlatformDep) -> UserBody:
    """The caller's own profile; `profile-missing` until it was made."""
    return UserBody(**shown(own_profile(platform, caller.user_id), platform.clock.now()))


@router.patch("/users/me", responses=refusals(404, 409, 412, body=True))
@access(200, suspended=403)
async def update_profile(
    asked: ProfileChange,
    caller: CallerDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
    version: AnyVersionDep,
) -> UserBody:
    """Changes what is given and nothing else. A handle is changed at most three times in 14 days.

    A private account that opens accepts nobody by it, for followers see more than everybody does: who had asked stays
    among the follow requests, to be accepted or declined, or follows at once by asking again.
    """
    before, after = service.update_profile(
        work,
        platform.media,
        caller.user_id,
        asked.model_dump(exclude_unset=True),
        expected_version=version,
        clock=platform.clock,
    )
    outdated += [*shown_of(after.id), handle_key(before.handle), handle_key(after.handle)]
    changed = KeptProfile.model_validate(service.get_own_page(work, after.id))
    return UserBody(**shown(changed, platform.clock.now()))


@router.get("/users/{handle}", responses=refusals(404))
@access(200, blocked=404)
async def get_user(handle: str, caller: CallerDep, platform: PlatformDep) -> ProfileBody:
    """404 also where one of the two blocked the other."""
    profile = find_profile(platform, handle, caller.user_id)
    stands = None if profile.id == caller.user_id else relation(platform, caller.user_id, profile.id)
    return ProfileBody(**shown(profile, platform.clock.now()), relation=stands)


@router.get("/public/users/{handle}", responses=public_refusals(404, 503))
@access(200, anonymous=200)
async def get_public_user(handle: str, platform: PlatformDep, response: Response) -> UserBody:
    """Of people whose profile is for everybody."""
    profile = find_public_profile(platform, handle)
    response.headers["cache-control"] = PUBLIC
    return UserBody(**shown(profile, platform.clock.now()))
