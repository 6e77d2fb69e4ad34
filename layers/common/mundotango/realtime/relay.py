"""What was committed is announced: from the outbox to the channels, to what DynamoDB has a copy of, and as commands to
who acts outside the network.

A row is marked in the transaction that holds it, after its effect. A relay that dies in between is repeated, so an
activity may stand in its channel twice, under one id, which clients know; and of copies, and of commands, the higher
number wins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mundotango.commands.model import COMMAND_LIFE
from mundotango.commands.service import command_of
from mundotango.errors import Unavailable
from mundotango.observability import count, logger
from mundotango.outbox.model import Outgoing
from mundotango.outbox.repository import OutboxRepository
from mundotango.pagination import Keyring
from mundotango.realtime.model import Kind
from mundotango.webpush.announcement import wishes_from
from mundotango.work import UnitOfWork

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

BATCH = 100
# A batch stops here, so that with one last call of 6 s it stays below the 10 s a transaction may idle.
BATCH_SECONDS = 3.0
# So many rows one after the other that found a store away: the rest would too, after a time-out each.
AWAY_BEFORE_END = 3
KEPT_AFTER_RELAY = timedelta(days=7)


@dataclass(slots=True)
class Tally:
    """What became of the rows tried so far.

    `last` is the number of the last one, and `away` how many found a store away since one did not.
    """

    relayed: int = 0
    failed: int = 0
    away: int = 0
    last: int = 0


def relay_outbox(platform: Platform, seqs: Sequence[int]) -> None:
    """Announces what a request has just committed. It never raises: what it cannot announce, the sweep does."""
    try:
        _relay(platform, lambda outbox: outbox.take(seqs, len(seqs)), Tally())
    except Exception:  # noqa: BLE001 - the request succeeded, whatever becomes of its announcement
        count("outbox_failures")
        logger().exception("relay failed")


def sweep_outbox(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """Announces what earlier relays left behind, oldest first, and forgets what was announced long ago.

    A row that fails is passed by and met again by the next sweep. `done` is false when the time was up first, or the
    stores were away: the next sweep goes on from there.
    """
    tally = Tally()
    while time_left() > BATCH_SECONDS and tally.away < AWAY_BEFORE_END:
        if not _relay(platform, lambda outbox: outbox.take_after(tally.last, BATCH), tally):
            return {
                "done": True, "relayed": tally.relayed, "failed": tally.failed, "forgotten": _forget_relayed(platform),
            }  # fmt: skip
    return {"done": False, "relayed": tally.relayed, "failed": tally.failed}


def _relay(platform: Platform, take: Callable[[OutboxRepository], list[Outgoing]], tally: Tally) -> bool:
    """Tries one row at least of those it takes; whether there were any."""
    relayed: list[int] = []
    with UnitOfWork(platform.database, Keyring()) as work:
        taken = take(work.outbox)
        ends = time.monotonic() + BATCH_SECONDS
        for outgoing in taken:
            if _announced(platform, outgoing, tally):
                relayed.append(outgoing.seq)
            if time.monotonic() > ends or tally.away >= AWAY_BEFORE_END:
                break
        if relayed:
            work.outbox.mark_relayed(relayed, platform.clock.now())
        work.commit()
    tally.relayed += len(relayed)
    return bool(taken)


def _announced(platform: Platform, outgoing: Outgoing, tally: Tally) -> bool:
    tally.last = outgoing.seq
    try:
        _announce(platform, outgoing)
    except Exception as failure:  # noqa: BLE001 - one row that cannot be announced holds up no other
        tally.failed += 1
        tally.away = tally.away + 1 if isinstance(failure, Unavailable) else 0
        count("outbox_failures")
        logger().exception(
            "not announced",
            extra={"seq": outgoing.seq, "kind": outgoing.activity.kind, "cause": type(failure).__name__},
        )
        return False
    tally.away = 0
    return True


def _announce(platform: Platform, outgoing: Outgoing) -> None:
    activity = outgoing.activity
    for copy in (_copy_of_people, _copy_of_posts):
        copy(platform, activity.kind, activity.payload, outgoing.seq)
    command = command_of(outgoing)
    if command is not None:
        platform.commands.put(command, platform.clock.now() + COMMAND_LIFE)
    if activity.channel is not None:
        platform.activities.append(activity)


def _copy_of_people(platform: Platform, kind: Kind, payload: Mapping[str, Any], version: int) -> None:
    """What DynamoDB has of it: who stands how to whom, and what people do not want pushed."""
    match kind:
        case "follow.created" | "follow.removed":
            author_id, follower_id = UUID(payload["author_id"]), UUID(payload["follower_id"])
            platform.edges.apply("follow", author_id, follower_id, active=kind == "follow.created", version=version)
        case "block.created" | "block.removed":
            blocker_id, blocked_id = UUID(payload["blocker_id"]), UUID(payload["blocked_id"])
            platform.edges.apply("block", blocker_id, blocked_id, active=kind == "block.created", version=version)
        case "conversation.joined" | "conversation.left":
            conversation_id, user_id = UUID(payload["conversation_id"]), UUID(payload["user_id"])
            joined = kind == "conversation.joined"
            platform.edges.apply("member", conversation_id, user_id, active=joined, version=version)
        case "presence.hidden" | "presence.shown":
            user_id = UUID(payload["user_id"])
            platform.edges.apply("hidden", user_id, user_id, active=kind == "presence.hidden", version=version)
        case "wishes.changed":
            platform.devices.apply(UUID(payload["user_id"]), wishes_from(payload), version=version)


def _copy_of_posts(platform: Platform, kind: Kind, payload: Mapping[str, Any], version: int) -> None:
    """What a post is counted by, and which pictures there are."""
    match kind:
        case "comment.created" | "comment.removed":
            post_id, comment_id, active = (
                UUID(payload["post_id"]),
                UUID(payload["comment_id"]),
                kind == "comment.created",
            )
            platform.engagements.apply(post_id, "comment", comment_id, active=active, version=version)
        case "post.shared" | "post.unshared":
            post_id, repost_id, active = UUID(payload["post_id"]), UUID(payload["repost_id"]), kind == "post.shared"
            platform.engagements.apply(post_id, "share", repost_id, active=active, version=version)
        case "post.removed":
            platform.counters.end(UUID(payload["post_id"]), platform.clock.now())
        case "media.detached":
            platform.media.review(UUID(payload["media_id"]), date.fromisoformat(payload["review_on"]))
        case "command.media_delete":
            # At once, so that nobody finds it any more; the command sees to the rest.
            platform.media.remove(UUID(payload["media_id"]))


def _forget_relayed(platform: Platform) -> int:
    with UnitOfWork(platform.database, Keyring()) as work:
        forgotten = work.outbox.forget_relayed(platform.clock.now() - KEPT_AFTER_RELAY, 10 * BATCH)
        work.commit()
    return forgotten
