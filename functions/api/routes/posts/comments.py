from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id
from functions.api.schemas.comments import CommentBody, CommentPage, NewComment
from functions.api.schemas.problems import refusals
from mundotango.comments import service
from mundotango.comments.model import comment_payload
from mundotango.pagination import DEFAULT_LIMIT

router = APIRouter(prefix="/api/posts/{post_id}/comments", tags=["posts"])


@router.get("", responses=refusals(400, 404))
@access(200, blocked=404)
async def list_comments(
    post_id: Id, caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> CommentPage:
    """Those at the top, oldest first, each with how many replies the caller sees below it."""
    page = service.list_comments(work, caller.user_id, post_id, cursor, limit)
    return CommentPage(
        items=[CommentBody.model_validate(comment_payload(comment)) for comment in page.items],
        next_cursor=page.next_cursor,
    )


@router.post("", status_code=201, responses=refusals(404, 409, body=True))
@access(201, blocked=404, suspended=403)
async def add_comment(
    post_id: Id, asked: NewComment, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> CommentBody:
    """The post's author is told, and who is mentioned."""
    comment = service.add_comment(
        work,
        post_id=post_id,
        author_id=caller.user_id,
        body=asked.body,
        parent_id=asked.parent_id,
        clock=platform.clock,
    )
    response.headers["location"] = f"/api/comments/{comment.id}"
    return CommentBody.model_validate(comment_payload(comment))
