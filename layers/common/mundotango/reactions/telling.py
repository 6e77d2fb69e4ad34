"""From the stream of the reactions table to the authors: who reacted to their posts, and who has taken it back.

They are told once a batch and post, however many react. Inboxes are written at home: who counts there notes it in the
author's at once; elsewhere, and where that cannot be done now, it is an activity that `push` takes in at home. The
stream brings a batch again, in whole or in parts, and an activity may come beside it: each change says its sequence
number, and an inbox keeps of each person the change with the highest.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Protocol
from uuid import UUID

from mundotango import ids, settings
from mundotango.errors import Unavailable
from mundotango.notifications import inbox
from mundotango.observability import count
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, inbox_channel
from mundotango.threads import side_by_side


@dataclass(frozen=True, slots=True)
class News:
    """What one record of the stream tells an author. `day` is when they were first told of this person's reaction."""

    sequence: int
    author_id: UUID
    post_id: UUID
    user_id: UUID
    day: str
    reacted: bool


class Stores(inbox.Stores, Protocol):
    @property
    def region(self) -> settings.Region: ...


def tell_authors(stores: Stores, told: Sequence[News]) -> int | None:
    """The lowest sequence number that must come again, or None."""
    by_author: defaultdict[UUID, defaultdict[UUID, list[News]]] = defaultdict(lambda: defaultdict(list))
    for each in sorted(told, key=lambda each: each.sequence):
        by_author[each.author_id][each.post_id].append(each)

    busy = Event()

    def tell(author_id: UUID) -> int | None:
        """One post after another: each changes how much is unread, which the frames of all of them say."""
        failed: int | None = None
        for of_post in by_author[author_id].values():
            try:
                _tell(stores, author_id, _received(of_post, stores.clock), busy)
            except Unavailable:
                failed = first_of(failed, of_post[0].sequence)
        return failed

    return first_of(*side_by_side(tell, list(by_author)))


def first_of(*sequences: int | None) -> int | None:
    return min((each for each in sequences if each is not None), default=None)


def _tell(stores: Stores, author_id: UUID, received: Activity, busy: Event) -> None:
    if stores.region.is_home and not busy.is_set():
        try:
            inbox.note(stores, author_id, received)
        except Unavailable:
            # It is busy, or away: to bring the batch again would hold up the counts of all posts behind it.
            # Nor is it waited for again, six seconds for each author.
            busy.set()
            count("author_told_later")
        else:
            return
    stores.activities.append(received)


def _received(changes: Sequence[News], clock: Clock) -> Activity:
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


def _payload(change: News) -> dict[str, str]:
    return {"user_id": str(change.user_id), "day": change.day, "number": str(change.sequence)}
