"""Woken by three streams and a queue. Of activities it finds the audience, and delivers to a small one; of pictures it
makes their outcome an activity; of counts it tells a post's totals; and the chunks of large audiences come back to it
through the queue. A stack of few people has no such queue: all that a batch tells is delivered together, at its end.

The streams bring every region's records. A picture is announced by the region that wrote its row. Activities and totals
are delivered in each region, to that one's sockets, and activities taken into inboxes at home alone, whoever wrote it:
of two regions that write one item the later write stands, and what the other noted would be lost.

The channels of a batch are worked off side by side, each in its order. A record that cannot be now (a table is away) is
reported, and the stream brings it and all after it again; what other channels had after it may be in an inbox or in the
queue by then, and gets there under the same id. A message that cannot be read comes again alone, until the queue gives
it up: none waits for it, nor is given up with it. A socket that does not take a frame is no reason to bring anything
again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import takewhile
from typing import Any
from uuid import UUID

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.lateness import STREAM_LATE, tell_lateness
from mundotango.observability import correlating, correlation_id, counting, logger, metric, observed
from mundotango.realtime.delivery import (
    chunks_of,
    deliveries_in,
    deliveries_of,
    hand_over,
    in_chunks,
    large_audience,
    readable,
)
from mundotango.realtime.model import Appended, Delivery, Outcome
from mundotango.realtime.policy import moment_of
from mundotango.threads import side_by_side

Failures = dict[str, list[dict[str, str]]]
# Named in the line of a batch.
MOST_IDS = 20


@cache
def platform() -> Platform:
    return Platform()


@observed
def lambda_handler(event: dict[str, Any], _context: object) -> Failures:
    of_chunks = [record for record in event["Records"] if "body" in record]
    of_tables = [record for record in event["Records"] if "dynamodb" in record]
    tell_lateness(of_tables, platform().clock, late_after=STREAM_LATE)
    of_media = [record for record in of_tables if "media_id" in record["dynamodb"]["Keys"]]
    of_activities = [record for record in of_tables if "channel" in record["dynamodb"]["Keys"]]
    of_counts = [record for record in of_tables if record["dynamodb"]["Keys"].keys() == {"target"}]
    failed = [*_announce(of_media), *_tell(of_activities), *_tell_totals(of_counts), *_deliver(of_chunks)]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def _announce(records: Sequence[dict[str, Any]]) -> list[str]:
    """Tell owners what became of their pictures; the sequence number of the first record that has to come again."""
    from mundotango.adapters.dynamodb import written_in
    from mundotango.media.repository import media_from_image
    from mundotango.realtime.announcement import picture_progress

    for record in records:
        images = record["dynamodb"]
        if not platform().region.owns(written_in(images.get("NewImage", {}))):
            continue
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


def _tell(records: Sequence[dict[str, Any]]) -> list[str]:
    """Find whom activities are told to; the sequence number of the first record that has to come again."""
    from mundotango.realtime.repository import appended_from_image

    if not records:
        return []
    # An activity is never changed, and its expiry is no news.
    images = [record["dynamodb"] for record in records if record["eventName"] == "INSERT"]
    numbers = {image["Keys"]["position"]["S"]: image["SequenceNumber"] for image in images}
    happened = [appended_from_image(image["NewImage"]) for image in images]
    by_channel: defaultdict[str, list[Appended]] = defaultdict(list)
    for appended in happened:
        by_channel[appended.channel].append(appended)
    with counting() as counts:
        worked_off = dict(each for some in side_by_side(_work_off, list(by_channel.values())) for each in some)
        done = list(takewhile(worked_off.__contains__, (appended.position for appended in happened)))
        failed = [numbers[appended.position] for appended in happened[len(done) :][:1]]
        at_once = [position for position in done if worked_off[position]]
        outcomes = hand_over(platform(), [delivery for position in done for delivery in worked_off[position]])
    said = {"records": len(records), "told": len(happened), "failed_from": failed, "counts": dict(counts)}
    told_of = _ids(each.activity.correlation_id for each in happened)
    _log("activities delivered", outcomes, at_once, **said, correlation_ids=told_of)
    return failed


def _work_off(of_channel: Sequence[Appended]) -> list[tuple[str, list[Delivery]]]:
    """By their positions what is told at once, up to the first that has to come again."""
    from mundotango.notifications.inbox import take_in

    done: list[tuple[str, list[Delivery]]] = []
    for appended in of_channel:
        try:
            with correlating(appended.activity.correlation_id or correlation_id()):
                if platform().region.is_home:
                    take_in(platform(), readable(appended))
                done.append((appended.position, _told_at_once(appended)))
        except Unavailable:
            break
    return done


def _told_at_once(appended: Appended) -> list[Delivery]:
    if not in_chunks(appended):
        return deliveries_of(platform(), appended)
    chunks, queue = chunks_of(appended, large_audience(platform(), appended.channel)), platform().chunks
    if queue is None:
        return deliveries_in(chunks)
    queue.put(chunks)
    return []


def _tell_totals(records: Sequence[dict[str, Any]]) -> list[str]:
    """Tell each post of these its totals once; the sequence number of the first record that has to come again."""
    from mundotango.reactions.counters import told_anew
    from mundotango.realtime.totals import tell_totals

    numbers: dict[UUID, str] = {}
    for record in records:
        post_id = told_anew(record["dynamodb"])
        if post_id is not None:
            numbers.setdefault(post_id, record["dynamodb"]["SequenceNumber"])
    if not numbers:
        return []
    failed: list[str] = []
    with counting() as counts:
        try:
            listened_to = tell_totals(platform(), list(numbers))
        except Unavailable:
            listened_to, failed = 0, list(numbers.values())[:1]
    said: dict[str, Any] = {"records": len(records), "posts": len(numbers), "listened_to": listened_to}
    logger().info("totals told", **said, failed_from=failed, counts=dict(counts))
    return failed


def _deliver(messages: Sequence[dict[str, Any]]) -> list[str]:
    """Deliver chunks; the ids of the messages that cannot be read."""
    from mundotango.realtime.chunks import Unpacked, unpacked

    if not messages:
        return []
    deliveries: list[Delivery] = []
    read: list[Unpacked] = []
    failed: list[str] = []
    for message in messages:
        try:
            chunk = unpacked(message["body"])
        except (ValueError, KeyError, TypeError):
            logger().exception("chunk not readable", message_id=message["messageId"])
            failed.append(message["messageId"])
        else:
            read.append(chunk)
            deliveries += [Delivery(socket, chunk.frame) for socket in chunk.sockets]
    said = {
        "messages": len(messages),
        "come_again": failed,
        "correlation_ids": _ids(each.correlation_id for each in read),
    }
    positions = [each.position for each in read if each.position is not None]
    _log("chunks delivered", hand_over(platform(), deliveries), positions, **said)
    return failed


def _ids(found: Iterable[str | None]) -> list[str]:
    """Of the requests that a batch tells of; a hundred would make a line of 6 KB."""
    return list(dict.fromkeys(each for each in found if each is not None))[:MOST_IDS]


def _log(what: str, outcomes: Counter[Outcome], positions: Sequence[str], **said: Any) -> None:
    """`push_ms` is from when the first of them was appended until all were handed over."""
    if outcomes["sent"] and positions:
        waited = platform().clock.now() - min(map(moment_of, positions))
        said["push_ms"] = max(0, round(waited.total_seconds() * 1000))
        metric("PushLatency", said["push_ms"])
    logger().info(what, **said, sent=outcomes["sent"], gone=outcomes["gone"], failed=outcomes["failed"])


if settings.runs_in_lambda():
    # Before the first batch, at the speed Lambda starts with.
    _warm = (platform().connections, platform().edges, platform().counters, platform().chunks, platform().pusher)
    if platform().region.is_home:  # elsewhere there is no table of inboxes
        _warm_at_home = platform().inbox
