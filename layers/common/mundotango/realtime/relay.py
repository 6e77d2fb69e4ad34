"""What was committed is announced: from the outbox to the channels, and to the copy of who follows whom.

A row is marked in the transaction that holds it, after its effect. A relay that dies in between is repeated, so an
activity may stand in its channel twice, under one id, which clients know; and of follows the higher number wins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from mundotango.observability import count, logger
from mundotango.outbox.model import Outgoing
from mundotango.outbox.repository import OutboxRepository
from mundotango.pagination import Keyring
from mundotango.work import UnitOfWork

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

BATCH = 100
# A batch stops here, so that with one last call of 6 s it stays below the 10 s a transaction may idle.
BATCH_SECONDS = 3.0
# A store that is away fails every row, after a time-out each.
FAILURES_BEFORE_END = 3
KEPT_AFTER_RELAY = timedelta(days=7)


@dataclass(slots=True)
class Batch:
    """What became of the rows that were taken; `last` is the number of the last one tried."""

    relayed: int = 0
    failed: int = 0
    last: int = 0

    def add(self, other: Batch) -> None:
        self.relayed += other.relayed
        self.failed += other.failed
        self.last = max(self.last, other.last)


def relay_outbox(platform: Platform, seqs: Sequence[int]) -> None:
    """Announces what a request has just committed. It never raises: what it cannot announce, the sweep does."""
    try:
        _relay(platform, lambda outbox: outbox.take(seqs, len(seqs)))
    except Exception:  # noqa: BLE001 - the request succeeded, whatever becomes of its announcement
        count("outbox_failures")
        logger().exception("relay failed")


def sweep_outbox(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """Announces what earlier relays left behind, oldest first, and forgets what was announced long ago.

    A row that fails is passed by and met again by the next sweep. `done` is false when the time was up first, or the
    stores were away: the next sweep goes on from there.
    """
    total = Batch()
    while time_left() > BATCH_SECONDS:
        batch = _relay(platform, lambda outbox: outbox.take_after(total.last, BATCH))
        total.add(batch)
        if batch.failed >= FAILURES_BEFORE_END:
            return {"done": False, "relayed": total.relayed, "failed": total.failed}
        if not batch.relayed + batch.failed:
            return {
                "done": True, "relayed": total.relayed, "failed": total.failed, "forgotten": _forget_relayed(platform),
            }  # fmt: skip
    return {"done": False, "relayed": total.relayed, "failed": total.failed}


def _relay(platform: Platform, take: Callable[[OutboxRepository], list[Outgoing]]) -> Batch:
    batch = Batch()
    done: list[int] = []
    ends = time.monotonic() + BATCH_SECONDS
    with UnitOfWork(platform.database, Keyring()) as work:
        for outgoing in take(work.outbox):
            if time.monotonic() > ends or batch.failed >= FAILURES_BEFORE_END:
                break
            batch.last = outgoing.seq
            if _announce(platform, outgoing):
                done.append(outgoing.seq)
            else:
                batch.failed += 1
        if done:
            work.outbox.mark_relayed(done, platform.clock.now())
        work.commit()
    batch.relayed = len(done)
    return batch


def _announce(platform: Platform, outgoing: Outgoing) -> bool:
    activity = outgoing.activity
    try:
        if activity.kind in ("follow.created", "follow.removed"):
            platform.edges.apply(
                UUID(activity.payload["author_id"]),
                UUID(activity.payload["follower_id"]),
                active=activity.kind == "follow.created",
                version=outgoing.seq,
            )
        if activity.channel is not None:
            platform.activities.append(activity)
    except Exception as failure:  # noqa: BLE001 - one row that cannot be announced holds up no other
        count("outbox_failures")
        logger().exception(
            "not announced", extra={"seq": outgoing.seq, "kind": activity.kind, "cause": type(failure).__name__}
        )
        return False
    return True


def _forget_relayed(platform: Platform) -> int:
    with UnitOfWork(platform.database, Keyring()) as work:
        forgotten = work.outbox.forget_relayed(platform.clock.now() - KEPT_AFTER_RELAY, 10 * BATCH)
        work.commit()
    return forgotten
