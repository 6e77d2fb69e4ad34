from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, WorkDep
from functions.api.schemas.base import Id
from functions.api.schemas.problems import refusals
from mundotango.cache_keys import post_key, posts_key, shown_of
from mundotango.marks import service

router = APIRouter(prefix="/api/posts/{post_id}", tags=["posts"])


@router.put("/repost", status_code=204, responses=refusals(403, 404))
@access(204, blocked=404, suspended=403)
async def repost(post_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """Shows a public post to the caller's followers; twice is once. A repost's id stands for its original's."""
    service.repost(work, post_id, caller.user_id, platform.clock)
    outdated += shown_of(caller.user_id)


@router.delete("/repost", status_code=204, responses=refusals())
@access(204, suspended=403)
async def unrepost(post_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """By the original's id. Taking back what is not is no error."""
    service.unrepost(work, post_id, caller.user_id, platform.clock)
    outdated += shown_of(caller.user_id)


@router.put("/pin", status_code=204, responses=refusals(403, 404, 409))
@access(403, owner=204, blocked=404, suspended=403)
async def pin(post_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """An own post, beside the first page of one's profile; three at most."""
    service.pin(work, post_id, caller.user_id, platform.clock)
    outdated += [post_key(post_id), posts_key(caller.user_id)]


@router.delete("/pin", status_code=204, responses=refusals(403, 404, 409))
@access(403, owner=204, blocked=404, suspended=403)
async def unpin(post_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """Taking off what is not pinned is no error."""
    service.unpin(work, post_id, caller.user_id, platform.clock)
    outdated += [post_key(post_id), posts_key(caller.user_id)]


@router.put("/save", status_code=204, responses=refusals(404))
@access(204, blocked=404, suspended=403)
async def save(post_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> None:
    """For the caller alone to find again; nobody is told. A repost's id stands for its original's."""
    service.save(work, post_id, caller.user_id, platform.clock)


@router.delete("/save", status_code=204, responses=refusals())
@access(204, suspended=403)
async def unsave(post_id: Id, caller: CallerDep, work: WorkDep) -> None:
    """Forgetting what was not saved is no error."""
    service.unsave(work, post_id, caller.user_id)
