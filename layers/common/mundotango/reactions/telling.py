"""From the stream of the reactions table to the authors: who reacted to their posts, and who has taken it back.

One activity a batch for each author and post, however many react. The stream brings a batch again, in whole or in
parts: each change says its sequence number, and an inbox keeps of each person the change with the highest.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, inbox_channel
from mundotango.realtime.ports import Activities


@dataclass(frozen=True, slots=True)
class Told:
    """What one record of the stream tells an author. `day` is when they were first told of this person's reaction."""

    sequence: int
    author_id: UUID
    post_id: UUID
    user_id: UUID
    day: str
    reacted: bool


def tell_authors(activities: Activities, told: Sequence[Told], clock: Clock) -> int | None:
    """The lowest sequence number that must come again, or None."""
    changes: defaultdict[tuple[UUID, UUID], list[Told]] = defaultdict(list)
    for each in sorted(told, key=lambda each: each.sequence):
        changes[each.author_id, each.post_id].append(each)
    failed: int | None = None
    for of_post in changes.values():
        try:
            activities.append(_received(of_post, clock))
        except Unavailable:
            failed = first_of(failed, of_post[0].sequence)
    return failed


def first_of(*sequences: int | None) -> int | None:
    return min((each for each in sequences if each is not None), default=None)


def _received(changes: Sequence[Told], clock: Clock) -> Activity:
    last = {(each.user_id, each.day): each for each in changes}
    author_id, post_id = str(changes[0].author_id), str(changes[0].post_id)
    numbers = [str(each.sequence) for each in changes]
    return Activity(
        id=ids.derived_id("reaction.received", author_id, post_id, *numbers),
        kind="reaction.received",
        actor_id=None,
        channel=inbox_channel(author_id),
        payload={
            "post_id": post_id,
            "reacted": [_payload(each) for each in last.values() if each.reacted],
            "taken_back": [_payload(each) for each in last.values() if not each.reacted],
        },
        occurred_at=clock.now(),
    )


def _payload(change: Told) -> dict[str, str]:
    return {"user_id": str(change.user_id), "day": change.day, "number": str(change.sequence)}
