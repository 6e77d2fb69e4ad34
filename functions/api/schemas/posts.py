from typing import Annotated, Literal

from pydantic import Field

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment
from functions.api.schemas.media import PictureFile
from mundotango.posts import policy
from mundotango.posts.model import Visibility
from mundotango.reactions.model import ReactionKind
from mundotango.reactions.policy import MOST_VIEWS

# Shown to readers of the API; it is the policy that refuses.
_VISIBILITY = Field(
    json_schema_extra={"enum": list(policy.VISIBILITIES)},
    description="`public`; `followers`; or `mentioned`: only those whom the text mentions.",
)
_LANGUAGE = Field(description="BCP 47, such as es or pt-BR; empty where none is given.")


class Attachment(Asked):
    id: Id
    alt: Lines = Field(
        description="What the picture shows, for those who do not see it; empty says that there is nothing to describe."
    )


class NewPost(Asked):
    body: Lines = Field(
        description="Up to 5,000 characters. @handles, #hashtags and http(s) addresses in it are recognised."
    )
    city: Line = ""
    media: list[Attachment] = Field(default=[], max_length=50)
    visibility: Annotated[Line, _VISIBILITY] = "public"
    language: Annotated[Line, _LANGUAGE] = ""
    event_id: Id | None = Field(default=None, description="A published event that the post is about.")


class Description(Asked):
    """What a picture of the post shows, for those who do not see it."""

    id: Id
    alt: Lines


class PostChanges(Asked):
    """What is left out stays as it is."""

    body: Lines = ""
    city: Line = ""
    language: Annotated[Line, _LANGUAGE] = ""
    event_id: Id | None = Field(default=None, description="null takes the event off.")
    media: list[Description] = Field(
        default=[], max_length=50, description="New words for pictures of the post; the others stay as they are."
    )


class NewReaction(Asked):
    kind: ReactionKind


class AuthorBody(Answered):
    id: Id
    handle: str
    display_name: str
    avatar: PictureFile | None = None


class PictureBody(PictureFile):
    alt: str


class _Placed(Answered):
    start: int = Field(description="Where it begins in the text, in Unicode code points (not UTF-16 units or bytes).")
    end: int = Field(description="Where it has ended: the code point after its last.")


class MentionBody(_Placed):
    kind: Literal["mention"]
    user_id: Id
    handle: str = Field(description="The person's present one; show it in place of what the text says.")


class HashtagBody(_Placed):
    kind: Literal["hashtag"]
    tag: str = Field(description="Without #, accents and capitals: what the hashtag's list is asked by.")


class LinkBody(_Placed):
    kind: Literal["link"]
    url: str


EntityBody = Annotated[MentionBody | HashtagBody | LinkBody, Field(discriminator="kind")]


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


class PostFields(Answered):
    id: Id
    author: AuthorBody
    body: str
    entities: list[EntityBody]
    city: str
    language: str
    visibility: Visibility
    event_id: Id | None
    created_at: Moment
    edited_at: Moment | None
    version: int = Field(description="Counts the edits, from 1; what `If-Match` of a change must say.")
    pinned: bool
    media: list[PictureBody]


class PostBody(Reactions, PostFields):
    original: "PostBody | None" = Field(
        description="Of a repost, what it shows; the repost itself has no text, and is reacted to by its original."
    )


class PostPage(Answered):
    items: list[PostBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


class ProfilePage(PostPage):
    pinned: list[PostBody] = Field(
        description="At most three, newest first, on the first page; they stand in their place in `items` as well, so "
        "pinning moves nothing from one page to another."
    )


class PublicPostBody(PostFields):
    totals: TotalsBody
    original: "PublicPostBody | None" = Field(description="Of a repost, what it shows.")


class PublicPostPage(Answered):
    items: list[PublicPostBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")
    pinned: list[PublicPostBody] = Field(description="On the first page; in their place in `items` as well.")


class DescriptionBody(Answered):
    id: Id
    alt: str


class VersionBody(Answered):
    version: int
    body: str
    entities: list[EntityBody]
    city: str
    language: str
    media: list[DescriptionBody] = Field(description="What the pictures showed in words.")
    written_at: Moment


class VersionList(Answered):
    items: list[VersionBody] = Field(description="Newest first: how it reads now, then how it read before each edit.")
