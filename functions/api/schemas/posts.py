from pydantic import Field

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment
from functions.api.schemas.media import VariantBody
from mundotango.reactions.model import ReactionKind
from mundotango.reactions.policy import MOST_VIEWS


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


class SeenPosts(Asked):
    post_ids: list[Id] = Field(min_length=1, max_length=MOST_VIEWS)


class TotalsBody(Answered):
    """How many people reacted with each kind, and what else there is of it; about a second behind."""

    like: int
    love: int
    bravo: int
    abrazo: int
    otra: int
    comments: int
    shares: int
    views: int = Field(description="By people, each once a day; the author's own do not count.")


class Reactions(Answered):
    totals: TotalsBody
    reaction: ReactionKind | None = Field(description="The caller's own; null when there is none.")


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
