"""Makes the copy of who stands how to whom agree with the database again, while people go on following and blocking.

In the copy stands who follows and has not muted, who blocked whom, who takes part in which conversation, who hides
that they are here, and what people do not want pushed. What differs is announced once more through the
outbox, as if it had just happened. That is safe because it is decided while nobody can change that relation: whoever
did so before has a lower number in the outbox, whoever does so after has a higher one, and in the copy the higher
number wins. So a rebuild brings nothing back and loses nothing, whatever happens beside it and in whatever order it is
relayed.

Each relation is held in a transaction of its own. Who blocks somebody also ends follows: two that hold both, each in
another order, would wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import TYPE_CHECKING
from uuid import UUID

from mundotango.blocks.service import block_activity
from mundotango.conversations.announcement import membership
from mundotango.follows.service import follow_activity
from mundotango.users.announcement import presence_changed
from mundotango.webpush.announcement import wishes_changed
from mundotango.webpush.policy import wishes_of

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform
    from mundotango.realtime.model import Activity
    from mundotango.work import UnitOfWork

# Each relation is held for one query over this many people, or conversations.
AUTHORS = 20
# Reading and comparing a page takes far less; this is for a database that is slow today.
PAGE_SECONDS = 15.0


def rebuild_edges(platform: Platform, time_left: Callable[[], float], after: UUID | None = None) -> dict[str, object]:
    """Goes through all people and all conversations, in the order of their ids, from the one after `after`.

    When the time is up, `done` is false and `after` is where the next call goes on.
    """
    corrected = 0
    while time_left() > PAGE_SECONDS:
        with platform.unit_of_work() as work:
            people = work.users.list_ids(after, AUTHORS)
            conversations = list(work.conversations.hold_page(after, AUTHORS))
        page = sorted([*people, *conversations])[:AUTHORS]
        if not page:
            return {"done": True, "corrected": corrected}
        people = [user_id for user_id in people if user_id <= page[-1]]
        corrected += sum(correct(platform, people) for correct in _OF_PEOPLE)
        corrected += _correct_members(platform, [each for each in conversations if each <= page[-1]], after)
        after = page[-1]
    return {"done": False, "corrected": corrected, "after": str(after) if after else None}


def _correct_follows(platform: Platform, authors: list[UUID]) -> int:
    copied = {author: set(platform.edges.followers(author)) for author in authors}

    def change(author: UUID, follower: UUID, there: bool) -> Activity:
        return follow_activity("follow.created" if there else "follow.removed", follower, author, platform.clock)

    with platform.unit_of_work() as work:
        work.follows.hold()
        return _record_changes(work, work.follows.followers(authors), copied, change)


def _correct_blocks(platform: Platform, blockers: list[UUID]) -> int:
    copied = {blocker: set(platform.edges.blocked(blocker)) for blocker in blockers}

    def change(blocker: UUID, blocked: UUID, there: bool) -> Activity:
        return block_activity("block.created" if there else "block.removed", blocker, blocked, platform.clock)

    with platform.unit_of_work() as work:
        work.blocks.hold()
        return _record_changes(work, work.blocks.blocked(blockers), copied, change)


def _correct_hidden(platform: Platform, people: list[UUID]) -> int:
    copied = platform.edges.hidden(people)
    with platform.unit_of_work() as work:
        for user_id, shown in work.users.hold_presence(people).items():
            if shown == (user_id in copied):
                work.record(presence_changed(user_id, shown=shown, clock=platform.clock))
        return len(work.recorded)


def _correct_wishes(platform: Platform, people: list[UUID]) -> int:
    copied = {user_id: platform.devices.wishes(user_id) for user_id in people}
    with platform.unit_of_work() as work:
        work.users.hold(people)
        for user_id, preferences in work.notification_preferences.of(people).items():
            wishes = wishes_of(preferences)
            if wishes != copied[user_id]:
                work.record(wishes_changed(user_id, wishes, platform.clock))
        return len(work.recorded)


_OF_PEOPLE = (_correct_follows, _correct_blocks, _correct_hidden, _correct_wishes)


def _correct_members(platform: Platform, conversations: list[UUID], after: UUID | None) -> int:
    copied = {conversation_id: set(platform.edges.members(conversation_id)) for conversation_id in conversations}

    def change(conversation_id: UUID, user_id: UUID, there: bool) -> Activity:
        return membership(conversation_id, user_id, platform.clock, joined=there)

    with platform.unit_of_work() as work:
        return _record_changes(work, work.conversations.hold_page(after, len(conversations)), copied, change)


def _record_changes(
    work: UnitOfWork,
    facts: Mapping[UUID, Set[UUID]],
    copied: Mapping[UUID, Set[UUID]],
    change: Callable[[UUID, UUID, bool], Activity],
) -> int:
    """Record where the copy differs from the facts, of those that both tell of; how many that were."""
    for one in facts.keys() & copied.keys():
        for other in facts[one] ^ copied[one]:
            work.record(change(one, other, other in facts[one]))
    return len(work.recorded)
