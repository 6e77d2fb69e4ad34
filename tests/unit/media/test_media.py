from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.errors import Invalid, NotFound
from mundotango.media import policy
from mundotango.media.model import Media, Rendition, media_payload, shown_picture
from mundotango.media.service import get_media, start_upload
from tests.factories.media import NOON, compressed_from, pending_media, ready_media
from tests.fakes.clock import FakeClock
from tests.fakes.media import FakeMedia, FakeObjectStore

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class TestStartUpload:
    start = staticmethod(partial(start_upload, clock=FakeClock(NOON)))

    def test_allows_one_key_type_and_size(self) -> None:
        media, objects, owner = FakeMedia(), FakeObjectStore(), ids.new_id()

        row, post = self.start(media, objects, owner_id=owner, purpose="post", content_type="image/heic", size=5000)

        assert media.rows[row.media_id] == row
        assert (row.status, row.owner_id, row.expires_at) == ("pending", owner, NOON + timedelta(days=15))
        assert post.fields == {"key": f"uploads/{row.media_id}", "Content-Type": "image/heic", "policy": "1-5000"}
        assert post.expires_at == NOON + timedelta(minutes=5)

    @pytest.mark.parametrize("size", [1, 25 * 1024 * 1024])
    def test_the_limits_are_allowed(self, size: int) -> None:
        assert not policy.refused_fields("avatar", "image/png", size, None)

    @pytest.mark.parametrize(
        ("purpose", "content_type", "size", "fields"),
        [
            ("post", "image/svg+xml", 10, ["content_type"]),
            ("post", "image/jpeg", 0, ["size"]),
            ("post", "image/jpeg", 25 * 1024 * 1024 + 1, ["size"]),
            ("wallpaper", "text/html", -1, ["purpose", "content_type", "size"]),
        ],
    )
    def test_what_is_refused_is_named_and_leaves_no_row(
        self, purpose: Any, content_type: str, size: int, fields: list[str]
    ) -> None:
        media = FakeMedia()
        with pytest.raises(Invalid) as refused:
            self.start(
                media, FakeObjectStore(), owner_id=ids.new_id(), purpose=purpose, content_type=content_type, size=size
            )
        assert [error.field for error in refused.value.fields] == fields
        assert not media.rows

    @pytest.mark.parametrize("content_type", ["image/heic", "image/heif"])
    def test_a_heic_may_be_called_either_way(self, content_type: str) -> None:
        assert not policy.refused_fields("post", content_type, 1, None)

    @pytest.mark.parametrize("announced", [HASH, HASH.upper()])
    def test_a_hash_is_kept_and_told_to_s3(self, announced: str) -> None:
        row, post = self.start(
            FakeMedia(),
            FakeObjectStore(),
            owner_id=ids.new_id(),
            purpose="post",
            content_type="image/png",
            size=1,
            sha256=announced,
        )

        assert row.sha256 == HASH
        assert post.fields["x-amz-checksum-sha256"] == "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="

    @pytest.mark.parametrize("announced", ["", HASH[1:], f"{HASH}0", f"{HASH}\n", "g" * 64])
    def test_what_is_no_hash_is_refused(self, announced: str) -> None:
        (refused,) = policy.refused_fields("post", "image/png", 1, announced)

        assert (refused.field, refused.message) == ("sha256", "must be 64 hexadecimal digits")

    def test_an_attribution_is_kept_by_choice(self) -> None:
        asked = {"owner_id": ids.new_id(), "purpose": "post", "content_type": "image/png", "size": 1}
        kept = [
            self.start(FakeMedia(), FakeObjectStore(), **asked, **chosen)[0].keep_attribution
            for chosen in ({}, {"keep_attribution": True})
        ]

        assert kept == [False, True]

    def test_each_upload_has_a_secret_of_its_own(self) -> None:
        start = partial(
            self.start, FakeMedia(), FakeObjectStore(), owner_id=ids.new_id(), purpose="post", content_type="image/png"
        )
        one, other = start(size=1)[0], start(size=1)[0]

        assert policy.fingerprint(one.secret, b"same") != policy.fingerprint(other.secret, b"same")
        assert one.secret not in repr(one)


