"""Pictures on their way through S3, SQS and the worker, with what may go wrong there."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any

import pytest
from PIL import Image

from devstack.cloud import LocalCloud
from devstack.people import Person, Picture
from devstack.pictures import photograph
from operations import redrive
from operations.deployed import Deployed
from tests.factories.pictures import encoded, looks_like, quarters
from tests.fixtures.local_cloud import Listen, Newcomer

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]

SECONDS = 30.0
BUCKETS = ("UploadsBucket", "MediaBucket")


@pytest.fixture(scope="module")
def picture() -> Picture:
    return Picture(photograph("salon", seed=3, width=400, height=300))


def _row(cloud: LocalCloud, media_id: str) -> Any:
    key = {"media_id": {"S": media_id}}
    return cloud.stack.aws.dynamodb.get_item(
        TableName=cloud.stack.resource("MediaTable"), Key=key, ConsistentRead=True
    )["Item"]


def _objects(cloud: LocalCloud, bucket: str) -> dict[str, datetime]:
    """Keys, and when each was written, to the second."""
    listed = cloud.stack.aws.s3.list_objects_v2(Bucket=cloud.stack.resource(bucket))
    return {one["Key"]: one["LastModified"] for one in listed.get("Contents", [])}


class TestRefusedByS3:
    """The form that the API gives allows one key, one type and a length; S3 holds whoever uses it to that."""

    def test_another_type(self, newcomer: Newcomer, picture: Picture) -> None:
        dancer = newcomer()
        form = dancer.start_upload(picture)
        form["upload"]["fields"]["Content-Type"] = "text/html"
        assert dancer.upload(form, picture).status_code == 403

    def test_another_key(self, newcomer: Newcomer, picture: Picture) -> None:
        dancer = newcomer()
        form = dancer.start_upload(picture)
        form["upload"]["fields"]["key"] = "uploads/of-somebody-else"
        assert dancer.upload(form, picture).status_code == 403

    def test_more_bytes_than_were_announced(self, newcomer: Newcomer, picture: Picture) -> None:
        dancer = newcomer()
        form = dancer.start_upload(picture)
        answer = dancer.upload(form, Picture(picture.body + b"\0", picture.content_type))
        assert answer.status_code == 400
        assert "EntityTooLarge" in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [("content_type", "image/svg+xml"), ("content_type", "text/html"), ("size", 26_214_401), ("size", 0)],
)
def test_the_api_gives_no_form_for_what_may_not_be_uploaded(field: str, value: object, newcomer: Newcomer) -> None:
    asked = {"purpose": "post", "content_type": "image/jpeg", "size": 1000, field: value}
    answer = newcomer().request("POST", "/api/media", json=asked)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_an_object_that_is_no_picture_fails_with_a_reason_and_a_push(newcomer: Newcomer, listen: Listen) -> None:
    dancer = newcomer()
    socket = listen(dancer)
    media_id = dancer.send_picture(Picture(b"<html>not a picture</html>"))
    frame = socket.expect("media.failed", SECONDS)
    media = dancer.ask("GET", f"/api/media/{media_id}")
    assert (media["status"], media["variants"]) == ("failed", [])
    assert "not a picture" in media["reason"]
    assert (frame["data"]["id"], frame["data"]["reason"]) == (media_id, media["reason"])


def _announced(dancer: Person, picture: Picture) -> Any:
    """A form for these bytes alone."""
    return dancer.start_upload(picture, sha256=sha256(picture.body).hexdigest())


def test_the_bytes_that_were_announced_are_received_and_become_a_picture(
    newcomer: Newcomer, listen: Listen, picture: Picture
) -> None:
    dancer = newcomer()
    socket = listen(dancer)
    form = _announced(dancer, picture)
    assert dancer.upload(form, picture).is_success
    assert socket.expect("media.received", SECONDS)["data"]["id"] == form["id"]
    assert socket.expect("media.ready", SECONDS)["data"]["id"] == form["id"]
    assert [each["id"] for each in dancer.ask("GET", "/api/media")["items"]] == [form["id"]]


def test_other_bytes_never_become_a_picture(newcomer: Newcomer, picture: Picture) -> None:
    """Amazon's S3 refuses them; where the bucket takes them, the worker does not."""
    dancer = newcomer()
    form = _announced(dancer, picture)
    other = Picture(picture.body[:-1] + b"\0", picture.content_type)
    if dancer.upload(form, other).is_success:
        media = dancer.await_media(form["id"])
        assert (media["status"], media["variants"]) == ("failed", [])
        assert "Other bytes" in media["reason"]
    else:
        assert dancer.ask("GET", f"/api/media/{form['id']}")["status"] == "pending"


