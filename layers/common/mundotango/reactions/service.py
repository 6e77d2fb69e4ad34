"""React, take it back, and see the total.

A total lags behind the truth by the second its stream takes, but not for the person who reacts: their own reaction is
added to the total for as long as the bucket's count ends before it (`through` is earlier than the reaction's own
moment), and taken off when they take back one that is counted. Only what happens within that second can still be off
by one, until it is counted: a like taken back and given again, a colleague of the same bucket in the same instant, or,
on another page, a like just taken back.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from mundotango.ports import Clock, Counters, Reactions
from mundotango.reactions.model import Count, Reaction, ReactionKind, Tally, bucket_key, bucket_keys, bucket_of


def react(
    reactions: Reactions, counters: Counters, target_id: UUID, user_id: UUID, kind: ReactionKind, clock: Clock
) -> Tally:
    """Reacting twice is reacting once."""
    reactions.put(target_id, Reaction(user_id, kind, clock.now()))
    return tallies(reactions, counters, [target_id], user_id)[target_id]


def unreact(reactions: Reactions, counters: Counters, target_id: UUID, user_id: UUID) -> Tally:
    """Taking back what was never given changes nothing."""
    # Read before: the stream may count the removal while we look, and it would be taken off twice.
    counts = counters.counts(bucket_keys(target_id))
    removed = reactions.remove(target_id, user_id)
    counted = removed is not None and not _ahead(removed, counts, target_id)
    return Tally(_total(counts, target_id) - counted, liked=False)


def totals(counters: Counters, target_ids: Collection[UUID], *, fresh: bool = False) -> dict[UUID, int]:
    """What is counted so far. `fresh` sees the last count for certain, at twice the price."""
    counts = counters.counts([key for target_id in target_ids for key in bucket_keys(target_id)], fresh=fresh)
    return {target_id: _total(counts, target_id) for target_id in target_ids}


def tallies(reactions: Reactions, counters: Counters, target_ids: Collection[UUID], user_id: UUID) -> dict[UUID, Tally]:
    """Totals as this person sees them, their own reactions included."""
    mine = reactions.mine(target_ids, user_id)
    counts = counters.counts([key for target_id in target_ids for key in bucket_keys(target_id)])
    return {
        target_id: Tally(
            _total(counts, target_id) + (target_id in mine and _ahead(mine[target_id], counts, target_id)),
            liked=target_id in mine,
        )
        for target_id in target_ids
    }


def _total(counts: Mapping[str, Count], target_id: UUID) -> int:
    return sum(counts[key].likes for key in bucket_keys(target_id) if key in counts)


def _ahead(reaction: Reaction, counts: Mapping[str, Count], target_id: UUID) -> bool:
    through = counts.get(bucket_key(target_id, bucket_of(reaction.user_id)), Count()).through
    return through is None or reaction.at > through
