import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest

from mundotango import ids, settings
from mundotango.adapters.object_store import PART_BYTES, S3ObjectStore
from mundotango.media.model import Media
from mundotango.media.repository import DynamoMedia, media_from_image
from mundotango.ports import MediaRepository, ObjectStore
from tests.factories.media import NOON, measures_of, pending_media
from tests.fakes.media import FakeMedia, FakeObjectStore
from tests.fixtures.media import MEDIA, REGION, TABLE, UPLOADS, media_stores

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# When what becomes ready in these tests is to be looked at.
A_WEEK_LATER = NOON.date() + timedelta(days=7)


@pytest.fixture
def stores() -> Iterator[None]:
    with media_stores():
        yield


@pytest.fixture(params=["fake", "dynamodb"])
def media(request: pytest.FixtureRequest) -> MediaRepository:
    if request.param == "fake":
        return FakeMedia()
    request.getfixturevalue("stores")
    return DynamoMedia(TABLE, REGION)


@pytest.fixture(params=["fake", "s3"])
def objects(request: pytest.FixtureRequest) -> ObjectStore:
    if request.param == "fake":
        return FakeObjectStore()
    request.getfixturevalue("stores")
    return S3ObjectStore(uploads=UPLOADS, media=MEDIA, region=REGION)


def becomes_ready(media: MediaRepository, review_on: date = A_WEEK_LATER) -> Media:
    row = pending_media()
    media.add(row)
    media.mark_ready(row.media_id, measures_of(row.media_id), review_on)
    return row


