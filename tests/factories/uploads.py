"""A picture on its way: allowed, its bytes arrived, and what the worker makes of it."""

from typing import Any

from mundotango.errors import BadImage
from mundotango.media import policy
from mundotango.media.model import Compressed, Media, Purpose, media_payload
from mundotango.media.service import Compress, finish_upload
from tests.factories.media import compressed_from, pending_media
from tests.fakes.clock import FakeClock
from tests.fakes.media import FakeMedia, FakeObjectStore


def refuse(_data: bytes, _purpose: Purpose, /, *, keep_attribution: bool) -> Compressed:
    raise BadImage(policy.DAMAGED)


class World:
    """A picture that was allowed, and whose bytes have arrived."""

    def __init__(self, data: bytes = b"picture", **row: Any) -> None:
        self.media, self.objects = FakeMedia(), FakeObjectStore()
        self.row = pending_media(**row)
        self.media.add(self.row)
        self.upload(data)

    def upload(self, data: bytes) -> None:
        self.objects.put("uploads", self.upload_key, data, content_type="image/jpeg", cache_control="")

    @property
    def upload_key(self) -> str:
        return policy.upload_key(self.row.media_id)

    def finish(self, compress: Compress = compressed_from) -> str:
        return finish_upload(self.media, self.objects, compress, self.row.media_id, FakeClock()).outcome

    @property
    def now(self) -> Media:
        return self.media.rows[self.row.media_id]

    def state(self) -> Any:
        return dict(self.media.rows), dict(self.objects.objects)

    def outcome(self) -> Any:
        """The state without what differs between two runs: the id."""
        name = str(self.row.media_id)
        objects = {(bucket, key.replace(name, "ID")): value for (bucket, key), value in self.objects.objects.items()}
        rows = [str(media_payload(row)).replace(name, "ID") for row in self.media.rows.values()]
        return objects, rows
