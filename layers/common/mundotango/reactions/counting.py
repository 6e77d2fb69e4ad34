"""From the stream of the reactions table to the counts, each change counted once however often the stream brings it.

The stream delivers a batch again after any failure, in whole or in halves, and sometimes for no reason. A bucket's
guard is the sequence number of the last record counted in it, written together with the count: what is not above the
guard was counted. All of a target's records in a batch become one write, on condition of the guards of all its buckets
that it counts in, and a batch that comes again becomes none.

A bucket's records come in order as long as they come from one shard. When DynamoDB splits a hot collection in the
middle of a bucket, two shards may interleave, and a record that is overtaken is taken for counted: the total is then
off until the nightly recount counts the bucket anew from its rows, which are the truth.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mundotango.errors import Unavailable
from mundotango.ports import Clock
from mundotango.reactions.announcing import Announcements
from mundotango.reactions.model import Count, CountChange, Standing, Total, Totals, target_of
from mundotango.reactions.ports import Counters
from mundotango.threads import side_by_side


@dataclass(frozen=True, slots=True)
class RowChange:
    """One record of the stream: as what a row counted before and counts now (None: as nothing).

    `at` is the moment of a reaction; `mark` is the recount's, which passes through the stream and counts as nothing.
    """

    sequence: int
    bucket: str
    before: Total | None
    after: Total | None
    at: datetime | None = None
    mark: str | None = None


def count_changes(counters: Counters, changes: Sequence[RowChange], clock: Clock) -> int | None:
    """Count a batch and claim that the new totals are told; the lowest sequence number that must come again, or None.

    It takes a second longer where it brings news of what was told within the last one.
    """
    announcements = Announcements(counters, clock)
    by_target: defaultdict[UUID, list[RowChange]] = defaultdict(list)
    # What counts as before moves nothing, not even the guard.
    changes = [change for change in changes if change.before != change.after or change.mark]
    for change in sorted(changes, key=lambda change: change.sequence):
        by_target[target_of(change.bucket)].append(change)
    known = counters.standing(by_target)

    def settled(target_id: UUID) -> bool:
        try:
            return _settle(counters, announcements, target_id, by_target[target_id], known[target_id], clock)
        except Unavailable:
            return False

    settled_here = side_by_side(settled, list(by_target))
    failed = [target_id for target_id, done in zip(by_target, settled_here, strict=True) if not done]
    failed += announcements.claim_rest()
    return min((by_target[target_id][0].sequence for target_id in failed), default=None)


def _settle(
    counters: Counters,
    announcements: Announcements,
    target_id: UUID,
    changes: Sequence[RowChange],
    known: Standing,
    clock: Clock,
) -> bool:
    by_bucket: defaultdict[str, list[RowChange]] = defaultdict(list)
    for change in changes:
        by_bucket[change.bucket].append(change)
    uncounted = {bucket: _uncounted(some, known.own(bucket)) for bucket, some in by_bucket.items()}
    adding = {bucket: _adding(some, known.own(bucket), clock.now()) for bucket, some in uncounted.items() if some}
    if adding:
        counts_news = any(change.is_news for change in adding.values())
        claim = announcements.claim(known.told) if counts_news else None
        counted = counters.apply(target_id, adding, claim)
        if counted is None and claim is not None:
            # Another may have claimed since. What is counted does not wait for that; it is told after theirs.
            counted = counters.apply(target_id, adding)
        if counted is None:
            return False
        known = known.after(counted)
    if known.told.owed:  # also by who counted this batch when it came before, and could not claim
        announcements.wait(target_id, known)
    return True


def _adding(fresh: Sequence[RowChange], known: Count, at: datetime) -> CountChange:
    moments = [moment for moment in (known.through, *(change.at for change in fresh)) if moment is not None]
    return CountChange(
        adds=_sum(fresh),
        guard_before=known.guard,
        guard=str(fresh[-1].sequence),
        through=max(moments, default=None),
        counted_at=at,
        mark=fresh[-1].mark,
    )


def _uncounted(changes: Sequence[RowChange], known: Count) -> list[RowChange]:
    """Those above the guard, each once, in their order."""
    guard = -1 if known.guard is None else int(known.guard)
    return list({change.sequence: change for change in changes if change.sequence > guard}.values())


def _sum(changes: Sequence[RowChange]) -> Totals:
    added: defaultdict[Total, int] = defaultdict(int)
    for change in changes:
        if change.after is not None:
            added[change.after] += 1
        if change.before is not None:
            added[change.before] -= 1
    return {name: number for name, number in added.items() if number}
