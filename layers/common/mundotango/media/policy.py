"""What may be uploaded, and what things are called in the buckets."""

import hashlib
import hmac
import re
from datetime import date, datetime, timedelta
from typing import get_args
from uuid import UUID

from mundotango.errors import BadImage, FieldError, Said
from mundotango.media.model import Media, Purpose

# `image/heif` is what some browsers call a HEIC.
CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/heic", "image/heif", "image/gif")
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
MAX_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 50_000_000
WIDTHS: dict[Purpose, tuple[int, ...]] = {
    "post": (320, 800, 1600), "event": (320, 800, 1600), "message": (320, 800, 1600), "avatar": (64, 256),
    "cover": (1500,),
}  # fmt: skip
# Of a picture that would have more at its width, the variants are narrower: 1600 × 3750.
MAX_VARIANT_PIXELS = 6_000_000
# Width to height of what is cut out of a picture; one of another purpose is shown whole.
ASPECTS: dict[Purpose, tuple[int, int]] = {"avatar": (1, 1), "cover": (3, 1)}
# A picture of one of these purposes keeps moving, at these widths.
ANIMATED: tuple[Purpose, ...] = ("post", "event", "message")
ANIMATED_WIDTHS = (320, 800)
# What a browser is asked to decode at once: 32 MB of a viewer's memory. No larger original is served, none moves.
MAX_SHOWN_PIXELS = 8_000_000
# Of a longer animation the beginning is shown. The pixels are those of all frames, as they were sent.
MAX_FRAMES = 300
MAX_ANIMATED_PIXELS = 40_000_000
MAX_PLAY_TIME = timedelta(seconds=60)
MAX_ATTRIBUTION = 200

# Why a picture failed, as its owner reads it.
NOT_A_PICTURE = "This file is not a picture we can read. Send a JPEG, PNG, WebP, AVIF, HEIC or GIF."
DAMAGED = "This picture is damaged or incomplete."
EMPTY = "This file is empty."
TOO_LARGE = Said("This picture has more than {millions} million pixels.", millions=MAX_PIXELS // 1_000_000)
TOO_COSTLY = "This picture takes too much memory or time to open. Save it as an ordinary JPEG and send that."
GIVEN_UP = "We could not work on this picture. Upload it again, or send another."
OTHER_BYTES = "Other bytes arrived than were announced. Upload the picture again."
# By the names that logs count them by, which stay when the words change.
REASONS = {
    "not_a_picture": NOT_A_PICTURE,
    "damaged": DAMAGED,
    "empty": EMPTY,
    "too_large": TOO_LARGE,
    "too_costly": TOO_COSTLY,
    "given_up": GIVEN_UP,
    "other_bytes": OTHER_BYTES,
}

UPLOAD_WINDOW = timedelta(minutes=5)
# To its owner a picture that never arrived is gone after a day.
FORGOTTEN_AFTER = timedelta(days=1)
# But a worker may have been kept from it: a day more than a message waits in the dead letters. The uploads bucket's
# lifecycle rule has the same days.
UNFINISHED_KEPT = timedelta(days=15)
# Then a picture that nothing shows is deleted.
UNATTACHED_FOR = timedelta(days=7)

VARIANT_CACHE_CONTROL = "public, max-age=31536000, immutable"
ORIGINAL_CACHE_CONTROL = "private, no-store"

_UPLOADS = "uploads/"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def refused_fields(purpose: str, content_type: str, size: int, sha256: str | None) -> list[FieldError]:
    """What is wrong with an upload that is asked for; nothing when it is allowed."""
    refused = []
    if purpose not in PURPOSES:
        refused.append(FieldError("purpose", Said("must be one of {choices}", choices=", ".join(PURPOSES))))
    if content_type not in CONTENT_TYPES:
        refused.append(FieldError("content_type", Said("must be one of {choices}", choices=", ".join(CONTENT_TYPES))))
    if not 1 <= size <= MAX_BYTES:
        refused.append(FieldError("size", Said("must be from 1 to {largest} bytes", largest=MAX_BYTES)))
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        refused.append(FieldError("sha256", "must be 64 hexadecimal digits"))
    return refused


def reason(stored: str) -> str:
    """A reason as it was before the media table made plain text of it; one of an earlier release stays text."""
    return next((known for known in REASONS.values() if known == stored), stored)


def reason_code(detail: str) -> str:
    """The name of a reason, for those who count and do not read."""
    return next((code for code, known in REASONS.items() if known == detail), "other")


def is_forgotten(media: Media, now: datetime) -> bool:
    """Whether its time is over for its owner; DynamoDB takes days to delete what has expired."""
    if media.status == "pending":
        return media.created_at + FORGOTTEN_AFTER <= now
    return media.expires_at is not None and media.expires_at <= now


def checked_bytes(media: Media, data: bytes) -> bytes:
    """What arrived, if it is what was announced; S3 has looked as well, where it is Amazon's."""
    if media.sha256 is not None and hashlib.sha256(data).hexdigest() != media.sha256:
        raise BadImage(OTHER_BYTES)
    return data


def review_day(at: datetime) -> date:
    """When a picture that became ready, or was last shown, at that moment is looked at: once that day is over."""
    return (at + UNATTACHED_FOR).date()


def upload_key(media_id: UUID) -> str:
    return f"{_UPLOADS}{media_id}"


def uploaded_media(key: str) -> UUID | None:
    """The picture whose upload this key holds; None for a key that we never gave out."""
    try:
        media_id = UUID(key.removeprefix(_UPLOADS))
    except ValueError:
        return None
    return media_id if key == upload_key(media_id) else None


def original_key(media_id: UUID) -> str:
    return f"originals/{media_id}"


def fingerprint(secret: str, data: bytes) -> str:
    """128 bits that name the variants of these bytes: the same on a retry, other bytes get others.

    Keyed, because who has the same picture must not be able to guess where it is served from.
    """
    return hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()[:32]


def variants_of(media_id: UUID) -> str:
    """What the keys of a picture's variants begin with."""
    return f"media/{media_id}/"


def variant_key(media_id: UUID, name: str, width: int, extension: str) -> str:
    return f"{variants_of(media_id)}{name}-{width}.{extension}"
