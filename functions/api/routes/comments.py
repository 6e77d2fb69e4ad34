from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.preconditions import VersionDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id
from functions.api.schemas.comments import CommentBody, CommentChanges, CommentPage
from functions.api.schemas.problems import refusals
from mundotango.comments import service
from mundotango.comments.model import comment_payload
from mundotango.pagination import DEFAULT_LIMIT

router = APIRouter(prefix="/api/comments", tags=["posts"])


@router.get("/{comment_id}", responses=refusals(404))
@access(200, blocked=404)
async def get_comment(comment_id: Id, caller: CallerDep, work: ReadDep) -> CommentBody:
    """One comment, where the caller sees it and the post it stands below."""
    return CommentBody.model_validate(comment_payload(service.get_comment(work, comment_id, caller.user_id)))


@router.get("/{comment_id}/replies", responses=refusals(400, 404))
@access(200, blocked=404)
async def list_replies(
    comment_id: Id, caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> CommentPage:
    """Oldest first."""
    page = service.list_replies(work, caller.user_id, comment_id, cursor, limit)
    return CommentPage(
        items=[CommentBody.model_validate(comment_payload(comment)) for comment in page.items],
        next_cursor=page.next_cursor,
    )


@router.patch("/{comment_id}", responses=refusals(403, 404, 412, 428, body=True))
@access(403, owner=200, blocked=404, suspended=403)
async def edit_comment(
    comment_id: Id,
    asked: CommentChanges,
    caller: CallerDep,
    version: VersionDep,
    work: WorkDep,
    platform: PlatformDep,
) -> CommentBody:
    """The author's own."""
    comment = service.edit_comment(
        work,
        comment_id=comment_id,
        author_id=caller.user_id,
        version=version,
        body=asked.body,
        clock=platform.clock,
    )
    return CommentBody.model_validate(comment_payload(comment))


@router.delete("/{comment_id}", status_code=204, responses=refusals(403, 404))
@access(403, owner=204, blocked=404, suspended=403)
async def delete_comment(comment_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> None:
    """By who wrote it, or who wrote the post. Replies stay, below an empty place."""
    service.delete_comment(work, comment_id, caller.user_id, platform.clock)