class TestMediaRepository:
    def test_finds_what_was_added(self, media: MediaRepository) -> None:
        row = pending_media()
        media.add(row)

        assert media.find(row.media_id) == row

    def test_finds_nothing_else(self, media: MediaRepository) -> None:
        assert media.find(ids.new_id()) is None
        assert media.find_many([]) == {}

    def test_finds_many_at_once(self, media: MediaRepository) -> None:
        rows = [pending_media() for _ in range(3)]
        for row in rows:
            media.add(row)
        asked = [rows[0].media_id, ids.new_id(), rows[2].media_id, rows[0].media_id]

        assert media.find_many(asked) == {rows[0].media_id: rows[0], rows[2].media_id: rows[2]}

    def test_finds_all_that_was_asked_for(self, media: MediaRepository) -> None:
        row = pending_media(keep_attribution=True, sha256="ab" * 32)
        media.add(row)

        assert media.find(row.media_id) == row

    def test_is_received_once(self, media: MediaRepository) -> None:
        row = pending_media()
        media.add(row)

        assert media.mark_received(row.media_id)
        assert not media.mark_received(row.media_id)

        assert media.find(row.media_id) == replace(row, status="received")

    def test_what_was_received_becomes_ready_or_fails_as_what_was_not(self, media: MediaRepository) -> None:
        good, bad = pending_media(), pending_media()
        for row in (good, bad):
            media.add(row)
            media.mark_received(row.media_id)

        assert media.mark_ready(good.media_id, measures_of(good.media_id), A_WEEK_LATER)
        assert media.mark_failed(bad.media_id, "This file is empty.")

        found = media.find_many([good.media_id, bad.media_id])
        assert (found[good.media_id].status, found[good.media_id].expires_at) == ("ready", None)
        assert (found[bad.media_id].status, found[bad.media_id].expires_at) == ("failed", NOON + timedelta(days=15))

    def test_is_ready_with_all_its_measures_and_no_end(self, media: MediaRepository) -> None:
        row = pending_media()
        media.add(row)
        measures = measures_of(row.media_id)

        assert media.mark_ready(row.media_id, measures, A_WEEK_LATER)

        found = media.find(row.media_id)
        assert found is not None
        assert (found.status, found.measures, found.expires_at, found.reason) == ("ready", measures, None, None)
        assert found.secret == row.secret

    def test_fails_with_its_reason(self, media: MediaRepository) -> None:
        row = pending_media()
        media.add(row)

        assert media.mark_failed(row.media_id, "This file is empty.")

        found = media.find(row.media_id)
        assert found is not None
        assert (found.status, found.reason, found.measures) == ("failed", "This file is empty.", None)

    def test_has_one_outcome(self, media: MediaRepository) -> None:
        ready, failed = pending_media(), pending_media()
        media.add(ready)
        media.add(failed)
        media.mark_ready(ready.media_id, measures_of(ready.media_id), A_WEEK_LATER)
        media.mark_failed(failed.media_id, "This file is empty.")
        before = media.find_many([ready.media_id, failed.media_id])

        assert not media.mark_ready(ready.media_id, measures_of(ids.new_id()), A_WEEK_LATER)
        assert not media.mark_failed(ready.media_id, "late")
        assert not media.mark_ready(failed.media_id, measures_of(failed.media_id), A_WEEK_LATER)
        assert not media.mark_failed(failed.media_id, "late")
        for row in (ready, failed):
            assert not media.mark_received(row.media_id)
        assert media.find_many([ready.media_id, failed.media_id]) == before

    def test_a_persons_pictures_come_in_pages_and_nobody_elses(self, media: MediaRepository) -> None:
        owner = ids.new_id()
        theirs = [pending_media(owner_id=owner) for _ in range(3)]
        for row in (*theirs, pending_media()):
            media.add(row)

        first = media.of_owner(owner, None, 2)

        assert first == [row.media_id for row in theirs[:2]]
        assert media.of_owner(owner, first[-1], 2) == [theirs[2].media_id]
        assert media.of_owner(owner, theirs[2].media_id, 2) == media.of_owner(ids.new_id(), None, 2) == []

    def test_they_come_from_the_other_end_too(self, media: MediaRepository) -> None:
        owner = ids.new_id()
        theirs = [pending_media(owner_id=owner) for _ in range(3)]
        for row in (*theirs, pending_media()):
            media.add(row)

        first = media.newest_of_owner(owner, None, 2)

        assert first == [theirs[2].media_id, theirs[1].media_id]
        assert media.newest_of_owner(owner, first[-1], 2) == [theirs[0].media_id]
        assert media.newest_of_owner(owner, theirs[0].media_id, 2) == media.newest_of_owner(ids.new_id(), None, 2) == []

    def test_what_became_ready_is_due_on_its_day_and_comes_in_pages(self, media: MediaRepository) -> None:
        day = A_WEEK_LATER
        due = [becomes_ready(media) for _ in range(3)]
        becomes_ready(media, day + timedelta(days=1))
        for settle in (media.mark_received, lambda media_id: media.mark_failed(media_id, "This file is empty.")):
            unready = pending_media()
            media.add(unready)
            settle(unready.media_id)

        first = media.list_due(day, None, 2)

        assert first == [row.media_id for row in due[:2]]
        assert media.list_due(day, first[-1], 2) == [due[2].media_id]
        assert media.list_due(day, due[2].media_id, 2) == media.list_due(day - timedelta(days=1), None, 2) == []

    def test_a_review_is_put_off_or_ends(self, media: MediaRepository) -> None:
        later, kept, put_off = (becomes_ready(media) for _ in range(3))
        day = A_WEEK_LATER
        again = day + timedelta(days=7)

        media.review(later.media_id, again)
        media.review(put_off.media_id, again)
        media.keep(kept.media_id, day)
        media.keep(put_off.media_id, day)  # too late: it is to be looked at once more

        assert media.list_due(day, None, 9) == []
        assert media.list_due(again, None, 9) == [later.media_id, put_off.media_id]

    def test_what_is_gone_does_not_come_back_to_be_looked_at(self, media: MediaRepository) -> None:
        row = becomes_ready(media)
        media.remove(row.media_id)
        day = A_WEEK_LATER

        media.review(row.media_id, day)
        media.keep(row.media_id, day)

        assert media.find(row.media_id) is None
        assert media.list_due(day, None, 9) == []

    def test_what_is_removed_is_gone_and_may_be_removed_again(self, media: MediaRepository) -> None:
        row = pending_media()
        media.add(row)

        for _ in range(2):
            media.remove(row.media_id)

        assert media.find(row.media_id) is None
        assert media.of_owner(row.owner_id, None, 2) == []

    def test_what_does_not_exist_has_no_outcome(self, media: MediaRepository) -> None:
        media_id = ids.new_id()

        assert not media.mark_received(media_id)
        assert not media.mark_ready(media_id, measures_of(media_id), A_WEEK_LATER)
        assert not media.mark_failed(media_id, "late")
        assert media.find(media_id) is None


