"""The media ports in memory."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mundotango.media.model import Bucket, Measures, Media, PresignedPost, Status
from mundotango.media.policy import UPLOAD_WINDOW

_UNSETTLED: tuple[Status, ...] = ("pending", "received")


@dataclass(frozen=True, slots=True)
class StoredObject:
    data: bytes
    content_type: str
    cache_control: str


class FakeWriter:
    """Takes bytes and gives none back, as an upload under way."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes, /) -> int:
        self.written += data
        return len(data)

    def flush(self) -> None: ...


class FakeObjectStore:
    def __init__(self) -> None:
        self.objects: dict[tuple[Bucket, str], StoredObject] = {}

    def presign_post(
        self, key: str, *, content_type: str, max_bytes: int, sha256: str | None, now: datetime
    ) -> PresignedPost:
        fields = {"key": key, "Content-Type": content_type, "policy": f"1-{max_bytes}"}
        if sha256 is not None:
            fields["x-amz-checksum-sha256"] = base64.b64encode(bytes.fromhex(sha256)).decode()
        return PresignedPost("https://uploads.example/", fields, now + UPLOAD_WINDOW)

    def find(self, bucket: Bucket, key: str) -> bytes | None:
        stored = self.objects.get((bucket, key))
        return stored.data if stored else None

    def put(self, bucket: Bucket, key: str, data: bytes, *, content_type: str, cache_control: str) -> None:
        self.objects[bucket, key] = StoredObject(data, content_type, cache_control)

    def delete(self, bucket: Bucket, key: str) -> None:
        self.objects.pop((bucket, key), None)

    def delete_many(self, bucket: Bucket, keys: Sequence[str]) -> None:
        for key in keys:
            self.delete(bucket, key)

    def list_keys(self, bucket: Bucket, prefix: str, limit: int) -> list[str]:
        return sorted(key for where, key in self.objects if where == bucket and key.startswith(prefix))[:limit]

    @contextmanager
    def writing(self, bucket: Bucket, key: str, *, content_type: str) -> Iterator[FakeWriter]:
        writer = FakeWriter()
        yield writer
        self.objects[bucket, key] = StoredObject(bytes(writer.written), content_type, "private, no-store")

    def presign_get(self, key: str, *, filename: str, seconds: int) -> str:
        return f"https://uploads.example/{key}?filename={filename}&seconds={seconds}"


class FakeMedia:
    def __init__(self) -> None:
        self.rows: dict[UUID, Media] = {}
        self.review_days: dict[UUID, date] = {}

    def add(self, media: Media) -> None:
        self.rows[media.media_id] = media

    def find(self, media_id: UUID) -> Media | None:
        return self.rows.get(media_id)

    def find_many(self, media_ids: Iterable[UUID]) -> dict[UUID, Media]:
        return {media_id: self.rows[media_id] for media_id in media_ids if media_id in self.rows}

    def mark_received(self, media_id: UUID) -> bool:
        return self._change(media_id, ("pending",), status="received")

    def mark_ready(self, media_id: UUID, measures: Measures, review_on: date) -> bool:
        marked = self._change(media_id, _UNSETTLED, status="ready", measures=measures, expires_at=None)
        if marked:
            self.review_days[media_id] = review_on
        return marked

    def mark_failed(self, media_id: UUID, reason: str) -> bool:
        return self._change(media_id, _UNSETTLED, status="failed", reason=reason)

    def of_owner(self, owner_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        theirs = sorted(row.media_id for row in self.rows.values() if row.owner_id == owner_id)
        return [media_id for media_id in theirs if after is None or media_id > after][:limit]

    def remove(self, media_id: UUID) -> None:
        self.rows.pop(media_id, None)
        self.review_days.pop(media_id, None)

    def list_due(self, day: date, after: UUID | None, limit: int) -> list[UUID]:
        due = sorted(media_id for media_id, on in self.review_days.items() if on == day)
        return [media_id for media_id in due if after is None or media_id > after][:limit]

    def review(self, media_id: UUID, day: date) -> None:
        if media_id in self.rows:
            self.review_days[media_id] = day

    def keep(self, media_id: UUID, reviewed: date) -> None:
        if self.review_days.get(media_id) == reviewed:
            del self.review_days[media_id]

    def newest_of_owner(self, owner_id: UUID, before: UUID | None, limit: int) -> list[UUID]:
        theirs = self.of_owner(owner_id, None, len(self.rows))
        return [media_id for media_id in reversed(theirs) if before is None or media_id < before][:limit]

    def _change(self, media_id: UUID, statuses: tuple[Status, ...], **changes: Any) -> bool:
        row = self.rows.get(media_id)
        if row is None or row.status not in statuses:
            return False
        self.rows[media_id] = replace(row, **changes)
        return True