def test_a_second_delivery_of_the_record_has_no_second_effect(
    newcomer: Newcomer, listen: Listen, local_cloud: LocalCloud, picture: Picture
) -> None:
    dancer = newcomer()
    socket = listen(dancer)
    media_id = dancer.send_picture(picture)
    socket.expect("media.ready", SECONDS)
    before = _row(local_cloud, media_id), _objects(local_cloud, "MediaBucket")

    time.sleep(1)
    _deliver_again(local_cloud, media_id, picture)
    with pytest.raises(TimeoutError, match=r"no media\.ready"):
        socket.expect("media.ready", 1)
    assert (_row(local_cloud, media_id), _objects(local_cloud, "MediaBucket")) == before


def test_a_second_upload_by_the_same_form_has_no_second_effect(
    newcomer: Newcomer, listen: Listen, local_cloud: LocalCloud, picture: Picture
) -> None:
    """The form works for five minutes: what comes by it once the picture is settled is thrown away."""
    dancer = newcomer()
    socket = listen(dancer)
    form = dancer.start_upload(picture)
    dancer.upload(form, picture)
    socket.expect("media.ready", SECONDS)
    before = _row(local_cloud, form["id"]), _objects(local_cloud, "MediaBucket")

    time.sleep(1)
    assert dancer.upload(form, picture).is_success
    _await_no_object(local_cloud, f"uploads/{form['id']}")
    with pytest.raises(TimeoutError, match=r"no media\.ready"):
        socket.expect("media.ready", 1)
    assert (_row(local_cloud, form["id"]), _objects(local_cloud, "MediaBucket")) == before


def test_nobody_else_can_attach_or_see_it(newcomer: Newcomer, picture: Picture) -> None:
    owner, other = newcomer(), newcomer()
    media_id = owner.send_picture(picture)
    assert owner.await_media(media_id)["status"] == "ready"
    assert other.request("GET", f"/api/media/{media_id}").status_code == 404
    attached = other.request("POST", "/api/posts", json={"body": "Mine", "media": [{"id": media_id, "alt": ""}]})
    assert attached.status_code in {403, 404}


@pytest.mark.parametrize(
    ("purpose", "size", "sizes"),
    [
        pytest.param("avatar", (400, 300), {(64, 64), (256, 256)}, id="avatar"),
        pytest.param("cover", (1600, 800), {(1500, 500)}, id="cover"),
    ],
)
def test_each_purpose_has_sizes_of_its_own(
    purpose: str, size: tuple[int, int], sizes: set[tuple[int, int]], newcomer: Newcomer
) -> None:
    dancer = newcomer()
    drawn = Picture(photograph("skyline", seed=4, width=size[0], height=size[1]))
    media = dancer.await_media(dancer.send_picture(drawn, purpose=purpose), SECONDS)
    assert {(variant["width"], variant["height"]) for variant in media["variants"]} == sizes


def test_what_moves_goes_on_moving(newcomer: Newcomer) -> None:
    dancer = newcomer()
    frames = [quarters(96, 64).rotate(90 * turn) for turn in range(4)]
    gif = Picture(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0), "image/gif")
    media = dancer.await_media(dancer.send_picture(gif), SECONDS)
    assert (media["status"], media["animated"]) == ("ready", True)
    for variant in media["variants"]:
        with _seen(dancer, variant) as image:
            assert getattr(image, "n_frames", 1) == 4


def test_a_heic_is_taken_as_phones_send_it(newcomer: Newcomer) -> None:
    dancer = newcomer()
    heic = Picture(encoded(quarters(480, 320), "HEIF"), "image/heic")
    media = dancer.await_media(dancer.send_picture(heic), SECONDS)
    assert (media["status"], media["width"], media["height"]) == ("ready", 480, 320)
    with _seen(dancer, media["variants"][0]) as image:
        assert looks_like(image)


def test_the_edge_says_what_a_picture_is_and_is_not(newcomer: Newcomer, picture: Picture) -> None:
    dancer = newcomer()
    media = dancer.await_media(dancer.send_picture(picture), SECONDS)
    shown = dancer.stack.viewer.get(media["variants"][0]["url"])
    expected = {
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-frame-options": "SAMEORIGIN",
        "referrer-policy": "strict-origin-when-cross-origin",
        "strict-transport-security": "max-age=31536000",
        "cache-control": "public, max-age=31536000, immutable",
    }
    assert {name: shown.headers.get(name) for name in expected} == expected
    # Where there is none AWS says 404; MiniStack's edge asks nobody whether it may, and says 403.
    missing = dancer.stack.viewer.get(f"/media/{media['id']}/{'0' * 32}-320.webp")
    assert missing.status_code in {403, 404}
    assert missing.headers["x-robots-tag"] == "noindex"


