"""A post's totals, told from the rows that count them to those who listen to the post.

Who counts *claims* a telling in the row of counts (`reactions/announcing.py`), and the stream of that table brings it
to every region, each for its own sockets. The totals are read when they are told, of all regions, so they include what
the claim was of. In one region a post is one row, whose records come in order: its frames go into the queue as they
were read. In several it is a row for each, which come by shards of their own, and what one of them read first it may
put in last. So who told looks again, and tells once more where a claim has come meanwhile: what is put in last then has
all that was claimed. Where there is no queue they are sent instead of put in.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from mundotango import ids, settings
from mundotango.observability import count
from mundotango.reactions.model import ENDED, Standing
from mundotango.reactions.service import total
from mundotango.realtime.delivery import Sending, chunks_of, deliveries_in, hand_over, large_audience
from mundotango.realtime.model import Activity, Appended, Chunk, Socket, post_channel
from mundotango.threads import side_by_side

# Whoever moved a claim meanwhile brings a record of it; more looks would keep the other posts of a batch waiting.
LOOKS = 3


class Telling(Sending, Protocol):
    @property
    def region(self) -> settings.Region: ...


def tell_totals(stores: Telling, post_ids: Sequence[UUID]) -> int:
    """Of how many of these posts somebody was told, in this region.

    Raises:
        Unavailable: not all of them were; told again they are the same, or newer.
    """
    listening = _listening(stores, post_ids)
    if not listening:
        return 0
    told = stores.counters.standing(listening)
    _tell(stores, _chunks(listening, told))
    for _ in range(LOOKS if len(stores.region.everywhere) > 1 else 0):
        if not told:
            break
        newest = stores.counters.standing(told)
        told = {post_id: each for post_id, each in newest.items() if each.claims != told[post_id].claims}
        # Under an id of its own: the other's frame of the same totals may have come before the one that was late.
        _tell(stores, _chunks(listening, told, ids.new_position()))
    return len(listening)


def totals_told(post_id: UUID, standing: Standing, *another: str) -> Appended | None:
    """As an activity, which no table has; None of a post that is gone or was never told.

    Its id is of how far each bucket is counted, so that the same totals are told under the same one, but for `another`.
    Its position is the newest claim's, so it never turns back.
    """
    counts, claims = standing.counts, standing.claims
    guards = [counts[key][region].guard or "" for key in sorted(counts) for region in sorted(counts[key])]
    if ENDED in guards or not claims:
        return None
    claim = max(claims)
    activity = Activity(
        id=ids.derived_id("reaction.changed", str(post_id), *guards, *another),
        kind="reaction.changed",
        actor_id=None,
        channel=post_channel(post_id),
        payload={"post_id": str(post_id), "totals": total(counts, post_id)},
        occurred_at=claims[claim],
    )
    return Appended(activity, post_channel(post_id), str(claim))


def _listening(stores: Telling, post_ids: Sequence[UUID]) -> dict[UUID, list[Socket]]:
    """To most posts nobody does, of which nothing more is read."""
    found = side_by_side(lambda post_id: list(large_audience(stores, post_channel(post_id))), post_ids)
    return {post_id: sockets for post_id, sockets in zip(post_ids, found, strict=True) if sockets}


def _tell(stores: Telling, chunks: Iterator[Chunk]) -> None:
    """Without a queue they are sent before the next look, as they would be put."""
    if stores.chunks is not None:
        stores.chunks.put(chunks)
        return
    for outcome, number in hand_over(stores, deliveries_in(chunks)).items():
        count(outcome, number)


def _chunks(
    listening: Mapping[UUID, Collection[Socket]], standings: Mapping[UUID, Standing], *another: str
) -> Iterator[Chunk]:
    for post_id, standing in standings.items():
        told = totals_told(post_id, standing, *another)
        if told is not None:
            yield from chunks_of(told, listening[post_id])
