"""Blocks and mutes. Two people of whom one blocked the other do not see each other, and neither follows the other.

Whom somebody muted they still follow, but are told nothing of it: in the copy outside the database the follow is over.
"""

from uuid import UUID

from mundotango.errors import Invalid, NotFound, ProfileMissing
from mundotango.follows.service import follow_activity, listed
from mundotango.ids import new_id
from mundotango.pagination import Page
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, Kind
from mundotango.users.model import Person, Relation
from mundotango.users.service import get_person, get_present_id
from mundotango.work import UnitOfWork

_PROFILE_FIRST = "create a profile before blocking or muting anyone"


def block(work: UnitOfWork, blocker_id: UUID, handle: str, clock: Clock) -> UUID:
    """Ends follows and what was asked for, in both directions. Blocking twice is blocking once.

    Whoever was blocked can block back: else who blocks first would have the last word on whether it ends.
    """
    person_id = get_present_id(work, handle)
    if person_id == blocker_id:
        raise Invalid("nobody blocks themselves")
    held = work.users.hold([blocker_id, person_id])
    if blocker_id not in held:
        raise ProfileMissing(_PROFILE_FIRST)
    if person_id not in held:
        raise NotFound("nobody has this handle")
    for follower_id, followee_id in work.blocks.add(blocker_id, person_id, clock.now()):
        work.record(follow_activity("follow.removed", follower_id, followee_id, clock))
    work.record(block_activity("block.created", blocker_id, person_id, clock))
    return person_id


def unblock(work: UnitOfWork, blocker_id: UUID, handle: str, clock: Clock) -> UUID:
    """Ending what is not is no error. What the block ended does not come back, and the other's block stands."""
    person_id = get_present_id(work, handle)
    work.users.hold([blocker_id])
    if work.blocks.remove(blocker_id, person_id):
        work.record(block_activity("block.removed", blocker_id, person_id, clock))
    return person_id


def mute(work: UnitOfWork, muter_id: UUID, handle: str, clock: Clock) -> UUID:
    """Muting twice is muting once; the muted are not told, and nothing changes for them."""
    person = _held_person(work, muter_id, handle)
    if person.person_id == muter_id:
        raise Invalid("nobody mutes themselves")
    if work.blocks.mute(muter_id, person.person_id, clock.now()) and person.following:
        work.record(follow_activity("follow.removed", muter_id, person.person_id, clock))
    return person.person_id


def unmute(work: UnitOfWork, muter_id: UUID, handle: str, clock: Clock) -> UUID:
    """Ending what is not is no error."""
    person = _held_person(work, muter_id, handle)
    if work.blocks.unmute(muter_id, person.person_id) and person.following:
        work.record(follow_activity("follow.created", muter_id, person.person_id, clock))
    return person.person_id


def list_blocked(work: UnitOfWork, blocker_id: UUID, cursor: str | None, limit: int) -> Page[Person]:
    return listed(
        work, f"blocks:{blocker_id}", cursor, limit,
        lambda after, most: work.blocks.list_blocked(blocker_id, after, most),
    )  # fmt: skip


def list_muted(work: UnitOfWork, muter_id: UUID, cursor: str | None, limit: int) -> Page[Person]:
    return listed(
        work, f"mutes:{muter_id}", cursor, limit,
        lambda after, most: work.blocks.list_muted(muter_id, after, most),
    )  # fmt: skip


def block_activity(kind: Kind, blocker_id: UUID, blocked_id: UUID, clock: Clock) -> Activity:
    """Told to nobody: the relay keeps the copy of who is told nothing of whom by it."""
    return Activity(
        id=new_id(),
        kind=kind,
        actor_id=blocker_id,
        channel=None,
        payload={"blocker_id": str(blocker_id), "blocked_id": str(blocked_id)},
        occurred_at=clock.now(),
    )


def _held_person(work: UnitOfWork, muter_id: UUID, handle: str) -> Relation:
    if not work.users.hold([muter_id]):
        raise ProfileMissing(_PROFILE_FIRST)
    return get_person(work, muter_id, handle)
