"""Uploading a picture: asked for here, sent to S3 by the browser, finished by the worker that S3 wakes.

Finishing has five effects, in this order: received, variants, row, stripped original, upload deleted. A worker killed
between any two leaves a state that the next delivery completes, because variants are named by the uploaded bytes, only
one write can settle the row, and the upload, which makes a delivery worth anything, goes last. The original follows the
row and not the other way round: of two uploads that raced, only the one the row shows is kept, and whoever finds that
somebody else was at work as well takes away what the row does not show. (Whoever overwrites an upload whose worker died
between row and original has no original: the bytes are gone.) Before the upload goes the row is looked at once more: a
picture that was removed meanwhile leaves nothing.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, cast
from uuid import UUID

from mundotango import ids
from mundotango.errors import BadImage, Invalid, NotFound
from mundotango.media import policy
from mundotango.media.model import Compressed, Measures, Media, PresignedPost, Purpose, Variant
from mundotango.ports import Clock, MediaRepository, ObjectStore


class Compress(Protocol):
    """Raises BadImage, whose detail the sender is told."""

    def __call__(self, data: bytes, purpose: Purpose, /, *, keep_attribution: bool) -> Compressed: ...


# removed: there is no row (any more), and so nothing of it is left. gone: nothing to do, an earlier delivery did it.
# late: the row had its outcome, from an earlier delivery or an earlier upload.
Outcome = Literal["ready", "failed", "late", "gone", "removed"]


@dataclass(frozen=True, slots=True)
class Finished:
    """What a delivery came to; `reason` is why a picture failed."""

    outcome: Outcome
    reason: str | None = None


_PAGE = 50


def start_upload(
    media: MediaRepository,
    objects: ObjectStore,
    *,
    owner_id: UUID,
    purpose: str,
    content_type: str,
    size: int,
    sha256: str | None = None,
    keep_attribution: bool = False,
    clock: Clock,
) -> tuple[Media, PresignedPost]:
    """Allow one upload of this type and at most this size, and of these bytes where their hash is given.

    The type is what the form is for; what the bytes are is seen when they are there.
    """
    refused = policy.refused_fields(purpose, content_type, size, sha256)
    if refused:
        raise Invalid("this cannot be uploaded", *refused)
    now = clock.now()
    row = Media(
        media_id=ids.new_id(),
        owner_id=owner_id,
        purpose=cast(Purpose, purpose),
        content_type=content_type,
        size=size,
        secret=ids.new_secret(),
        created_at=now,
        expires_at=now + policy.UNFINISHED_KEPT,
        keep_attribution=keep_attribution,
        sha256=sha256.lower() if sha256 else None,
    )
    key = policy.upload_key(row.media_id)
    post = objects.presign_post(key, content_type=content_type, max_bytes=size, sha256=row.sha256, now=now)
    media.add(row)
    return row, post


def get_media(media: MediaRepository, media_id: UUID, owner_id: UUID, clock: Clock) -> Media:
    """The owner's own; another's is not found, as if it did not exist."""
    row = media.find(media_id)
    if row is None or row.owner_id != owner_id or policy.is_forgotten(row, clock.now()):
        raise NotFound("no such picture")
    return row


def finish_upload(
    media: MediaRepository, objects: ObjectStore, compress: Compress, media_id: UUID, clock: Clock
) -> Finished:
    """What one delivery of an upload's notification does, however often and in whatever order they come."""
    row = media.find(media_id)
    if row is None:
        delete_objects(objects, media_id)
        return Finished("removed")
    data = objects.find("uploads", policy.upload_key(media_id))
    first, finished = False, Finished("gone")
    if data is not None:
        first = media.mark_received(media_id)
        finished = _settle(media, objects, compress, row, data, clock)
    after = media.find(media_id)
    if after is None:
        delete_objects(objects, media_id)
        return Finished("removed")
    if not first or finished.outcome == "late":
        _delete_unshown(objects, after)
    if data is not None:
        objects.delete("uploads", policy.upload_key(media_id))
    return finished


def give_up_upload(media: MediaRepository, objects: ObjectStore, media_id: UUID) -> bool:
    """Settle a picture on which every delivery failed, without reading it: what kills a worker may be in its bytes.

    False where there is nothing to give up: an earlier delivery or an earlier upload had its outcome.
    """
    if not media.mark_failed(media_id, policy.GIVEN_UP):
        return False
    delete_objects(objects, media_id)
    return True


def delete_objects(objects: ObjectStore, media_id: UUID) -> None:
    """All that S3 has of a picture; what a worker writes afterwards is that worker's to take back."""
    objects.delete_many("uploads", [policy.upload_key(media_id), policy.original_key(media_id)])
    while keys := objects.list_keys("media", policy.variants_of(media_id), _PAGE):
        objects.delete_many("media", keys)
        if len(keys) < _PAGE:
            return


def _delete_unshown(objects: ObjectStore, row: Media) -> None:
    """What others made of a picture that has its outcome, and which no row will ever name."""
    if row.status not in ("ready", "failed"):
        return
    shown = {variant.key for variant in row.measures.variants} if row.measures else set()
    for key in objects.list_keys("media", policy.variants_of(row.media_id), _PAGE):
        if key not in shown:
            objects.delete("media", key)


def _settle(
    media: MediaRepository, objects: ObjectStore, compress: Compress, row: Media, data: bytes, clock: Clock
) -> Finished:
    if row.status == "failed" or (row.status == "ready" and not _shows(row, data)):
        return Finished("late")
    try:
        compressed = compress(policy.checked_bytes(row, data), row.purpose, keep_attribution=row.keep_attribution)
    except BadImage as refusal:
        failed = media.mark_failed(row.media_id, refusal.detail)
        return Finished("failed", refusal.detail) if failed else Finished("late")
    outcome: Outcome = "late"
    if row.status != "ready":
        measures = _serve(objects, row, data, compressed)
        if media.mark_ready(row.media_id, measures, policy.review_day(clock.now())):
            outcome = "ready"
        elif not _shows(media.find(row.media_id), data):
            return Finished("late")
    objects.put(
        "uploads",
        policy.original_key(row.media_id),
        compressed.original,
        content_type=compressed.original_type,
        cache_control=policy.ORIGINAL_CACHE_CONTROL,
    )
    return Finished(outcome)


def _shows(row: Media | None, data: bytes) -> bool:
    """Whether the served variants were made from these bytes."""
    if row is None or row.measures is None:
        return False
    name = policy.fingerprint(row.secret, data)
    return any(f"/{name}-" in variant.key for variant in row.measures.variants)


def _serve(objects: ObjectStore, row: Media, data: bytes, compressed: Compressed) -> Measures:
    name = policy.fingerprint(row.secret, data)
    variants = []
    for rendition in compressed.renditions:
        key = policy.variant_key(row.media_id, name, rendition.width, rendition.format)
        objects.put(
            "media",
            key,
            rendition.data,
            content_type=f"image/{rendition.format}",
            cache_control=policy.VARIANT_CACHE_CONTROL,
        )
        variants.append(Variant(rendition.width, rendition.height, rendition.format, key, len(rendition.data)))
    return Measures(
        width=compressed.width,
        height=compressed.height,
        bytes=len(data),
        blurhash=compressed.blurhash,
        color=compressed.color,
        animated=compressed.animated,
        attribution=compressed.attribution,
        variants=tuple(variants),
    )
