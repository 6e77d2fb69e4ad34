"""The posts of a person's profile.

The routes of posts, which know how a post is answered, are imported when these are asked: not with everybody's profile.
"""

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.cached import remember_answer
from functions.api.dependencies import CallerDep, PlatformDep
from functions.api.profiles import find_public_profile
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.posts import ProfilePage, PublicPostPage
from functions.api.schemas.problems import public_refusals, refusals
from mundotango.cache_keys import posts_key
from mundotango.pagination import DEFAULT_LIMIT

LIST_SECONDS = 60

router = APIRouter(tags=["posts"])


@router.get("/api/users/{handle}/posts", responses=refusals(400, 404))
@access(200, blocked=404)
async def list_profile_posts(
    handle: str,
    caller: CallerDep,
    platform: PlatformDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> ProfilePage:
    """A person's posts and reposts, newest first, as far as the caller sees them."""
    from functions.api.routes.posts.posts import seen_by
    from mundotango.feed import service

    with platform.reading(caller.user_id) as work:
        profile = service.list_profile(work, caller.user_id, handle, cursor, limit)
    seen = seen_by(platform, [*profile.page.items, *profile.pinned], caller.user_id)
    count = len(profile.page.items)
    return ProfilePage(items=seen[:count], next_cursor=profile.page.next_cursor, pinned=seen[count:])


@router.get("/api/public/users/{handle}/posts", responses=public_refusals(400, 404, 503), response_model=PublicPostPage)
@access(200, anonymous=200)
async def list_public_profile_posts(
    handle: str, platform: PlatformDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> Response:
    """What everybody may see of a person's posts, newest first."""
    from functions.api.routes.posts.public import seen_by_everybody
    from mundotango.feed import service

    person = find_public_profile(platform, handle)

    def load() -> PublicPostPage:
        with platform.unit_of_work() as work:
            profile = service.list_profile(work, None, handle, cursor, limit)
        seen = seen_by_everybody(platform, [*profile.page.items, *profile.pinned])
        count = len(profile.page.items)
        return PublicPostPage(items=seen[:count], next_cursor=profile.page.next_cursor, pinned=seen[count:])

    return remember_answer(platform.cache, posts_key(person.id), LIST_SECONDS, load, asked=(cursor, limit))
