"""React, change one's mind, take it back, and see the totals.

A total lags behind the truth by the second its stream takes, but not for the person who reacts: what is counted of
their own reaction is taken off and what they feel now is added, for as long as the bucket's count ends before it
(`through` is earlier than the reaction's own moment). Only what happens within that second can still be off by one,
until it is counted: two changes of mind in a row, a colleague of the same bucket in the same instant, or, on another
page, a reaction just taken back.

Each region counts what was written in it, so whether a reaction is counted is looked up with the region that wrote it.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from mundotango.ports import Clock
from mundotango.reactions.model import (
    ENDED,
    Count,
    Counts,
    Reaction,
    ReactionKind,
    Tally,
    Totals,
    bucket_key,
    bucket_of,
    counted_keys,
    zeros,
)
from mundotango.reactions.ports import Counters, Reactions


def react(
    reactions: Reactions,
    counters: Counters,
    target_id: UUID,
    user_id: UUID,
    kind: ReactionKind,
    clock: Clock,
    *,
    told: UUID | None = None,
) -> Tally:
    """Reacting twice is reacting once; another kind takes the place of the first. `told` is who hears of it."""
    reactions.put(target_id, user_id, kind, clock.now(), told=told)
    return tallies(reactions, counters, [target_id], user_id)[target_id]


def unreact(reactions: Reactions, counters: Counters, target_id: UUID, user_id: UUID) -> Tally:
    """Taking back what was never given changes nothing."""
    # Read before: the stream may count the removal while we look, and it would be taken off twice.
    counts = counters.everywhere(counted_keys(target_id))
    removed = reactions.remove(target_id, user_id)
    return Tally(_seen(counts, target_id, removed, None), None)


def totals(counters: Counters, target_ids: Collection[UUID], *, fresh: bool = False) -> dict[UUID, Totals]:
    """What is counted so far. `fresh` sees the last count for certain, at twice the price."""
    counts = counters.everywhere([key for target_id in target_ids for key in counted_keys(target_id)], fresh=fresh)
    return {target_id: total(counts, target_id) for target_id in target_ids}


def tallies(reactions: Reactions, counters: Counters, target_ids: Collection[UUID], user_id: UUID) -> dict[UUID, Tally]:
    """Totals as this person sees them, their own reactions included."""
    mine = reactions.mine(target_ids, user_id)
    counts = counters.everywhere([key for target_id in target_ids for key in counted_keys(target_id)])
    felt = {target_id: mine[target_id].kind if target_id in mine else None for target_id in target_ids}
    return {
        target_id: Tally(_seen(counts, target_id, mine.get(target_id), felt[target_id]), felt[target_id])
        for target_id in target_ids
    }


def total(counts: Counts, target_id: UUID) -> Totals:
    """A target's buckets, lanes and regions summed up, nothing of those that ended; none is below zero, which only a
    count on its way to a recount could be, or to another region."""
    added = zeros()
    for key in counted_keys(target_id):
        counted = counts.get(key, {}).values()
        for count in counted if ENDED not in {each.guard for each in counted} else ():
            for name, number in count.totals.items():
                added[name] += number
    return {name: max(number, 0) for name, number in added.items()}


def _seen(counts: Counts, target_id: UUID, reaction: Reaction | None, felt: ReactionKind | None) -> Totals:
    """The totals with what this person feels now in the place of what is counted of their reaction."""
    seen = total(counts, target_id)
    if reaction is not None:
        of_bucket = counts.get(bucket_key(target_id, bucket_of(reaction.user_id)), {})
        through = of_bucket.get(reaction.region, Count()).through
        counted = _counted(reaction, through)
        if counted is not None:
            seen[counted] = max(seen[counted] - 1, 0)
        if felt is not None:
            seen[felt] += 1
    return seen


def _counted(reaction: Reaction, through: datetime | None) -> ReactionKind | None:
    """As what it is counted, when the count ends at `through`."""
    if through is not None and reaction.at <= through:
        return reaction.kind
    if through is not None and reaction.was_at is not None and reaction.was_at <= through:
        return reaction.was
    return None