def fail_half_way(objects: ObjectStore) -> None:
    with objects.writing("uploads", "exports/x", content_type="application/zip") as out:
        out.write(b"x" * PART_BYTES)
        _ = 1 / 0


class TestObjectStore:
    def test_finds_what_was_put(self, objects: ObjectStore) -> None:
        objects.put("media", "media/a b/ñ.webp", b"bytes", content_type="image/webp", cache_control="public")

        assert objects.find("media", "media/a b/ñ.webp") == b"bytes"
        assert objects.find("uploads", "media/a b/ñ.webp") is None

    def test_the_later_put_wins(self, objects: ObjectStore) -> None:
        for data in (b"one", b"two"):
            objects.put("uploads", "originals/x", data, content_type="image/png", cache_control="no-store")

        assert objects.find("uploads", "originals/x") == b"two"

    def test_deletes_also_what_is_not_there(self, objects: ObjectStore) -> None:
        objects.put("uploads", "uploads/x", b"", content_type="image/png", cache_control="no-store")

        objects.delete("uploads", "uploads/x")
        objects.delete("uploads", "uploads/x")

        assert objects.find("uploads", "uploads/x") is None

    def test_deletes_many_also_what_is_not_there(self, objects: ObjectStore) -> None:
        for key in ("media/x/1", "media/x/2", "media/y/1"):
            objects.put("media", key, b"", content_type="image/webp", cache_control="no-store")

        for _ in range(2):
            objects.delete_many("media", ["media/x/1", "media/x/2", "media/x/3"])

        assert objects.list_keys("media", "media/", 9) == ["media/y/1"]

    def test_lists_what_begins_so(self, objects: ObjectStore) -> None:
        for key in ("exports/a/2", "exports/a/1", "exports/b/1"):
            objects.put("uploads", key, b"", content_type="application/zip", cache_control="no-store")
        objects.put("media", "exports/a/3", b"", content_type="application/zip", cache_control="no-store")

        assert objects.list_keys("uploads", "exports/a/", 10) == ["exports/a/1", "exports/a/2"]
        assert objects.list_keys("uploads", "exports/", 2) == ["exports/a/1", "exports/a/2"]
        assert objects.list_keys("uploads", "exports/c/", 10) == []

    @pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES * 2 + 5])
    def test_what_is_written_piece_by_piece_is_one_object(self, objects: ObjectStore, size: int) -> None:
        piece = b"0123456789abcdef" * 65_536
        with objects.writing("uploads", "exports/x", content_type="application/zip") as out:
            for start in range(0, size, len(piece)):
                assert out.write(piece[: size - start]) == min(len(piece), size - start)
                out.flush()
            assert objects.find("uploads", "exports/x") is None

        found = objects.find("uploads", "exports/x")
        assert found is not None
        assert found == (piece * (size // len(piece) + 1))[:size]

    def test_a_writing_that_fails_leaves_nothing(self, objects: ObjectStore) -> None:
        with pytest.raises(ZeroDivisionError):
            fail_half_way(objects)

        assert objects.find("uploads", "exports/x") is None

    def test_an_address_names_the_download(self, objects: ObjectStore) -> None:
        url = objects.presign_get("exports/x/y.zip", filename="mundo-tango.zip", seconds=60)

        assert "exports/x/y.zip?" in url
        assert "mundo-tango.zip" in url

    def test_a_form_allows_five_minutes(self, objects: ObjectStore) -> None:
        now = datetime(2026, 5, 1, 12, tzinfo=UTC)
        post = objects.presign_post("uploads/x", content_type="image/png", max_bytes=10, sha256=None, now=now)

        assert post.expires_at == now + timedelta(minutes=5)
        assert (post.fields["key"], post.fields["Content-Type"]) == ("uploads/x", "image/png")
        assert "x-amz-checksum-sha256" not in post.fields

    def test_a_form_for_known_bytes_says_their_hash_as_s3_wants_it(self, objects: ObjectStore) -> None:
        post = objects.presign_post(
            "uploads/x", content_type="image/png", max_bytes=10, sha256=EMPTY_SHA256, now=datetime.now(UTC)
        )

        assert post.fields["x-amz-checksum-sha256"] == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.usefixtures("stores")
class TestS3:
    def test_variants_are_stored_with_their_headers(self) -> None:
        store = S3ObjectStore(uploads=UPLOADS, media=MEDIA, region=REGION)
        store.put("media", "media/x.webp", b"x", content_type="image/webp", cache_control="public, max-age=1")

        head = boto3.client("s3", REGION.name).head_object(Bucket=MEDIA, Key="media/x.webp")

        assert (head["ContentType"], head["CacheControl"]) == ("image/webp", "public, max-age=1")

    def test_a_row_of_the_stream_reads_as_the_same_picture(self) -> None:
        media, row = DynamoMedia(TABLE, REGION), pending_media()
        media.add(row)
        media.mark_ready(row.media_id, measures_of(row.media_id), A_WEEK_LATER)
        image = boto3.client("dynamodb", REGION.name).get_item(
            TableName=TABLE, Key={"media_id": {"S": str(row.media_id)}}
        )["Item"]

        assert media_from_image(json.loads(json.dumps(image))) == media.find(row.media_id)


@pytest.mark.usefixtures("stores")
def test_what_could_not_be_deleted_among_many_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    store = S3ObjectStore(uploads=UPLOADS, media=MEDIA, region=REGION)
    refused = {"Errors": [{"Key": "media/x", "Code": "InternalError"}]}
    monkeypatch.setattr(store._client, "delete_objects", lambda **_: refused)

    with pytest.raises(OSError, match="did not delete media/x: InternalError"):
        store.delete_many("media", ["media/x", "media/y"])


@pytest.mark.usefixtures("stores")
def test_an_upload_that_fails_leaves_no_parts_that_are_paid_for() -> None:
    store = S3ObjectStore(uploads=UPLOADS, media=MEDIA, region=REGION)

    with pytest.raises(ZeroDivisionError):
        fail_half_way(store)

    assert "Uploads" not in boto3.client("s3", REGION.name).list_multipart_uploads(Bucket=UPLOADS)


@pytest.mark.parametrize(
    ("region", "endpoint", "url"),
    [
        ("eu-west-1", "", "https://uploads-bucket.s3.eu-west-1.amazonaws.com/"),
        ("us-east-1", "", "https://uploads-bucket.s3.us-east-1.amazonaws.com/"),
        ("us-east-1", "http://127.0.0.1:4566", "http://127.0.0.1:4566/uploads-bucket"),
    ],
)
def test_a_form_is_signed_without_a_network(
    region: str, endpoint: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-role's-token")
    store = S3ObjectStore(uploads=UPLOADS, media=MEDIA, region=settings.Region(region, endpoint))

    post = store.presign_post(
        "uploads/x", content_type="image/png", max_bytes=10, sha256=EMPTY_SHA256, now=datetime.now(UTC)
    )

    assert post.url == url
    assert post.fields["x-amz-security-token"] == "a-role's-token"
    policy = json.loads(base64.b64decode(post.fields["policy"]))
    assert {"key": "uploads/x"} in policy["conditions"]
    assert {"bucket": "uploads-bucket"} in policy["conditions"]
    assert {"Content-Type": "image/png"} in policy["conditions"]
    assert ["content-length-range", 1, 10] in policy["conditions"]
    # S3 refuses a field that no condition speaks of, and computes the hash where it is told the algorithm.
    for name, value in (
        ("x-amz-checksum-algorithm", "SHA256"),
        ("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ):
        assert post.fields[name] == value
        assert {name: value} in policy["conditions"]
    left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=4) < left <= timedelta(minutes=5, seconds=1)


@pytest.mark.parametrize(("home", "signed_for"), [("us-east-1", "us-east-1"), ("", "eu-west-1")])
def test_the_address_of_an_archive_is_signed_for_the_region_that_it_is_in(
    home: str, signed_for: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Archives are made at home, and asked for in the nearest region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    store = S3ObjectStore(uploads=UPLOADS, media=MEDIA, region=settings.Region("eu-west-1", "", home))

    url = store.presign_get("exports/x/y.zip", filename="mundo-tango.zip", seconds=60)

    assert url.startswith(f"https://uploads-bucket.s3.{signed_for}.amazonaws.com/exports/x/y.zip?")
    assert f"%2F{signed_for}%2Fs3%2Faws4_request" in url
