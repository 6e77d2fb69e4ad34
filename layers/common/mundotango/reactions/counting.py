"""From the stream of reactions to their counts, each change counted once however often the stream brings it.

The stream delivers a batch again after any failure, in whole or in halves, and sometimes for no reason. A bucket's
guard is the sequence number of the last record counted in it, written together with the count: what is not above the
guard was counted. All of a bucket's records in a batch become one write.

A bucket's records come in order as long as they come from one shard. When DynamoDB splits a hot shard in the middle of
a bucket, two may interleave, and a record that is overtaken is taken for counted: the total is then off until the
bucket is recounted from the reactions, which are the truth.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.ports import Activities, Clock, Counters
from mundotango.reactions.model import Count, CountChange, ReactionKind, target_of
from mundotango.reactions.service import totals
from mundotango.realtime.model import Activity, post_channel


@dataclass(frozen=True, slots=True)
class ReactionChange:
    """One record of the stream: what one person's reaction was and became (None: no reaction)."""

    sequence: int
    bucket: str
    before: ReactionKind | None
    after: ReactionKind | None
    at: datetime | None


def count_changes(
    counters: Counters, activities: Activities, changes: Sequence[ReactionChange], clock: Clock
) -> int | None:
    """Count a batch and announce the new totals; the lowest sequence number that must come again, or None.

    A batch that was counted before is announced again under the same id: the first time may have failed in between.
    """
    by_target: defaultdict[UUID, list[ReactionChange]] = defaultdict(list)
    for change in sorted(changes, key=lambda change: change.sequence):
        by_target[target_of(change.bucket)].append(change)
    known = counters.counts({change.bucket for change in changes}, fresh=True)
    failed = [
        target_changes[0].sequence
        for target_id, target_changes in by_target.items()
        if not _settle(counters, activities, target_id, target_changes, known, clock)
    ]
    return min(failed, default=None)


def _settle(
    counters: Counters,
    activities: Activities,
    target_id: UUID,
    changes: Sequence[ReactionChange],
    known: Mapping[str, Count],
    clock: Clock,
) -> bool:
    by_bucket: defaultdict[str, list[ReactionChange]] = defaultdict(list)
    for change in changes:
        by_bucket[change.bucket].append(change)
    try:
        counted = [
            _count(counters, bucket, bucket_changes, known.get(bucket, Count()))
            for bucket, bucket_changes in by_bucket.items()
        ]
        if not all(counted):
            return False
        activities.append(
            Activity(
                id=ids.derived_id("reaction.changed", str(target_id), str(changes[-1].sequence)),
                kind="reaction.changed",
                actor_id=None,
                channel=post_channel(target_id),
                payload={"post_id": str(target_id), "likes": totals(counters, [target_id], fresh=True)[target_id]},
                occurred_at=clock.now(),
            )
        )
    except Unavailable:
        return False
    return True


def _count(counters: Counters, bucket: str, changes: Sequence[ReactionChange], known: Count) -> bool:
    fresh = {change.sequence: change for change in changes if known.guard is None or _guard(change) > known.guard}
    if not fresh:
        return True
    moments = [moment for moment in (known.through, *(change.at for change in fresh.values())) if moment is not None]
    change = CountChange(
        likes=sum((change.after == "like") - (change.before == "like") for change in fresh.values()),
        guard_before=known.guard,
        guard=_guard(changes[-1]),
        through=max(moments, default=None),
    )
    return counters.apply(bucket, change)


def _guard(change: ReactionChange) -> str:
    return f"{change.sequence:040d}"
