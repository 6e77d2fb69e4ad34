"""Pictures in DynamoDB; the table's stream announces what became of them."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from itertools import islice
from typing import Any, cast
from uuid import UUID

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from mundotango import settings
from mundotango.adapters.dynamodb import Replicated, batch_get, bind, written
from mundotango.media.model import Measures, Media, Purpose, Status, Variant


class VariantMap(MapAttribute[str, Any]):
    width = NumberAttribute()
    height = NumberAttribute()
    format = UnicodeAttribute()
    key = UnicodeAttribute()
    bytes = NumberAttribute()


class ByOwner(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_owner"
        projection = KeysOnlyProjection()

    owner_id = UnicodeAttribute(hash_key=True)
    media_id = UnicodeAttribute(range_key=True)


class Unattached(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Of the rows that say when to look at them, which is once they are ready and until something shows the picture."""

    class Meta:
        index_name = "unattached"
        projection = KeysOnlyProjection()

    review_on = UnicodeAttribute(hash_key=True)
    media_id = UnicodeAttribute(range_key=True)


class MediaRow(Replicated):
    media_id = UnicodeAttribute(hash_key=True)
    owner_id = UnicodeAttribute()
    purpose = UnicodeAttribute()
    content_type = UnicodeAttribute()
    size = NumberAttribute()
    secret = UnicodeAttribute()
    keep_attribution = BooleanAttribute(null=True)
    sha256 = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    expires_at = TTLAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    width = NumberAttribute(null=True)
    height = NumberAttribute(null=True)
    bytes = NumberAttribute(null=True)
    blurhash = UnicodeAttribute(null=True)
    color = UnicodeAttribute(null=True)
    animated = BooleanAttribute(null=True)
    attribution = UnicodeAttribute(null=True)
    variants = ListAttribute(of=VariantMap, null=True)
    review_on = UnicodeAttribute(null=True)
    by_owner = ByOwner()
    unattached = Unattached()


def media_from_image(image: dict[str, dict[str, Any]]) -> Media:
    """A row as the table's stream carries it (`NewImage`, `OldImage`)."""
    row = MediaRow()
    row.deserialize(image)
    return _media(row)


class DynamoMedia:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(MediaRow, table_name, region)

    def add(self, media: Media) -> None:
        self._row(
            str(media.media_id),
            owner_id=str(media.owner_id),
            purpose=media.purpose,
            content_type=media.content_type,
            size=media.size,
            secret=media.secret,
            keep_attribution=media.keep_attribution,
            sha256=media.sha256,
            status=media.status,
            created_at=media.created_at,
            expires_at=media.expires_at,
        ).save(condition=self._row.media_id.does_not_exist())

    def find(self, media_id: UUID) -> Media | None:
        try:
            return _media(self._row.get(str(media_id), consistent_read=True))
        except self._row.DoesNotExist:
            return None

    def find_many(self, media_ids: Iterable[UUID]) -> dict[UUID, Media]:
        rows = batch_get(self._row, map(str, media_ids), consistent_read=True)
        return {found.media_id: found for found in map(_media, rows)}

    def of_owner(self, owner_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        # Attributes of the row and not of the index, which knows its own only by its model.
        later = None if after is None else self._row.media_id > str(after)
        return [UUID(row.media_id) for row in islice(self._row.by_owner.query(str(owner_id), later), limit)]

    def newest_of_owner(self, owner_id: UUID, before: UUID | None, limit: int) -> list[UUID]:
        earlier = None if before is None else self._row.media_id < str(before)
        found = self._row.by_owner.query(str(owner_id), earlier, scan_index_forward=False, page_size=limit)
        return [UUID(row.media_id) for row in islice(found, limit)]

    def remove(self, media_id: UUID) -> None:
        self._row(str(media_id)).delete()

    def mark_received(self, media_id: UUID) -> bool:
        row = self._row
        return self._change(media_id, row.status == "pending", "received")

    def list_due(self, day: date, after: UUID | None, limit: int) -> list[UUID]:
        later = None if after is None else self._row.media_id > str(after)
        return [UUID(row.media_id) for row in islice(self._row.unattached.query(day.isoformat(), later), limit)]

    def review(self, media_id: UUID, day: date) -> None:
        self._set_review(media_id, self._row.review_on.set(day.isoformat()), self._row.media_id.exists())

    def keep(self, media_id: UUID, reviewed: date) -> None:
        row = self._row
        self._set_review(media_id, row.review_on.remove(), row.review_on == reviewed.isoformat())

    def mark_ready(self, media_id: UUID, measures: Measures, review_on: date) -> bool:
        row = self._row
        return self._settle(
            media_id,
            "ready",
            row.expires_at.remove(),
            row.review_on.set(review_on.isoformat()),
            row.width.set(measures.width),
            row.height.set(measures.height),
            row.bytes.set(measures.bytes),
            row.blurhash.set(measures.blurhash),
            row.color.set(measures.color),
            row.animated.set(measures.animated),
            row.attribution.set(measures.attribution) if measures.attribution else row.attribution.remove(),
            row.variants.set([VariantMap(**asdict(v)) for v in measures.variants]),  # type: ignore[no-untyped-call]
        )

    def mark_failed(self, media_id: UUID, reason: str) -> bool:
        return self._settle(media_id, "failed", self._row.reason.set(reason))

    def _settle(self, media_id: UUID, status: Status, *actions: Action) -> bool:
        return self._change(media_id, self._row.status.is_in("pending", "received"), status, *actions)

    def _change(self, media_id: UUID, condition: Condition, status: Status, *actions: Action) -> bool:
        row = self._row
        return written(lambda: row(str(media_id)).update([row.status.set(status), *actions], condition=condition))

    def _set_review(self, media_id: UUID, action: Action, condition: Condition) -> None:
        written(lambda: self._row(str(media_id)).update([action], condition=condition))


def _media(row: MediaRow) -> Media:
    return Media(
        media_id=UUID(row.media_id),
        owner_id=UUID(row.owner_id),
        purpose=cast(Purpose, row.purpose),
        content_type=row.content_type,
        size=int(row.size),
        secret=row.secret,
        created_at=row.created_at,
        keep_attribution=bool(row.keep_attribution),
        sha256=row.sha256,
        expires_at=row.expires_at,
        status=cast(Status, row.status),
        reason=row.reason,
        measures=_measures(row) if row.status == "ready" else None,
    )


def _measures(row: MediaRow) -> Measures:
    return Measures(
        width=int(row.width),
        height=int(row.height),
        bytes=int(row.bytes),
        blurhash=row.blurhash,
        color=row.color,
        animated=bool(row.animated),
        attribution=row.attribution,
        variants=tuple(Variant(int(v.width), int(v.height), v.format, v.key, int(v.bytes)) for v in row.variants or ()),
    )
