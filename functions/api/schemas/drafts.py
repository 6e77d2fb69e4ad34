from pydantic import Field

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment
from functions.api.schemas.posts import Attachment


class DraftContent(Asked):
    """A post to be, in any state; it is checked when it is published."""

    body: Lines = ""
    city: Line = ""
    media: list[Attachment] = Field(default=[], max_length=50)
    visibility: Line = "public"
    language: Line = ""
    event_id: Id | None = None


class AttachmentBody(Answered):
    id: Id
    alt: str


class DraftBody(Answered):
    id: Id
    body: str
    city: str
    media: list[AttachmentBody]
    visibility: str
    language: str
    event_id: Id | None
    updated_at: Moment


class DraftPage(Answered):
    items: list[DraftBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")
