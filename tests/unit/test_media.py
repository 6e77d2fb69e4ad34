import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from mundotango import ids
from mundotango.errors import BadImage, Invalid, NotFound
from mundotango.media import policy
from mundotango.media.model import Compressed, Media, Purpose, media_payload
from mundotango.media.service import Compress, finish_upload, get_media, give_up_upload, start_upload
from tests.factories.media import NOON, compressed_from, pending_media, ready_media
from tests.fakes.media import FakeMedia, FakeObjectStore


class Noon:
    def now(self) -> datetime:
        return NOON


def refuse(data: bytes, _purpose: str, *, keep_attribution: bool) -> Compressed:
    raise BadImage("This picture is damaged or incomplete.")


class World:
    """A picture that was allowed, and whose bytes have arrived."""

    def __init__(self, data: bytes = b"picture") -> None:
        self.media, self.objects = FakeMedia(), FakeObjectStore()
        self.row = pending_media()
        self.media.add(self.row)
        self.upload(data)

    def upload(self, data: bytes) -> None:
        self.objects.put("uploads", self.upload_key, data, content_type="image/jpeg", cache_control="")

    @property
    def upload_key(self) -> str:
        return policy.upload_key(self.row.media_id)

    def finish(self, compress: Compress = compressed_from) -> str:
        return finish_upload(self.media, self.objects, compress, self.row.media_id)

    @property
    def now(self) -> Media:
        return self.media.rows[self.row.media_id]

    def state(self) -> Any:
        return dict(self.media.rows), dict(self.objects.objects)


class TestStartUpload:
    start = staticmethod(partial(start_upload, clock=Noon()))

    def test_allows_one_key_type_and_size(self) -> None:
        media, objects, owner = FakeMedia(), FakeObjectStore(), ids.new_id()

        row, post = self.start(media, objects, owner_id=owner, purpose="post", content_type="image/heic", size=5000)

        assert media.rows[row.media_id] == row
        assert (row.status, row.owner_id, row.expires_at) == ("pending", owner, NOON + timedelta(days=1))
        assert post.fields == {"key": f"uploads/{row.media_id}", "Content-Type": "image/heic", "policy": "1-5000"}
        assert post.expires_at == NOON + timedelta(minutes=5)

    @pytest.mark.parametrize("size", [1, 25 * 1024 * 1024])
    def test_the_limits_are_allowed(self, size: int) -> None:
        assert not policy.refused_fields("avatar", "image/png", size)

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

    def test_each_upload_has_a_secret_of_its_own(self) -> None:
        start = partial(
            self.start, FakeMedia(), FakeObjectStore(), owner_id=ids.new_id(), purpose="post", content_type="image/png"
        )
        one, other = start(size=1)[0], start(size=1)[0]

        assert policy.fingerprint(one.secret, b"same") != policy.fingerprint(other.secret, b"same")
        assert one.secret not in repr(one)


class TestGetMedia:
    def test_the_owner_sees_it(self) -> None:
        media, row = FakeMedia(), pending_media()
        media.add(row)
        assert get_media(media, row.media_id, row.owner_id) == row

    def test_to_others_it_does_not_exist(self) -> None:
        media, row = FakeMedia(), pending_media()
        media.add(row)
        with pytest.raises(NotFound):
            get_media(media, row.media_id, ids.new_id())
        with pytest.raises(NotFound):
            get_media(media, ids.new_id(), row.owner_id)


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

        def overtaken(data: bytes, purpose: Purpose, *, keep_attribution: bool) -> Compressed:
            world.upload(b"quick")
            assert world.finish() == "ready"
            return compressed_from(data, purpose, keep_attribution=keep_attribution)

        assert world.finish(overtaken) == "late"
        assert world.objects.find("uploads", policy.original_key(world.row.media_id)) == b"stripped quick"
        assert world.now.measures is not None
        assert world.objects.find("media", world.now.measures.variants[0].key) == b"320 of quick"

    def test_an_upload_that_nobody_allowed_is_left_alone(self) -> None:
        world = World()
        world.media.rows.clear()
        before = world.state()

        assert world.finish() == "unknown"
        assert world.state() == before


class TestGiveUpUpload:
    def test_says_so_to_the_owner_and_keeps_nothing(self) -> None:
        world = World()

        assert give_up_upload(world.media, world.objects, world.row.media_id)
        assert (world.now.status, world.now.reason) == ("failed", policy.GIVEN_UP)
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


class Killed(BaseException):
    """The worker is gone, as when its time or its memory ran out."""


class Mortal:
    """Passes every call on; the worker dies before or after the nth effect."""

    def __init__(self, *, after: int, done: bool) -> None:
        self.left, self.done, self.effects = after, done, 0

    def watch(self, port: Any) -> Any:
        mortal = self

        class Watched:
            def __getattr__(self, name: str) -> Any:
                call = getattr(port, name)
                return call if name.startswith("find") else partial(mortal.effect, call)

        return Watched()

    def effect(self, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self.effects += 1
        if self.effects <= self.left:
            return call(*args, **named)
        if self.done:
            call(*args, **named)
        raise Killed


def finish_mortally(world: World, compress: Compress, *, after: int, done: bool) -> int:
    """The number of effects a worker that dies so got to; no death when it had fewer to make."""
    mortal = Mortal(after=after, done=done)
    with contextlib.suppress(Killed):
        finish_upload(mortal.watch(world.media), mortal.watch(world.objects), compress, world.row.media_id)
    return mortal.effects


@pytest.mark.parametrize("compress", [compressed_from, refuse])
def test_a_worker_killed_between_any_two_effects_leaves_what_the_retry_completes(
    compress: Compress,
) -> None:
    whole = World()
    effects = finish_mortally(whole, compress, after=99, done=True)
    assert effects == (5 if compress is compressed_from else 2)

    for after in range(effects):
        for done in (False, True):
            world = World()
            world.media.rows = {world.row.media_id: replace(world.row)}
            finish_mortally(world, compress, after=after, done=done)
            world.finish(compress)
            assert outcome(world) == outcome(whole), (after, done)


def outcome(world: World) -> Any:
    """The world without the ids that differ between two runs."""
    name = str(world.row.media_id)
    objects = {(bucket, key.replace(name, "ID")): value for (bucket, key), value in world.objects.objects.items()}
    payload = str(media_payload(world.now)).replace(name, "ID")
    return objects, payload


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
    assert row.secret not in str(payload)


def test_the_payload_of_a_failed_picture_has_its_reason() -> None:
    payload = media_payload(pending_media(status="failed", reason="This file is empty."))

    assert payload["reason"] == "This file is empty."
    assert payload["variants"] == []


@pytest.mark.parametrize(
    "key", ["uploads/", "uploads/x", "originals/{id}", "{id}", "uploads/{id}/x", "uploads/{hex}", "uploads/{upper}"]
)
def test_a_key_we_never_gave_out_belongs_to_nothing(key: str) -> None:
    media_id = ids.new_id()
    assert policy.uploaded_media(f"uploads/{media_id}") == media_id
    assert policy.uploaded_media(key.format(id=media_id, hex=media_id.hex, upper=str(media_id).upper())) is None
