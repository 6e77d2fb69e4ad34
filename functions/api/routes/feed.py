from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.routes.posts import seen_by
from functions.api.schemas.posts import PostPage
from functions.api.schemas.problems import refusals
from mundotango.pagination import DEFAULT_LIMIT
from mundotango.posts import service

router = APIRouter(prefix="/api/feed", tags=["posts"])


@router.get("", responses=refusals(400))
@access(200)
async def feed(
    caller: CallerDep,
    platform: PlatformDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> PostPage:
    """The caller's own posts and those of whom they follow, newest first."""
    with platform.unit_of_work() as work:
        page = service.list_feed(work, caller.user_id, cursor, limit)
    return PostPage(items=seen_by(platform, page.items, caller.user_id), next_cursor=page.next_cursor)
