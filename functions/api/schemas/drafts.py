from pydantic import Field

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment


class DraftAttachment(Asked):
    """A picture that may not be described yet; to be published it must be, or be said to need no words."""

    id: Id
    alt: Lines | None = None


class DraftContent(Asked):
    """A post to be, in any state; it is checked when it is published."""

    body: Lines = ""
    city: Line = ""
    media: list[DraftAttachment] = Field(default=[], max_length=50)
    visibility: Line = "public"
    language: Line = ""
    event_id: Id | None = None


class AttachmentBody(Answered):
    id: Id
    alt: str | None = Field(description="null until it is said; empty says that there is nothing to describe.")


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
