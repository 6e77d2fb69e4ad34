"""Woken by the queue that S3 tells of uploads; each message is one notification of one or several objects.

A message fails alone and comes again; what cannot succeed by being repeated (a bad picture, one that was removed) is
settled here and does not come again. A worker that ran out of time or memory settles nothing, so the last delivery
does, without the work: the owner waits for an answer. Where even that fails, the message ends in the dead letters. An
object in `uploads/` under a key we never gave out is left to the bucket's lifecycle rule: nothing says whose it is.

Each upload is one line of the log. `outcome` and `reason`, a short name, are there to be counted. `bytes_saved` is what
a large screen does not load of what was sent.
"""

from __future__ import annotations

import json
import time
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from functions.image_worker.formats import sniff
from functions.image_worker.images import compress
from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import BadImage
from mundotango.media import policy
from mundotango.media.model import Compressed, Purpose
from mundotango.media.service import finish_upload, give_up_upload
from mundotango.observability import logger, observed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The queue's maxReceiveCount.
LAST_DELIVERY = 5


@cache
def platform() -> Platform:
    return Platform()


@observed
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
    media, objects = platform().media, platform().objects
    if last and give_up_upload(media, objects, media_id):
        logger().error("upload", media_id=str(media_id), outcome="failed", reason=policy.reason_code(policy.GIVEN_UP))
        return
    seen: dict[str, Any] = {}
    started = time.perf_counter()
    finished = finish_upload(media, objects, partial(_compress, seen), media_id, platform().clock)
    seconds = round(time.perf_counter() - started, 3)
    reason = policy.reason_code(finished.reason) if finished.reason else None
    logger().info("upload", media_id=str(media_id), outcome=finished.outcome, reason=reason, seconds=seconds, **seen)


def _compress(seen: dict[str, Any], data: bytes, purpose: Purpose, *, keep_attribution: bool) -> Compressed:
    """Compresses, and puts down for the log what was seen of it."""
    seen |= {"purpose": purpose, "format": sniff(data), "bytes_sent": len(data)}
    started = time.perf_counter()
    try:
        compressed = compress(data, purpose, keep_attribution=keep_attribution)
    except BadImage as refusal:
        seen["cause"] = type(refusal.__cause__).__name__ if refusal.__cause__ else None
        raise
    megapixels = compressed.width * compressed.height / 1_000_000
    seen |= {
        "width": compressed.width,
        "height": compressed.height,
        "animated": compressed.animated,
        "bytes_of_variants": sum(len(rendition.data) for rendition in compressed.renditions),
        "bytes_saved": len(data) - len(compressed.widest.data),
        "seconds_per_megapixel": round((time.perf_counter() - started) / megapixels, 3),
    }
    return compressed


if settings.runs_in_lambda():
    # Before the first upload, at the speed Lambda starts with.
    _warm = (platform().media, platform().objects)
