from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.routes.posts.posts import seen_by
from functions.api.schemas.base import Line
from functions.api.schemas.posts import PostPage
from functions.api.schemas.problems import refusals
from mundotango.bootstrap import Platform
from mundotango.feed import service
from mundotango.pagination import DEFAULT_LIMIT, Page
from mundotango.posts.model import Post

router = APIRouter(prefix="/api/feed", tags=["posts"])


@router.get("", responses=refusals(400))
@access(200)
async def feed(
    caller: CallerDep,
    platform: PlatformDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> PostPage:
    """The caller's own posts, those of whom they follow, and the public ones of their city, newest first.

    A post and its reposts by several people come each, with who reposted it.
    """
    with platform.reading(caller.user_id) as work:
        page = service.list_home(work, caller.user_id, cursor, limit)
    return _answer(platform, page, caller.user_id)


@router.get("/local", responses=refusals(400))
@access(200)
async def local_feed(
    city: Annotated[Line, Query(description="However it is accented or capitalised.")],
    caller: CallerDep,
    platform: PlatformDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> PostPage:
    """The posts of a city that the caller may see, newest first."""
    with platform.reading(caller.user_id) as work:
        page = service.list_local(work, caller.user_id, city, cursor, limit)
    return _answer(platform, page, caller.user_id)


@router.get("/saved", responses=refusals(400))
@access(200)
async def saved_feed(
    caller: CallerDep, platform: PlatformDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> PostPage:
    """What the caller saved, last saved first."""
    with platform.reading(caller.user_id) as work:
        page = service.list_saved(work, caller.user_id, cursor, limit)
    return _answer(platform, page, caller.user_id)


@router.get("/tags/{tag}", responses=refusals(400))
@access(200)
async def tag_feed(
    tag: Line, caller: CallerDep, platform: PlatformDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> PostPage:
    """The posts with a hashtag that the caller may see, newest first; however it is accented or capitalised."""
    with platform.reading(caller.user_id) as work:
        page = service.list_tag(work, caller.user_id, tag, cursor, limit)
    return _answer(platform, page, caller.user_id)


def _answer(platform: Platform, page: Page[Post], reader_id: UUID) -> PostPage:
    return PostPage(items=seen_by(platform, page.items, reader_id), next_cursor=page.next_cursor)
