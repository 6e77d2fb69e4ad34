import hashlib
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from mundotango.media import policy
from mundotango.media.model import Compressed, Measures, Purpose, media_payload
from mundotango.media.service import Compress, delete_objects, give_up_upload
from tests.factories.media import compressed_from
from tests.factories.uploads import World, refuse


class TestFinishUpload:
    def test_serves_the_variants_and_keeps_the_stripped_original(self) -> None:
        world = World(b"picture")

        assert world.finish() == "ready"

        measures = world.now.measures
        assert measures is not None
        assert (world.now.status, world.now.expires_at, measures.bytes) == ("ready", None, len(b"picture"))
        served = [world.objects.objects["media", variant.key] for variant in measures.variants]
        assert [stored.data for stored in served] == [b"320 of picture", b"800 of picture"]
        assert {stored.cache_control for stored in served} == {"public, max-age=31536000, immutable"}
        assert {stored.content_type for stored in served} == {"image/webp"}
        kept = {key: stored.data for (bucket, key), stored in world.objects.objects.items() if bucket == "uploads"}
        assert kept == {f"originals/{world.row.media_id}": b"stripped picture"}

    def test_names_cannot_be_guessed_from_the_picture(self) -> None:
        one, other = World(b"picture"), World(b"picture")
        other.media.rows[other.row.media_id] = replace(other.row, secret="another")
        one.finish()
        other.finish()

        names = [w.now.measures.variants[0].key.split("/")[2] for w in (one, other) if w.now.measures]
        assert len(set(names)) == 2
        assert all(len(name.split("-")[0]) == 32 for name in names)

    def test_a_second_delivery_makes_no_second_effect(self) -> None:
        world = World()
        world.finish()
        before = world.state()

        assert world.finish() == "gone"
        assert world.state() == before

    def test_a_picture_that_is_none_has_a_reason(self) -> None:
        world = World()

        assert world.finish(refuse) == "failed"
        assert (world.now.status, world.now.reason) == ("failed", "This picture is damaged or incomplete.")
        assert not world.objects.objects

    @pytest.mark.parametrize("first", [compressed_from, refuse])
    @pytest.mark.parametrize("second", [compressed_from, refuse])
    def test_an_upload_that_comes_after_the_outcome_changes_nothing(self, first: Compress, second: Compress) -> None:
        world = World(b"first")
        world.finish(first)
        before = world.state()
        world.upload(b"second")

        assert world.finish(second) == "late"
        assert world.state() == before

    def test_of_two_uploads_that_race_the_one_that_is_shown_is_kept(self) -> None:
        world = World(b"slow")

        def overtaken(data: bytes, purpose: Purpose, /, *, keep_attribution: bool) -> Compressed:
            world.upload(b"quick")
            assert world.finish() == "ready"
            return compressed_from(data, purpose, keep_attribution=keep_attribution)

        assert world.finish(overtaken) == "late"
        assert world.objects.find("uploads", policy.original_key(world.row.media_id)) == b"stripped quick"
        assert world.now.measures is not None
        assert world.objects.find("media", world.now.measures.variants[0].key) == b"320 of quick"

    def test_what_lost_the_race_leaves_no_variants(self) -> None:
        world = World(b"slow")

        def overtaken(data: bytes, purpose: Purpose, /, *, keep_attribution: bool) -> Compressed:
            world.upload(b"quick")
            world.finish()
            return compressed_from(data, purpose, keep_attribution=keep_attribution)

        world.finish(overtaken)

        assert world.now.measures is not None
        assert {key for bucket, key in world.objects.objects if bucket == "media"} == {
            variant.key for variant in world.now.measures.variants
        }

    def test_is_received_before_it_is_worked_on(self) -> None:
        world = World()
        seen = []

        def look(data: bytes, purpose: Purpose, /, *, keep_attribution: bool) -> Compressed:
            seen.append(world.now.status)
            raise MemoryError

        with pytest.raises(MemoryError):
            world.finish(look)

        assert seen == ["received"]
        assert world.finish() == "ready"

    def test_other_bytes_than_were_announced_are_refused(self) -> None:
        world = World(b"other", sha256=hashlib.sha256(b"picture").hexdigest())

        assert world.finish() == "failed"
        assert world.now.reason == policy.OTHER_BYTES
        assert not world.objects.objects

    def test_the_bytes_that_were_announced_are_taken(self) -> None:
        assert World(b"picture", sha256=hashlib.sha256(b"picture").hexdigest()).finish() == "ready"

    @pytest.mark.parametrize("chosen", [True, False])
    def test_an_attribution_is_kept_where_it_was_chosen(self, chosen: bool) -> None:
        world = World(keep_attribution=chosen)
        world.finish()

        assert media_payload(world.now)["attribution"] == ("Ana" if chosen else None)

    @pytest.mark.parametrize("format", ["avif", "webp", "jpeg", "png", "gif"])
    def test_a_variant_says_what_it_is_and_is_kept_for_ever(self, format: str) -> None:
        world = World()

        def compress(data: bytes, purpose: Purpose, /, *, keep_attribution: bool) -> Compressed:
            made = compressed_from(data, purpose, keep_attribution=keep_attribution)
            return replace(made, renditions=tuple(replace(each, format=format) for each in made.renditions))

        world.finish(compress)

        served = {key: stored for (bucket, key), stored in world.objects.objects.items() if bucket == "media"}
        assert len(served) == 2
        for key, stored in served.items():
            assert key.endswith(f".{format}")
            assert stored.content_type == f"image/{format}"
            assert stored.cache_control == "public, max-age=31536000, immutable"


