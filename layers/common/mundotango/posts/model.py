"""Posts, as they are kept and as they are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Author:
    id: UUID
    handle: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as the post keeps it, copied from the media row; each variant is as clients see it, `url` included."""

    media_id: UUID
    alt: str
    width: int
    height: int
    blurhash: str
    variants: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Post:
    id: UUID
    author: Author
    body: str
    city: str
    created_at: datetime
    version: int
    media: list[Picture]


def post_payload(post: Post) -> dict[str, Any]:
    """The post in JSON's types, the same to everybody: what the API answers, but for what depends on the reader."""
    return {
        "id": str(post.id),
        "author": {
            "id": str(post.author.id),
            "handle": post.author.handle,
            "display_name": post.author.display_name,
        },
        "body": post.body,
        "city": post.city,
        "created_at": post.created_at.isoformat().replace("+00:00", "Z"),
        "version": post.version,
        "media": [
            {
                "id": str(picture.media_id),
                "alt": picture.alt,
                "width": picture.width,
                "height": picture.height,
                "blurhash": picture.blurhash,
                "variants": picture.variants,
            }
            for picture in post.media
        ],
    }
