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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mundotango.errors import Unavailable
from mundotango.ports import Clock
from mundotango.reactions.announcing import Announcements
from mundotango.reactions.model import Count, CountChange, Total, Totals, target_of
from mundotango.reactions.ports import Counters
from mundotango.realtime.ports import Activities


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


def count_changes(counters: Counters, activities: Activities, changes: Sequence[RowChange], clock: Clock) -> int | None:
    """Count a batch and announce the new totals; the lowest sequence number that must come again, or None.

    It takes a second longer where it brings news of what was announced within the last one.
    """
    announcements = Announcements(counters, activities, clock)
    by_target: defaultdict[UUID, list[RowChange]] = defaultdict(list)
    # What counts as before moves nothing, not even the guard.
    changes = [change for change in changes if change.before != change.after or change.mark]
    for change in sorted(changes, key=lambda change: change.sequence):
        by_target[target_of(change.bucket)].append(change)
    known = counters.counts({change.bucket for change in changes}, fresh=True)
    failed = [
        target_id
        for target_id, target_changes in by_target.items()
        if not _settle(counters, announcements, target_id, target_changes, known, clock)
    ]
    failed += announcements.tell_rest()
    return min((by_target[target_id][0].sequence for target_id in failed), default=None)


def _settle(
    counters: Counters,
    announcements: Announcements,
    target_id: UUID,
    changes: Sequence[RowChange],
    known: Mapping[str, Count],
    clock: Clock,
) -> bool:
    by_bucket: defaultdict[str, list[RowChange]] = defaultdict(list)
    for change in changes:
        by_bucket[change.bucket].append(change)
    try:
        fresh = {bucket: _uncounted(some, known.get(bucket, Count())) for bucket, some in by_bucket.items()}
        adding = {
            bucket: _adding(some, known.get(bucket, Count()), clock.now()) for bucket, some in fresh.items() if some
        }
        if adding and not counters.apply(target_id, adding):
            return False
        if any(map(_is_news, changes)):
            counted = (change for some in fresh.values() for change in some)
            announcements.tell(target_id, again=not any(map(_is_news, counted)))
    except Unavailable:
        return False
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


def _is_news(change: RowChange) -> bool:
    """Whether clients are told at once: views come with the next frame that is sent for another reason."""
    return {change.before, change.after} - {"views", None} != set()
