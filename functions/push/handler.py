"""Woken by two streams: of activities, which it delivers, and of pictures, whose outcome it makes an activity.

A record that cannot be worked off now (a table is away) is reported, and the stream brings it and all after it again;
those before it are done. A socket that does not take a frame is no reason to bring anything again.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.observability import logger
from mundotango.realtime.delivery import deliveries_of, hand_over
from mundotango.realtime.model import Delivery

Failures = dict[str, list[dict[str, str]]]


@cache
def platform() -> Platform:
    return Platform()


def lambda_handler(event: dict[str, Any], _context: object) -> Failures:
    of_media = [record for record in event["Records"] if "media_id" in record["dynamodb"]["Keys"]]
    of_activities = [record for record in event["Records"] if "media_id" not in record["dynamodb"]["Keys"]]
    failed = [*_announce(of_media), *_deliver(of_activities)]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def _announce(records: Sequence[dict[str, Any]]) -> list[str]:
    """Tell owners what became of their pictures; the sequence number of the first record that has to come again."""
    from mundotango.media.repository import media_from_image
    from mundotango.realtime.announcement import picture_progress

    for record in records:
        images = record["dynamodb"]
        activity = picture_progress(
            images.get("OldImage") and media_from_image(images["OldImage"]),
            images.get("NewImage") and media_from_image(images["NewImage"]),
            platform().clock,
        )
        try:
            if activity is not None:
                platform().activities.append(activity)
                logger().info("picture announced", kind=activity.kind, activity_id=str(activity.id))
        except Unavailable:
            return [images["SequenceNumber"]]
    return []


def _deliver(records: Sequence[dict[str, Any]]) -> list[str]:
    """Tell activities to their audience; the sequence number of the first record that has to come again."""
    from mundotango.notifications.inbox import take_in
    from mundotango.realtime.repository import appended_from_image

    deliveries: list[Delivery] = []
    failed: list[str] = []
    for record in records:
        if record["eventName"] != "INSERT":  # an activity is never changed, and its expiry is no news
            continue
        try:
            appended = appended_from_image(record["dynamodb"]["NewImage"])
            take_in(platform(), appended)
            deliveries += deliveries_of(platform(), appended)
        except Unavailable:
            failed = [record["dynamodb"]["SequenceNumber"]]
            break
    outcomes = hand_over(platform(), deliveries)
    logger().info(
        "activities delivered",
        records=len(records),
        failed_from=failed,
        sent=outcomes["sent"],
        gone=outcomes["gone"],
        failed=outcomes["failed"],
    )
    return failed


if settings.runs_in_lambda():
    # Before the first batch, at the speed Lambda starts with.
    _warm = (platform().connections, platform().edges, platform().inbox, platform().pusher)
