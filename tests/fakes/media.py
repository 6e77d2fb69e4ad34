"""The media ports in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from mundotango.media.model import Bucket, Measures, Media, PresignedPost
from mundotango.media.policy import UPLOAD_WINDOW


@dataclass(frozen=True, slots=True)
class StoredObject:
    data: bytes
    content_type: str
    cache_control: str


class FakeObjectStore:
    def __init__(self) -> None:
        self.objects: dict[tuple[Bucket, str], StoredObject] = {}

    def presign_post(self, key: str, *, content_type: str, max_bytes: int, now: datetime) -> PresignedPost:
        fields = {"key": key, "Content-Type": content_type, "policy": f"1-{max_bytes}"}
        return PresignedPost("https://uploads.example/", fields, now + UPLOAD_WINDOW)

    def find(self, bucket: Bucket, key: str) -> bytes | None:
        stored = self.objects.get((bucket, key))
        return stored.data if stored else None

    def put(self, bucket: Bucket, key: str, data: bytes, *, content_type: str, cache_control: str) -> None:
        self.objects[bucket, key] = StoredObject(data, content_type, cache_control)

    def delete(self, bucket: Bucket, key: str) -> None:
        self.objects.pop((bucket, key), None)


class FakeMedia:
    def __init__(self) -> None:
        self.rows: dict[UUID, Media] = {}

    def add(self, media: Media) -> None:
        self.rows[media.media_id] = media

    def find(self, media_id: UUID) -> Media | None:
        return self.rows.get(media_id)

    def find_many(self, media_ids: Iterable[UUID]) -> dict[UUID, Media]:
        return {media_id: self.rows[media_id] for media_id in media_ids if media_id in self.rows}

    def mark_ready(self, media_id: UUID, measures: Measures) -> bool:
        row = self.rows.get(media_id)
        if row is None or row.status != "pending":
            return False
        self.rows[media_id] = replace(row, status="ready", measures=measures, expires_at=None)
        return True

    def mark_failed(self, media_id: UUID, reason: str) -> bool:
        row = self.rows.get(media_id)
        if row is None or row.status != "pending":
            return False
        self.rows[media_id] = replace(row, status="failed", reason=reason)
        return True