def test_a_picture_that_was_given_up_comes_of_a_redrive(
    newcomer: Newcomer, listen: Listen, local_cloud: LocalCloud, picture: Picture
) -> None:
    dancer = newcomer()
    socket = listen(dancer)
    with _worker_away(local_cloud):
        media_id = dancer.send_picture(picture)
        _fail_every_delivery(local_cloud)
    deployed = Deployed(local_cloud.stack.aws.session, local_cloud.stack.name, local_cloud.stack.aws.endpoint)
    assert redrive.depth(deployed, "UploadDeadLetters").waiting == 1
    assert dancer.ask("GET", f"/api/media/{media_id}")["status"] == "pending"

    assert redrive.redrive(deployed, "media", None, progress=lambda _: None) == 1

    assert socket.expect("media.ready", SECONDS)["data"]["id"] == media_id
    assert redrive.depth(deployed, "UploadDeadLetters") == redrive.Depth(0, 0)


def test_a_deleted_picture_leaves_nothing_behind(newcomer: Newcomer, local_cloud: LocalCloud, picture: Picture) -> None:
    dancer = newcomer()
    media_id = dancer.send_picture(picture)
    media = dancer.await_media(media_id, SECONDS)
    assert media["status"] == "ready"

    dancer.ask("DELETE", f"/api/media/{media_id}", 204)

    _await(lambda: not any(media_id in key for bucket in BUCKETS for key in _objects(local_cloud, bucket)))
    _await(lambda: dancer.request("GET", f"/api/media/{media_id}").status_code == 404)
    assert {dancer.stack.viewer.get(variant["url"]).status_code for variant in media["variants"]} <= {403, 404}
    _await(lambda: f"/media/{media_id}/*" in _forgotten_by_the_edge(local_cloud))


def _forgotten_by_the_edge(cloud: LocalCloud) -> set[str]:
    """Paths of all invalidations, which MiniStack's edge notes: it keeps no copies."""
    edge, distribution = cloud.stack.aws.client("cloudfront"), cloud.stack.output("DistributionId")
    listed = edge.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
    batches = [
        edge.get_invalidation(DistributionId=distribution, Id=one["Id"])["Invalidation"]["InvalidationBatch"]
        for one in listed
    ]
    return {path for batch in batches for path in batch["Paths"]["Items"]}


@contextmanager
def _worker_away(cloud: LocalCloud) -> Iterator[None]:
    """The queue waits meanwhile, and nobody takes what is in it."""
    functions = cloud.stack.aws.client("lambda")
    arn = f":{cloud.stack.output('UploadQueueUrl').rpartition('/')[2]}"
    (mapping,) = [
        one
        for one in functions.list_event_source_mappings()["EventSourceMappings"]
        if one["EventSourceArn"].endswith(arn)
    ]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def _fail_every_delivery(cloud: LocalCloud) -> None:
    """Takes the queue's message as often as a worker may, each time as one that was killed at once."""
    queue = cloud.stack.output("UploadQueueUrl")
    _await(lambda: _waiting(cloud, queue) == 1)
    while cloud.stack.aws.sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0).get("Messages"):
        pass


def _seen(person: Person, variant: Any) -> Image.Image:
    return Image.open(io.BytesIO(person.stack.viewer.get(variant["url"]).content))


def _deliver_again(cloud: LocalCloud, media_id: str, picture: Picture) -> None:
    """Sends the queue what S3 sent it, and waits until the worker is through with it."""
    bucket = cloud.stack.resource("UploadsBucket")
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": cloud.stack.aws.region,
        "eventName": "ObjectCreated:Post",
        "s3": {
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": f"uploads/{media_id}", "size": len(picture.body)},
        },
    }
    queue = cloud.stack.output("UploadQueueUrl")
    cloud.stack.aws.sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"Records": [record]}))
    _await(lambda: _waiting(cloud, queue) == 0)


def _waiting(cloud: LocalCloud, queue: str) -> int:
    """Messages that nobody took yet, and those that somebody works on."""
    told = cloud.stack.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])


def _await_no_object(cloud: LocalCloud, key: str) -> None:
    _await(lambda: key not in _objects(cloud, "UploadsBucket"))


def _await(settled: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not settled():
        assert time.monotonic() < deadline, "the worker did not settle it"
        time.sleep(0.1)
