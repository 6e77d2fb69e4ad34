"""The worker with real files, over S3 and DynamoDB as moto has them."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote_plus
from uuid import UUID

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from PIL import Image

from functions.image_worker import handler
from functions.image_worker.images import compress
from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.media import policy
from mundotango.media.model import Media, Purpose
from tests.factories.media import pending_media
from tests.factories.pictures import looks_like, photograph
from tests.fixtures.gateway import Log
from tests.fixtures.media import MEDIA, REGION, TABLE, UPLOADS, media_stores
from tests.roles import acting

PAYLOADS = Path(__file__).parents[1] / "payloads"
RECORDED = UUID("01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f")


@pytest.fixture(autouse=True)
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_REGION", REGION.name)
    monkeypatch.setenv("MEDIA_TABLE", TABLE)
    monkeypatch.setenv("UPLOADS_BUCKET", UPLOADS)
    monkeypatch.setenv("MEDIA_BUCKET", MEDIA)
    with media_stores():
        handler.platform.cache_clear()
        yield
        handler.platform.cache_clear()


def payload(name: str) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads((PAYLOADS / name).read_text()))


def message(*keys: str, message_id: str = "m1", kind: str = "ObjectCreated:Post", delivery: int = 1) -> dict[str, Any]:
    """One message of the queue that tells of these objects, as S3 writes them."""
    record = payload("s3_in_sqs.json")["Records"][0]
    notification = json.loads(record["body"])
    told = []
    for key in keys:
        one = json.loads(json.dumps(notification["Records"][0]))
        one["eventName"] = kind
        one["s3"]["object"]["key"] = quote_plus(key, safe="/")
        told.append(one)
    attributes = record["attributes"] | {"ApproximateReceiveCount": str(delivery)}
    return {**record, "messageId": message_id, "body": json.dumps({"Records": told}), "attributes": attributes}


def deliver(*messages: dict[str, Any]) -> list[str]:
    """The messages that come again."""
    answer = handler.lambda_handler({"Records": list(messages)}, cast(LambdaContext, None))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def upload(data: bytes, media_id: UUID | None = None, **changes: Any) -> Media:
    row = pending_media(media_id=media_id or ids.new_id(), **changes)
    handler.platform().media.add(row)
    boto3.client("s3", REGION.name).put_object(Bucket=UPLOADS, Key=policy.upload_key(row.media_id), Body=data)
    return row


def settled(row: Media) -> Media:
    found = handler.platform().media.find(row.media_id)
    assert found is not None
    return found


def stored(bucket: str) -> dict[str, str]:
    """Every object and the version of its bytes: its last write, too, tells two equal writes apart."""
    listed = boto3.client("s3", REGION.name).list_objects_v2(Bucket=bucket).get("Contents", [])
    return {one["Key"]: f"{one['ETag']} {one['LastModified']}" for one in listed}


def writes_from_now() -> list[tuple[str, str]]:
    """What the worker writes to S3 from here on: the operation and the key."""
    writes: list[tuple[str, str]] = []

    def noted(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name in ("PutObject", "DeleteObject"):
            writes.append((model.name, params["Key"]))

    client = handler.platform().objects._client  # type: ignore[attr-defined]
    client.meta.events.register("provide-client-params.s3", noted)
    return writes


def test_an_upload_becomes_ready_and_leaves_only_its_stripped_original() -> None:
    row = upload(photograph(2000, 1000, orientation=6), RECORDED)

    assert handler.lambda_handler(payload("s3_in_sqs.json"), cast(LambdaContext, None)) == {"batchItemFailures": []}

    measures = settled(row).measures
    assert measures is not None
    assert (measures.width, measures.height) == (2000, 1000)
    assert [(variant.format, variant.width) for variant in measures.variants] == [
        (format, width) for format in ("avif", "webp") for width in (320, 800, 1600)
    ]
    assert stored(MEDIA).keys() == {variant.key for variant in measures.variants}
    assert stored(UPLOADS).keys() == {policy.original_key(RECORDED)}
    served = boto3.client("s3", REGION.name).get_object(Bucket=MEDIA, Key=measures.variants[0].key)
    assert (served["ContentType"], served["CacheControl"]) == ("image/avif", "public, max-age=31536000, immutable")
    data = served["Body"].read()
    assert len(data) == measures.variants[0].bytes
    assert looks_like(Image.open(io.BytesIO(data)))


def test_a_second_delivery_makes_no_second_effect() -> None:
    row = upload(photograph())
    once = message(policy.upload_key(row.media_id))
    deliver(once)
    after_first = settled(row), stored(MEDIA), stored(UPLOADS)
    writes = writes_from_now()

    assert deliver(once, {**once, "messageId": "m2"}) == []

    assert (settled(row), stored(MEDIA), stored(UPLOADS)) == after_first
    assert writes == []


def test_a_delivery_after_a_worker_died_before_the_end_does_only_what_was_left() -> None:
    data = photograph()
    row = upload(data)
    deliver(message(policy.upload_key(row.media_id)))
    after_first = settled(row), stored(MEDIA)
    boto3.client("s3", REGION.name).put_object(Bucket=UPLOADS, Key=policy.upload_key(row.media_id), Body=data)
    writes = writes_from_now()

    assert deliver(message(policy.upload_key(row.media_id))) == []

    assert (settled(row), stored(MEDIA)) == after_first
    assert writes == [
        ("PutObject", policy.original_key(row.media_id)),
        ("DeleteObject", policy.upload_key(row.media_id)),
    ]


def test_two_deliveries_at_once_have_one_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    row = upload(photograph())
    once = message(policy.upload_key(row.media_id))

    def overtaken(data: bytes, purpose: Purpose, *, keep_attribution: bool) -> Any:
        monkeypatch.setattr(handler, "compress", compress)
        assert deliver(once) == []
        return compress(data, purpose, keep_attribution=keep_attribution)

    monkeypatch.setattr(handler, "compress", overtaken)
    assert deliver(once) == []

    measures = settled(row).measures
    assert measures is not None
    assert stored(MEDIA).keys() == {variant.key for variant in measures.variants}
    assert stored(UPLOADS).keys() == {policy.original_key(row.media_id)}


def test_what_is_no_picture_fails_with_a_reason() -> None:
    row = upload(b"<html>holiday.jpg</html>")

    assert deliver(message(policy.upload_key(row.media_id))) == []

    assert settled(row).status == "failed"
    assert "not a picture" in (settled(row).reason or "")
    assert stored(UPLOADS) == {}


def test_a_message_that_fails_comes_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = upload(photograph()), upload(photograph())
    find = type(handler.platform().media).find

    def away(media: Any, media_id: UUID) -> Media | None:
        if media_id == bad.media_id:
            raise Unavailable("the table does not answer; try again")
        return find(media, media_id)

    monkeypatch.setattr(type(handler.platform().media), "find", away)
    failed = deliver(
        message(policy.upload_key(bad.media_id), message_id="bad"),
        message(policy.upload_key(good.media_id), message_id="good"),
    )
    monkeypatch.undo()

    assert failed == ["bad"]
    assert policy.upload_key(bad.media_id) in stored(UPLOADS)


def no_compressing(*_: Any, **__: Any) -> Any:
    raise MemoryError


def test_a_picture_no_worker_survives_is_settled_by_the_last_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    row = upload(photograph())
    key = policy.upload_key(row.media_id)
    monkeypatch.setattr(handler, "compress", no_compressing)

    for delivery in range(1, handler.LAST_DELIVERY):
        assert deliver(message(key, delivery=delivery)) == ["m1"]
        assert settled(row).status == "received"
    assert deliver(message(key, delivery=handler.LAST_DELIVERY)) == []

    assert (settled(row).status, settled(row).reason) == ("failed", policy.GIVEN_UP)
    assert stored(UPLOADS) == {}


def test_the_last_delivery_still_does_what_was_left_of_a_ready_picture() -> None:
    data = photograph()
    row = upload(data)
    deliver(message(policy.upload_key(row.media_id)))
    boto3.client("s3", REGION.name).put_object(Bucket=UPLOADS, Key=policy.upload_key(row.media_id), Body=data)

    assert deliver(message(policy.upload_key(row.media_id), delivery=handler.LAST_DELIVERY)) == []

    assert settled(row).status == "ready"
    assert stored(UPLOADS).keys() == {policy.original_key(row.media_id)}


def test_a_last_delivery_that_cannot_settle_goes_to_the_dead_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    row = upload(photograph())

    def away(*_: Any) -> bool:
        raise Unavailable("the table does not answer; try again")

    monkeypatch.setattr(type(handler.platform().media), "mark_failed", away)

    assert deliver(message(policy.upload_key(row.media_id), delivery=handler.LAST_DELIVERY)) == ["m1"]
    assert policy.upload_key(row.media_id) in stored(UPLOADS)


def test_one_message_may_tell_of_several_objects() -> None:
    rows = [upload(photograph()), upload(photograph(orientation=3))]

    assert deliver(message(*(policy.upload_key(row.media_id) for row in rows))) == []
    assert {settled(row).status for row in rows} == {"ready"}


def test_the_test_message_of_s3_is_let_pass() -> None:
    assert deliver(*payload("s3_test_event_in_sqs.json")["Records"]) == []


def test_an_object_deleted_before_it_was_read_is_let_pass() -> None:
    row = upload(photograph())
    boto3.client("s3", REGION.name).delete_object(Bucket=UPLOADS, Key=policy.upload_key(row.media_id))

    assert deliver(message(policy.upload_key(row.media_id))) == []
    assert settled(row).status == "pending"


@pytest.mark.parametrize("key", ["uploads/milonga en el patio ñ.jpg", "uploads/a+b%20c", "originals/ñ"])
def test_keys_we_never_gave_out_are_left_alone(key: str) -> None:
    boto3.client("s3", REGION.name).put_object(Bucket=UPLOADS, Key=key, Body=photograph())

    assert deliver(message(key)) == []
    assert stored(UPLOADS).keys() == {key}
    assert stored(MEDIA) == {}


def test_an_upload_whose_row_is_gone_is_deleted() -> None:
    row = upload(photograph())
    handler.platform().media.remove(row.media_id)

    assert deliver(message(policy.upload_key(row.media_id))) == []
    assert stored(UPLOADS) == stored(MEDIA) == {}


def test_a_picture_removed_while_it_was_compressed_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = upload(photograph())

    def removed(data: bytes, purpose: Purpose, *, keep_attribution: bool) -> Any:
        with acting("functions.api.handler"):
            handler.platform().media.remove(row.media_id)
        return compress(data, purpose, keep_attribution=keep_attribution)

    monkeypatch.setattr(handler, "compress", removed)

    assert deliver(message(policy.upload_key(row.media_id))) == []
    assert stored(UPLOADS) == stored(MEDIA) == {}


def test_what_was_overwritten_between_event_and_read_is_what_is_shown() -> None:
    row = upload(photograph(800, 400))
    later = photograph(400, 800)
    boto3.client("s3", REGION.name).put_object(Bucket=UPLOADS, Key=policy.upload_key(row.media_id), Body=later)

    assert deliver(*(message(policy.upload_key(row.media_id), message_id=each) for each in ("m1", "m2"))) == []

    measures = settled(row).measures
    assert measures is not None
    assert (measures.width, measures.height, measures.bytes) == (400, 800, len(later))
    assert stored(MEDIA).keys() == {variant.key for variant in measures.variants}


def test_bytes_of_another_type_than_was_announced_are_what_they_are() -> None:
    sent = io.BytesIO()
    Image.new("RGB", (400, 300), "#c81e1e").save(sent, "PNG")
    row = upload(sent.getvalue())
    assert row.content_type == "image/jpeg"

    assert deliver(message(policy.upload_key(row.media_id))) == []
    assert settled(row).status == "ready"


def test_other_bytes_than_were_announced_fail_with_a_reason() -> None:
    row = upload(photograph(), sha256="ab" * 32)

    assert deliver(message(policy.upload_key(row.media_id))) == []
    assert (settled(row).status, settled(row).reason) == ("failed", policy.OTHER_BYTES)


class TestLog:
    def line(self, log: Log, row: Media, delivery: int = 1) -> dict[str, Any]:
        log.lines()
        deliver(message(policy.upload_key(row.media_id), delivery=delivery))
        (line,) = [line for line in log.lines() if line["message"] == "upload"]
        return line

    def test_says_of_a_picture_what_it_took_and_what_it_saved(self, log: Log) -> None:
        data = photograph(1000, 500)
        row = upload(data)
        line = self.line(log, row)

        measures = settled(row).measures
        assert measures is not None
        assert (line["outcome"], line["purpose"]) == ("ready", "post")
        assert "reason" not in line
        assert (line["format"], line["width"], line["height"], line["animated"]) == ("JPEG", 1000, 500, False)
        assert line["bytes_sent"] == len(data)
        assert line["bytes_of_variants"] == sum(variant.bytes for variant in measures.variants)
        widest = max(measures.variants, key=lambda variant: variant.width)
        assert line["bytes_saved"] == len(data) - widest.bytes
        assert 0 < line["seconds_per_megapixel"] < line["seconds"] * 2 + 0.001

    def test_names_why_a_picture_failed(self, log: Log) -> None:
        line = self.line(log, upload(b"<svg><!-- milonga --></svg>"))

        assert (line["outcome"], line["reason"], line["bytes_sent"]) == ("failed", "not_a_picture", 27)
        assert "milonga" not in json.dumps(line)

    def test_names_other_bytes_too(self, log: Log) -> None:
        line = self.line(log, upload(photograph(), sha256="ab" * 32))

        assert (line["outcome"], line["reason"]) == ("failed", "other_bytes")

    def test_counts_what_was_given_up_with_the_failures(self, log: Log) -> None:
        line = self.line(log, upload(photograph()), delivery=handler.LAST_DELIVERY)

        assert (line["level"], line["outcome"], line["reason"]) == ("ERROR", "failed", "given_up")


def test_other_notifications_are_let_pass() -> None:
    row = upload(photograph())

    assert deliver(message(policy.upload_key(row.media_id), kind="ObjectRemoved:Delete")) == []
    assert settled(row).status == "pending"


def test_a_message_that_is_no_notification_is_not_swallowed() -> None:
    assert deliver({**message(), "body": "{"}) == ["m1"]
