"""A picture, from the permission to upload it until its variants are served."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Purpose = Literal["post", "avatar", "cover", "event"]
Status = Literal["pending", "ready", "failed"]
Bucket = Literal["uploads", "media"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One served size of a picture; `key` names it in the media bucket and, after a slash, on the site."""

    width: int
    height: int
    format: str
    key: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Measures:
    """What is known of a picture once it was compressed: width and height of the upright original, bytes as sent.

    `attribution` is what the file said of who made it, kept where the uploader chose so.
    """

    width: int
    height: int
    bytes: int
    blurhash: str
    color: str
    variants: tuple[Variant, ...]
    animated: bool = False
    attribution: str | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A row of the media table; `measures` is there when it is ready, `reason` when it failed.

    `secret` is what nobody outside may guess of the variants' names: it never leaves the platform.
    `expires_at` is when a picture that never arrived is forgotten; None once it is ready.
    """

    media_id: UUID
    owner_id: UUID
    purpose: Purpose
    content_type: str
    size: int
    secret: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None
    keep_attribution: bool = False
    status: Status = "pending"
    reason: str | None = None
    measures: Measures | None = None


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A form for the browser: POST `fields`, then the file as `file`, as multipart/form-data to `url`."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Rendition:
    """A variant before it has a name."""

    width: int
    height: int
    format: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Compressed:
    """What became of the uploaded bytes: renditions to serve, and the original without its metadata to keep."""

    width: int
    height: int
    blurhash: str
    color: str
    animated: bool
    attribution: str | None
    renditions: tuple[Rendition, ...]
    original: bytes = field(repr=False)
    original_type: str


def variants_payload(variants: tuple[Variant, ...]) -> list[dict[str, Any]]:
    """The variants as clients see them, narrowest first; also what a post copies when the picture is attached."""
    return [
        {"url": f"/{v.key}", "width": v.width, "height": v.height, "format": v.format, "bytes": v.bytes}
        for v in variants
    ]


def media_payload(media: Media) -> dict[str, Any]:
    """The picture as its owner sees it, in `GET /api/media/{id}` and in the frames that announce it."""
    measures = media.measures
    return {
        "id": str(media.media_id),
        "status": media.status,
        "reason": media.reason,
        "width": measures.width if measures else None,
        "height": measures.height if measures else None,
        "blurhash": measures.blurhash if measures else None,
        "color": measures.color if measures else None,
        "variants": variants_payload(measures.variants) if measures else [],
    }
