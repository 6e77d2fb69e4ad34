from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.media import policy
from mundotango.media.model import Compressed, Measures, Media, Rendition, Variant

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def pending_media(**changes: Any) -> Media:
    media = Media(
        media_id=ids.new_id(),
        owner_id=ids.new_id(),
        purpose="post",
        content_type="image/jpeg",
        size=1000,
        secret="0123456789abcdef0123456789abcdef",
        created_at=NOON,
        expires_at=NOON + timedelta(days=15),
    )
    return replace(media, **changes)


def measures_of(media_id: UUID) -> Measures:
    """What a picture of 1000 × 500 is known by once it is ready."""
    variants = tuple(
        Variant(width, width // 2, "webp", policy.variant_key(media_id, "ab" * 16, width, "webp"), width * 10)
        for width in (320, 800, 1000)
    )
    return Measures(1000, 500, 12_345, "LEHV6nWB2yk8pyo0adR*.7kCMdnj", "#c81e1e", variants)


def ready_media(**changes: Any) -> Media:
    media = pending_media()
    return replace(media, status="ready", expires_at=None, measures=measures_of(media.media_id), **changes)


def compressed_from(data: bytes, _purpose: str, *, keep_attribution: bool) -> Compressed:
    """As the worker's compression does, without decoding anything: variants that tell which bytes they came from."""
    renditions = tuple(Rendition(width, width // 2, "webp", b"%d of " % width + data) for width in (320, 800))
    return Compressed(
        1000,
        500,
        "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        "#c81e1e",
        animated=False,
        attribution="Ana" if keep_attribution else None,
        renditions=renditions,
        original=b"stripped " + data,
        original_type="image/jpeg",
    )
