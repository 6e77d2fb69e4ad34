"""Posts, as they are kept and as they are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mundotango.media.model import shown_picture
from mundotango.posts.entities import Entity, entity_payload

Visibility = Literal["public", "followers", "mentioned"]


@dataclass(frozen=True, slots=True)
class Author:
    """`avatar` is a picture as it was copied from the media row, without alt text."""

    id: UUID
    handle: str
    display_name: str
    avatar: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as the post keeps it, copied from the media row; each variant is as clients see it, `url` included.

    Of what was posted before pictures had a colour, it is not known.
    """

    media_id: UUID
    alt: str
    width: int
    height: int
    blurhash: str
    variants: list[dict[str, Any]]
    color: str | None = None
    animated: bool = False
    attribution: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody wrote; or, with an `original`, that they showed this one to their followers, in no words of theirs.

    `version` counts the edits, from 1. One that is `hidden`, by a moderator, is seen by its author alone.
    """

    id: UUID
    author: Author
    body: str
    city: str
    created_at: datetime
    version: int
    media: list[Picture]
    visibility: Visibility = "public"
    language: str = ""
    event_id: UUID | None = None
    entities: tuple[Entity, ...] = ()
    edited_at: datetime | None = None
    pinned: bool = False
    hidden: bool = False
    original: "Post | None" = None

    @property
    def written(self) -> "Post":
        """What is reacted to, looked at, saved and shown again: of a repost, the original."""
        return self.original or self


@dataclass(frozen=True, slots=True)
class Reactable:
    """What is reacted to by a post: of a repost, its original. `told` is its author, if they hear of the reaction."""

    post_id: UUID
    told: UUID | None


@dataclass(frozen=True, slots=True)
class Version:
    """A post as it read before an edit, or reads now. `alts` are its pictures' texts, by their ids."""

    version: int
    body: str
    city: str
    language: str
    entities: tuple[Entity, ...]
    alts: dict[UUID, str]
    written_at: datetime


def alts_of(post: Post) -> dict[UUID, str]:
    return {picture.media_id: picture.alt for picture in post.media}


def repost_of(original: Post, *, id: UUID, author: Author, created_at: datetime) -> Post:
    return Post(id, author, body="", city="", created_at=created_at, version=1, media=[], original=original)


def author_payload(author: Author) -> dict[str, Any]:
    return {
        "id": str(author.id),
        "handle": author.handle,
        "display_name": author.display_name,
        "avatar": author.avatar and shown_picture(author.avatar),
    }


def post_payload(post: Post) -> dict[str, Any]:
    """The post in JSON's types, the same to everybody: what the API answers, but for what depends on the reader."""
    return {
        "id": str(post.id),
        "author": author_payload(post.author),
        "body": post.body,
        "entities": [entity_payload(entity) for entity in post.entities],
        "city": post.city,
        "language": post.language,
        "visibility": post.visibility,
        "event_id": None if post.event_id is None else str(post.event_id),
        "created_at": moment_payload(post.created_at),
        "edited_at": None if post.edited_at is None else moment_payload(post.edited_at),
        "version": post.version,
        "pinned": post.pinned,
        "media": [_picture_payload(picture) for picture in post.media],
        "original": None if post.original is None else post_payload(post.original),
    }


def moment_payload(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _picture_payload(picture: Picture) -> dict[str, Any]:
    kept = {
        "id": str(picture.media_id),
        "alt": picture.alt,
        "width": picture.width,
        "height": picture.height,
        "blurhash": picture.blurhash,
        "color": picture.color,
        "animated": picture.animated,
        "attribution": picture.attribution,
        "variants": picture.variants,
    }
    return shown_picture(kept)
