from pydantic import Field

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment
from functions.api.schemas.media import VariantBody
from mundotango.reactions.model import ReactionKind


class Attachment(Asked):
    id: Id
    alt: Lines = Field(default="", description="What the picture shows, for those who do not see it.")


class NewPost(Asked):
    body: Lines
    city: Line = ""
    media: list[Attachment] = Field(default=[], max_length=50)


class NewReaction(Asked):
    kind: ReactionKind


class AuthorBody(Answered):
    id: Id
    handle: str
    display_name: str


class PictureBody(Answered):
    id: Id
    alt: str
    width: int
    height: int
    blurhash: str
    variants: list[VariantBody]


class Reactions(Answered):
    likes: int
    liked: bool = Field(description="Whether the caller likes it.")


class PostBody(Reactions):
    id: Id
    author: AuthorBody
    body: str
    city: str
    created_at: Moment
    version: int
    media: list[PictureBody]


class PostPage(Answered):
    items: list[PostBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")