class TestRemoved:
    def test_an_upload_without_a_row_is_deleted(self) -> None:
        world = World()
        world.media.remove(world.row.media_id)

        assert world.finish() == "removed"
        assert not world.objects.objects

    def test_what_is_left_of_it_goes_too(self) -> None:
        world = World()
        world.finish()
        world.media.remove(world.row.media_id)

        assert world.finish() == "removed"
        assert not world.objects.objects

    @pytest.mark.parametrize("compress", [compressed_from, refuse])
    def test_while_it_was_compressed(self, compress: Compress) -> None:
        world = World()

        def removed(data: bytes, purpose: Purpose, /, *, keep_attribution: bool) -> Compressed:
            world.media.remove(world.row.media_id)
            delete_objects(world.objects, world.row.media_id)
            return compress(data, purpose, keep_attribution=keep_attribution)

        assert world.finish(removed) == "removed"
        assert world.state() == ({}, {})

    def test_before_the_original_was_put(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world = World()
        mark_ready = world.media.mark_ready

        def removed(media_id: UUID, measures: Measures, review_on: date) -> bool:
            marked = mark_ready(media_id, measures, review_on)
            world.media.remove(media_id)
            delete_objects(world.objects, media_id)
            return marked

        monkeypatch.setattr(world.media, "mark_ready", removed)

        assert world.finish() == "removed"
        assert world.state() == ({}, {})


class TestGiveUpUpload:
    def test_says_so_to_the_owner_and_keeps_nothing(self) -> None:
        world = World()

        assert give_up_upload(world.media, world.objects, world.row.media_id)
        assert (world.now.status, world.now.reason) == ("failed", policy.GIVEN_UP)
        assert not world.objects.objects

    def test_takes_back_what_a_worker_that_died_had_served(self) -> None:
        world = World()
        world.objects.put(
            "media", f"media/{world.row.media_id}/{'ab' * 16}-320.webp", b"", content_type="", cache_control=""
        )

        assert give_up_upload(world.media, world.objects, world.row.media_id)
        assert not world.objects.objects

    @pytest.mark.parametrize("compress", [compressed_from, refuse])
    def test_an_outcome_stays(self, compress: Compress) -> None:
        world = World(b"first")
        world.finish(compress)
        world.upload(b"second")
        before = world.state()

        assert not give_up_upload(world.media, world.objects, world.row.media_id)
        assert world.state() == before

    def test_an_upload_that_nobody_allowed_is_left_alone(self) -> None:
        world = World()
        world.media.rows.clear()
        before = world.state()

        assert not give_up_upload(world.media, world.objects, world.row.media_id)
        assert world.state() == before
