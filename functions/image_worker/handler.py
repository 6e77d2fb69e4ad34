"""Woken by the queue that S3 tells of uploads; each message is one notification of one or several objects.

A message fails alone and comes again; what cannot succeed by being repeated (a bad picture, an object we never allowed)
is settled here and does not come again. A worker that ran out of time or memory settles nothing, so the last delivery
does, without the work: the owner waits for an answer. Where even that fails, the message ends in the dead letters. An
object in `uploads/` without a row is left to the bucket's lifecycle rule: nothing says whose it is.
"""

from __future__ import annotations

import json
import time
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from functions.image_worker.images import compress
from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import BadImage
from mundotango.media import policy
from mundotango.media.model import Compressed, Purpose
from mundotango.media.service import finish_upload, give_up_upload
from mundotango.observability import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The queue's maxReceiveCount.
LAST_DELIVERY = 5


@cache
def platform() -> Platform:
    return Platform()


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001
    """The messages that must come again. Powertools' batch processor says the same and takes 20 ms more to import."""
    failed = [record["messageId"] for record in event["Records"] if not _finished(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _finished(record: dict[str, Any]) -> bool:
    """Whether every upload the message tells of is; the test message S3 sends when it is set up tells of none."""
    last = int(record["attributes"]["ApproximateReceiveCount"]) >= LAST_DELIVERY
    try:
        for told in json.loads(record["body"]).get("Records", ()):
            if told["eventName"].startswith("ObjectCreated:"):
                _finish(unquote_plus(told["s3"]["object"]["key"]), last=last)
    except Exception:  # noqa: BLE001 (whatever it was is logged, and the message comes again)
        logger().exception("upload not finished; the queue brings it again", message_id=record["messageId"])
        return False
    return True


def _finish(key: str, *, last: bool) -> None:
    media_id = policy.uploaded_media(key)
    if media_id is None:
        logger().warning("object is not one of ours; ignored", key=key)
        return
    if last and give_up_upload(platform().media, platform().objects, media_id):
        logger().error("upload given up after its last delivery", media_id=str(media_id))
        return
    started = time.perf_counter()
    outcome = finish_upload(platform().media, platform().objects, _compress, media_id)
    logger().info("upload", media_id=str(media_id), outcome=outcome, seconds=round(time.perf_counter() - started, 3))


def _compress(data: bytes, purpose: Purpose, *, keep_attribution: bool) -> Compressed:
    try:
        return compress(data, purpose, keep_attribution=keep_attribution)
    except BadImage as refusal:
        logger().info("picture refused", reason=refusal.detail, cause=repr(refusal.__cause__), bytes=len(data))
        raise


if settings.runs_in_lambda():
    # Before the first upload, at the speed Lambda starts with.
    _warm = (platform().media, platform().objects)
