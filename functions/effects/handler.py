"""Woken by the stream of commands: does outside the network what was decided inside of it. By two queues: for the
mails among them, so that nothing waits for SES, and for what devices are to be told by Web Push. And by schedules, for
what nobody decides: sockets that end, and dead letters that are to be counted. And by the log of the API, where a line
is of a request that X-Ray is to have the trace of.

A command that fails is reported, and the stream brings it and all after it again; those before it are done, and their
order is kept. What the edge has of pictures that were deleted, and of answers that are others now, is invalidated once
for the whole batch, at its end. The stream brings every region's commands: of another's only its own sockets and copies
of pictures are this region's to see to.
"""

from __future__ import annotations

from functools import cache, partial
from time import sleep
from typing import TYPE_CHECKING, Any

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.lateness import STREAM_LATE, WEB_PUSH_LATE, tell_lateness
from mundotango.observability import correlating, correlation_id, counting, logger, observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from mundotango.commands.model import Command


@cache
def platform() -> Platform:
    return Platform()


@observed
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event` is a batch of the stream or of a queue, lines of a log, or `{"job": …}` with one of JOBS."""
    if "job" in event:
        return _run(event, context)
    if "awslogs" in event:
        return _trace(event["awslogs"]["data"])
    records = event["Records"]
    return _work_off(records) if "body" in records[0] else _carry_out(records)


def _run(event: dict[str, Any], context: Any) -> dict[str, object]:
    from mundotango.errors import Invalid

    job = JOBS.get(event["job"])
    if job is None:
        raise Invalid(f"no such job: {event['job']!r}; there are {', '.join(JOBS)}")
    return {"job": event["job"], **job(context)}


def _close_sockets(context: Any) -> dict[str, object]:
    from mundotango.realtime.closing import close_ended

    outcome = close_ended(platform(), lambda: context.get_remaining_time_in_millis() / 1000)
    logger().info("job", job="close_sockets", outcome=outcome)
    return outcome


def _count_dead_letters(_context: Any) -> dict[str, object]:
    """The alarm DeadLetters reads this line, and none at all for ten minutes rings it as well: a count that fails is
    made again in five, and is no dead letter itself."""
    from mundotango.errors import Unavailable

    try:
        waiting = platform().dead_letters.count()
    except Unavailable:
        logger().exception("job", extra={"job": "count_dead_letters"})
        return {"done": False}
    logger().info("job", job="count_dead_letters", dead_letters=waiting)
    return {"done": True, "dead_letters": waiting}


JOBS = {"close_sockets": _close_sockets, "count_dead_letters": _count_dead_letters}


def _trace(data: str) -> dict[str, Any]:
    """A trace that is not taken is lost: nothing waits for it, and nobody is to be told of it by a dead letter."""
    import gzip
    import json
    from base64 import b64decode

    from mundotango.tracing.policy import segment

    said = json.loads(gzip.decompress(b64decode(data)))
    if said["messageType"] != "DATA_MESSAGE":  # CloudWatch asks whether somebody is there
        return {}
    lines = said["logEvents"]
    try:
        refused = platform().traces.put([segment(json.loads(one["message"])) for one in lines])
    except Exception as failure:  # noqa: BLE001 - as said
        logger().exception("not traced", extra={"traces": len(lines), "cause": type(failure).__name__})
    else:
        if refused:
            logger().warning("not traced", extra={"traces": len(refused), "refused": refused})
        logger().info("traced", extra={"traces": len(lines) - len(refused)})
    return {}


def _carry_out(records: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    from mundotango.adapters.dynamodb import written_in
    from mundotango.commands.repository import command_from_image
    from mundotango.commands.service import concerns, is_forgotten

    tell_lateness(records, platform().clock, late_after=STREAM_LATE)
    failed: str | None = None
    forgotten: list[tuple[str, Command]] = []
    for record in records:
        if record["eventName"] == "REMOVE":  # a row's expiry asks for nothing
            continue
        number, image = record["dynamodb"]["SequenceNumber"], record["dynamodb"]["NewImage"]
        command, own = command_from_image(image), platform().region.owns(written_in(image))
        if not concerns(command, own=own):
            continue
        if not _carried_out(command):
            failed = number
            break
        if own and is_forgotten(command):
            forgotten.append((number, command))
    if forgotten and not _invalidated(forgotten):
        failed = forgotten[0][0]
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}


def _carried_out(command: Command) -> bool:
    from mundotango.commands.service import carry_out

    said: dict[str, object] = {"kind": command.kind, "command": command.key, "version": command.version}
    with correlating(command.correlation_id):
        return _done(said, lambda: carry_out(platform(), command))


def _work_off(messages: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """Of one queue, so all are of one kind."""
    from mundotango.webpush.queue import KIND

    return (_push if messages[0]["body"].startswith(f"{KIND}#") else _mail)(messages)


def _mail(messages: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    from mundotango.commands.service import send_waiting

    done = [_sent(one["body"], partial(send_waiting, platform(), one["body"])) for one in messages]
    return _unfinished(messages, done)


def _push(messages: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """All at once, as each waits for push services most of its time; what several say once, as all of them came before
    it is looked at."""
    from concurrent.futures import ThreadPoolExecutor

    from mundotango.webpush.queue import item_of
    from mundotango.webpush.sending import push_item

    tell_lateness(messages, platform().clock, late_after=WEB_PUSH_LATE)
    stores, keys, called = platform(), dict.fromkeys(one["body"] for one in messages), correlation_id()
    # Made before there are threads, of which each would make its own.
    _made = stores.inbox, stores.edges, stores.devices, stores.turns, stores.waiting_pushes, stores.push_service

    def send(key: str) -> bool:
        with correlating(called):  # a thread knows nothing of the call
            return _sent(key, lambda: push_item(stores, *item_of(key)))

    try:
        with ThreadPoolExecutor(len(keys)) as threads:
            sent = threads.map(send, keys)
            done = dict(zip(keys, sent, strict=True))
    finally:
        stores.push_service.hang_up()
    return _unfinished(messages, [done[one["body"]] for one in messages])


def _sent(key: str, action: Callable[[], None]) -> bool:
    """A key begins with what is to be done: `send_mail` or `web_push`."""
    return _done({"kind": key.partition("#")[0], "command": key}, action)


def _unfinished(messages: list[dict[str, Any]], done: list[bool]) -> dict[str, list[dict[str, str]]]:
    pairs = zip(messages, done, strict=True)
    return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one, was_done in pairs if not was_done]}


def _done(said: dict[str, object], action: Callable[[], None]) -> bool:
    with counting() as counts, correlating(correlation_id()):
        try:
            action()
        except Exception as failure:  # noqa: BLE001 - whatever it was, the stream or the queue has to bring it again
            logger().exception("not carried out", extra=said | {"cause": type(failure).__name__})
            return False
        logger().info("carried out", extra=said | {"counts": dict(counts)})
    return True


def _invalidated(forgotten: list[tuple[str, Command]]) -> bool:
    from mundotango.commands.service import invalidate, last_act

    if (last := last_act(forgotten)) is not None:
        settled = last + settings.EdgeSettles.from_env().after
        sleep(max((settled - platform().clock.now()).total_seconds(), 0))
    try:
        invalidate(platform().edge, forgotten)
    except Exception as failure:  # noqa: BLE001 - as above; too many in progress is the usual one
        logger().exception("not invalidated", extra={"commands": len(forgotten), "cause": type(failure).__name__})
        return False
    logger().info("invalidated", extra={"commands": len(forgotten)})
    return True


if settings.runs_in_lambda():
    # Before the first batch, at the speed Lambda starts with.
    _warm = platform().identities
