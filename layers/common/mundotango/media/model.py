"""A picture, from the permission to upload it until its variants are served."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Purpose = Literal["post", "avatar", "cover", "event", "message"]
Status = Literal["pending", "received", "ready", "failed"]
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
    `sha256` is what the uploader said of the bytes, in hexadecimal.
    `expires_at` is when a picture that never arrived, or never became ready, is forgotten; None once it is ready.
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
    sha256: str | None = None
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

    @property
    def widest(self) -> Rendition:
        """What a large screen loads: the widest in the format that browsers take first."""
        first = self.renditions[0].format
        return max((one for one in self.renditions if one.format == first), key=lambda one: one.width)


# What a browser is offered first; other formats follow as they come.
_BEST_FIRST = ("avif", "webp")
# About as wide as a page's column: a browser that knows no `<picture>` has no choice of widths.
_FALLBACK_WIDTH = 800

_UNMEASURED: dict[str, Any] = {
    "width": None, "height": None, "blurhash": None, "color": None, "animated": False, "attribution": None,
    "variants": [], "sources": [], "src": None,
}  # fmt: skip


def variants_payload(variants: tuple[Variant, ...]) -> list[dict[str, Any]]:
    """The variants as clients see them, those of a format narrowest first; also what is copied of them."""
    return [
        {"url": f"/{v.key}", "width": v.width, "height": v.height, "format": v.format, "bytes": v.bytes}
        for v in variants
    ]


def kept_picture(media_id: UUID, measures: Measures) -> dict[str, Any]:
    """What is copied of a picture to where it is shown; `shown_picture` makes of it what clients see."""
    return {
        "id": str(media_id),
        "width": measures.width,
        "height": measures.height,
        "blurhash": measures.blurhash,
        "color": measures.color,
        "animated": measures.animated,
        "attribution": measures.attribution,
        "variants": variants_payload(measures.variants),
    }


def shown_picture(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A copied picture as clients see it: with what a `<picture>` element is made of.

    What was copied before pictures had a colour, an attribution and movement has none.
    """
    bare = {"color": None, "animated": False, "attribution": None}
    return bare | dict(kept) | {"sources": _sources(kept["variants"]), "src": _fallback(kept["variants"])}


def media_payload(media: Media) -> dict[str, Any]:
    """The picture as its owner sees it, in `GET /api/media/{id}` and in the frames that announce it."""
    looks = shown_picture(kept_picture(media.media_id, media.measures)) if media.measures else _UNMEASURED
    return looks | {
        "id": str(media.media_id),
        "purpose": media.purpose,
        "status": media.status,
        "reason": media.reason,
        "created_at": media.created_at.isoformat().replace("+00:00", "Z"),
    }


def _sources(variants: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """One `<source>` for each format; a browser takes the first whose type it shows."""
    formats = dict.fromkeys([*_BEST_FIRST, *(variant["format"] for variant in variants)])
    offered = {each: [v for v in variants if v["format"] == each] for each in formats}
    return [
        {"type": f"image/{each}", "srcset": ", ".join(f"{v['url']} {v['width']}w" for v in found)}
        for each, found in offered.items()
        if found
    ]


def _fallback(variants: Sequence[Mapping[str, Any]]) -> str | None:
    """What every browser shows, so no AVIF while there is anything else."""
    shown = [variant for variant in variants if variant["format"] != "avif"] or variants
    nearest = min(shown, key=lambda variant: abs(variant["width"] - _FALLBACK_WIDTH), default=None)
    return str(nearest["url"]) if nearest else None
