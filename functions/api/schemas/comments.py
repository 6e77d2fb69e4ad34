from pydantic import Field

from functions.api.schemas.base import Answered, Asked, Id, Lines, Moment
from functions.api.schemas.posts import AuthorBody, EntityBody


class NewComment(Asked):
    body: Lines = Field(description="Up to 2,000 characters; @handles, #hashtags and addresses are recognised.")
    parent_id: Id | None = Field(
        default=None,
        description="The comment this replies to. There are two levels: a reply to a reply hangs under the upper one.",
    )


class CommentChanges(Asked):
    body: Lines


class CommentBody(Answered):
    id: Id
    post_id: Id
    parent_id: Id | None
    author: AuthorBody | None = Field(description="null where it was deleted and its replies are left.")
    body: str
    entities: list[EntityBody]
    created_at: Moment
    edited_at: Moment | None
    version: int = Field(description="Counts the edits, from 1; what `If-Match` of a change must say.")
    deleted: bool
    replies: int


class CommentPage(Answered):
    items: list[CommentBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")