class TestGetMedia:
    def get(self, row: Media, owner_id: UUID, *, after: timedelta = timedelta()) -> Media:
        media = FakeMedia()
        media.add(row)
        return get_media(media, row.media_id, owner_id, FakeClock(NOON + after))

    def test_the_owner_sees_it(self) -> None:
        row = pending_media()
        assert self.get(row, row.owner_id) == row

    def test_to_others_it_does_not_exist(self) -> None:
        row = pending_media()
        with pytest.raises(NotFound):
            self.get(row, ids.new_id())
        with pytest.raises(NotFound):
            get_media(FakeMedia(), ids.new_id(), row.owner_id, FakeClock(NOON))

    def test_what_never_came_is_forgotten_though_its_row_is_still_there(self) -> None:
        row = pending_media()

        assert self.get(row, row.owner_id, after=timedelta(hours=23, minutes=59)) == row
        with pytest.raises(NotFound):
            self.get(row, row.owner_id, after=timedelta(days=1))

    def test_what_came_but_is_not_finished_is_seen_as_long_as_it_is_kept(self) -> None:
        row = pending_media(status="received")

        assert self.get(row, row.owner_id, after=timedelta(days=14)) == row
        with pytest.raises(NotFound):
            self.get(row, row.owner_id, after=timedelta(days=15))

    def test_what_is_ready_stays(self) -> None:
        row = ready_media()

        assert self.get(row, row.owner_id, after=timedelta(days=10_000)) == row


def test_the_payload_has_paths_and_not_secrets() -> None:
    row = ready_media()
    payload = media_payload(row)

    assert payload["variants"][0] == {
        "url": f"/media/{row.media_id}/{'ab' * 16}-320.webp",
        "width": 320,
        "height": 160,
        "format": "webp",
        "bytes": 3200,
    }
    assert (payload["width"], payload["height"], payload["status"]) == (1000, 500, "ready")
    assert payload["src"] == payload["variants"][1]["url"]
    assert [source["type"] for source in payload["sources"]] == ["image/webp"]
    assert row.secret not in str(payload)


def test_the_payload_of_a_failed_picture_has_its_reason() -> None:
    payload = media_payload(pending_media(status="failed", reason="This file is empty."))

    assert payload["reason"] == "This file is empty."
    assert (payload["variants"], payload["sources"], payload["src"]) == ([], [], None)
    assert payload.keys() == media_payload(ready_media()).keys()


def test_the_widest_is_of_the_format_that_browsers_take_first() -> None:
    """An original that is served as it is may be wider than what is loaded."""
    made = [Rendition(*size, b"") for size in ((320, 160, "avif"), (1600, 800, "avif"), (2400, 1200, "png"))]

    compressed = replace(compressed_from(b"", "post", keep_attribution=False), renditions=tuple(made))

    assert compressed.widest == made[1]


def variants(*offered: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"url": f"/media/x-{width}.{format}", "width": width, "format": format} for format, width in offered]


class TestShownPicture:
    def test_the_smallest_formats_are_offered_first_and_the_widths_of_each_in_one_set(self) -> None:
        kept = variants(("jpeg", 1600), ("webp", 320), ("webp", 800), ("avif", 320), ("avif", 800))

        assert shown_picture({"variants": kept})["sources"] == [
            {"type": "image/avif", "srcset": "/media/x-320.avif 320w, /media/x-800.avif 800w"},
            {"type": "image/webp", "srcset": "/media/x-320.webp 320w, /media/x-800.webp 800w"},
            {"type": "image/jpeg", "srcset": "/media/x-1600.jpeg 1600w"},
        ]

    @pytest.mark.parametrize(
        ("offered", "chosen"),
        [
            ((("avif", 800), ("webp", 320), ("webp", 1600)), "320.webp"),
            ((("avif", 800), ("webp", 320), ("webp", 800), ("webp", 1600)), "800.webp"),
            ((("avif", 320), ("gif", 64)), "64.gif"),
            ((("avif", 320), ("avif", 1600)), "320.avif"),
        ],
    )
    def test_what_every_browser_shows_is_about_as_wide_as_a_column(
        self, offered: tuple[tuple[str, int], ...], chosen: str
    ) -> None:
        assert shown_picture({"variants": variants(*offered)})["src"] == f"/media/x-{chosen}"

    def test_what_was_kept_before_has_no_colour(self) -> None:
        shown = shown_picture({"id": "x", "variants": variants(("webp", 320))})

        assert (shown["id"], shown["color"], shown["animated"], shown["attribution"]) == ("x", None, False, None)

    def test_is_the_same_when_it_is_shown_again(self) -> None:
        once = shown_picture({"variants": variants(("webp", 320)), "attribution": "Ana"})

        assert shown_picture(once) == once


@pytest.mark.parametrize(
    "key", ["uploads/", "uploads/x", "originals/{id}", "{id}", "uploads/{id}/x", "uploads/{hex}", "uploads/{upper}"]
)
def test_a_key_we_never_gave_out_belongs_to_nothing(key: str) -> None:
    media_id = ids.new_id()
    assert policy.uploaded_media(f"uploads/{media_id}") == media_id
    assert policy.uploaded_media(key.format(id=media_id, hex=media_id.hex, upper=str(media_id).upper())) is None


def test_every_reason_has_a_short_name() -> None:
    assert policy.reason_code(str(policy.TOO_LARGE)) == "too_large"
    assert policy.reason_code("as it was said in an earlier release") == "other"
