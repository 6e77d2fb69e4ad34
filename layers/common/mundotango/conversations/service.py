"""Conversations begin, people join and leave. Each use case holds the conversation, and who acts where blocks and
follows decide: so a block never leaves a conversation begun across it.
"""

from collections.abc import Sequence
from uuid import UUID

from mundotango.conversations import announcement, policy
from mundotango.conversations.model import NOTHING, Conversation, Held, Seat, Shown, State
from mundotango.conversations.repository import Called
from mundotango.errors import FieldError, NotFound, ProfileMissing
from mundotango.ids import new_id
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.users.policy import normal_handle
from mundotango.work import UnitOfWork


def open_conversation(
    work: UnitOfWork, user_id: UUID, handles: Sequence[str], title: str, clock: Clock
) -> tuple[Conversation, bool]:
    """With one person and no title the conversation that the two have; else a new group. Whether it was begun now."""
    name = policy.title(title)
    called = _called(work, user_id, handles)
    policy.enough_room(len(called) + 1)
    if len(called) == 1 and not name:
        conversation_id, begun = _open_direct(work, user_id, called[0], clock)
    else:
        conversation_id, begun = _begin_group(work, user_id, called, name, clock), True
    return get_conversation(work, conversation_id, user_id), begun


def get_conversation(work: UnitOfWork, conversation_id: UUID, user_id: UUID) -> Conversation:
    found = work.conversations.find(conversation_id, user_id)
    if found is None:
        raise NotFound("no such conversation")
    return found


def list_conversations(
    work: UnitOfWork, user_id: UUID, state: Shown, cursor: str | None, limit: int
) -> Page[Conversation]:
    """Those with the newest message first."""
    checked_limit(limit)
    name = f"conversations-{state}"
    after = work.read_cursor(name, cursor) if cursor else None
    found = work.conversations.list_of(user_id, state, after, limit + 1)
    return page_of(found, limit, lambda last: work.sign_cursor(name, Place(last.active_at, last.id)))


def rename(work: UnitOfWork, conversation_id: UUID, user_id: UUID, title: str, clock: Clock) -> Conversation:
    name = policy.title(title)
    held = policy.group(policy.taking_part(hold(work, conversation_id, user_id)))
    work.conversations.rename(conversation_id, name)
    _tell(work, held, clock)
    return get_conversation(work, conversation_id, user_id)


def add_members(
    work: UnitOfWork, conversation_id: UUID, user_id: UUID, handles: Sequence[str], clock: Clock
) -> Conversation:
    """Who does not follow the one who adds them is asked, and so is who left before; who is there stays as they are."""
    called = _called(work, user_id, handles)
    held = policy.group(policy.taking_part(hold(work, conversation_id, user_id)))
    before = {seat.user_id: seat.state for seat in held.others}
    fresh = [each for each in called if before.get(each.user_id) in (None, "left")]
    there = [state for state in before.values() if state != "left"]
    policy.enough_room(1 + len(there) + len(fresh))
    for each in fresh:
        state = policy.added(each.follows, before.get(each.user_id))
        _enter(work, held.id, each.user_id, state, held.latest_id, clock)
    _tell(work, held, clock, also=[each.user_id for each in fresh])
    return get_conversation(work, conversation_id, user_id)


def leave(work: UnitOfWork, conversation_id: UUID, user_id: UUID, clock: Clock) -> None:
    """Of what was asked, this is to decline it. The last one who leaves ends the conversation."""
    held = hold(work, conversation_id, user_id)
    _depart(work, held, "left" if held.me.state == "active" else "declined", clock)
    if held.kind == "group" and held.me.state == "active":
        _tell(work, held, clock)


def accept(work: UnitOfWork, conversation_id: UUID, user_id: UUID, clock: Clock) -> Conversation:
    """Accepting twice is accepting once."""
    held = hold(work, conversation_id, user_id)
    if join(work, held, clock):
        _tell(work, held, clock)
    return get_conversation(work, conversation_id, user_id)


def decline(work: UnitOfWork, conversation_id: UUID, user_id: UUID, clock: Clock) -> None:
    """Whoever asked is not told, and asks no second time."""
    held = policy.asked(hold(work, conversation_id, user_id))
    _depart(work, held, "declined", clock)


def join(work: UnitOfWork, held: Held, clock: Clock) -> bool:
    """The one who acts takes part from now on; False where they did already."""
    if held.me.state == "active":
        return False
    settle(work, held.id, held.me.user_id, "active", clock)
    return True


def settle(work: UnitOfWork, conversation_id: UUID, user_id: UUID, state: State, clock: Clock) -> None:
    """Another state in the place that somebody has."""
    work.conversations.set_state(conversation_id, user_id, state, clock.now())
    if state == "active":
        work.record(announcement.membership(conversation_id, user_id, clock, joined=True))


def hold(work: UnitOfWork, conversation_id: UUID, user_id: UUID) -> Held:
    """The conversation, if this person sees it; nobody else changes it until the transaction ends."""
    held = work.conversations.hold(conversation_id, user_id)
    if held is None or not policy.sees(held):
        raise NotFound("no such conversation")
    return held


def unseen(held: Held) -> set[UUID]:
    """Members who do not see the one who acts, nor are seen by them."""
    return {seat.user_id for seat in held.others if not seat.seen}


def _called(work: UnitOfWork, user_id: UUID, handles: Sequence[str]) -> list[Called]:
    """The people of these handles, each once and without the caller, whom this holds."""
    wanted = [normal_handle(handle) for handle in handles]
    if not work.users.hold([user_id]):
        raise ProfileMissing("create a profile before writing to anyone")
    known = work.conversations.people_called({each for each in wanted if each}, user_id)
    for place, handle in enumerate(wanted):
        if handle not in known:
            raise NotFound("nobody has this handle", FieldError(f"members.{place}", "is nobody's handle"))
    others = {each.user_id: each for each in known.values() if each.user_id != user_id}
    policy.somebody(list(others))
    return list(others.values())


def _open_direct(work: UnitOfWork, user_id: UUID, other: Called, clock: Clock) -> tuple[UUID, bool]:
    made = new_id()
    conversation_id = work.conversations.add_direct(made, user_id, other.user_id, clock.now())
    if conversation_id == made:
        _enter(work, made, user_id, "active", NOTHING, clock)
        # They find it once something is said to them.
        state: State = "active" if other.follows else "requested"
        _enter(work, made, other.user_id, state, NOTHING, clock, shown=False)
        return made, True
    held = work.conversations.hold(conversation_id, user_id)
    if held is None:
        raise AssertionError("each of a pair has a place")
    _return(work, held, clock)
    return conversation_id, False


def _return(work: UnitOfWork, held: Held, clock: Clock) -> None:
    """Who opens what they left or declined takes part in it, from here on. Who is asked still has to answer."""
    if held.me.state in ("left", "declined"):
        _enter(work, held.id, held.me.user_id, "active", held.latest_id, clock)
        work.conversations.end(held.id, None)
    elif held.latest_id == held.me.joined_after:
        join(work, held, clock)


def _begin_group(work: UnitOfWork, user_id: UUID, called: Sequence[Called], title: str, clock: Clock) -> UUID:
    conversation_id = new_id()
    work.conversations.add_group(conversation_id, title, clock.now())
    _enter(work, conversation_id, user_id, "active", NOTHING, clock)
    for each in called:
        _enter(work, conversation_id, each.user_id, policy.added(each.follows, None), NOTHING, clock)
    told = [user_id, *(each.user_id for each in called)]
    announcement.announce(work, conversation_id, told, user_id, set(), clock)
    return conversation_id


def _enter(
    work: UnitOfWork, conversation_id: UUID, user_id: UUID, state: State, after: UUID, clock: Clock, *,
    shown: bool = True,
) -> None:  # fmt: skip
    work.conversations.enter(conversation_id, user_id, state, after, clock.now(), shown=shown)
    if state == "active":
        work.record(announcement.membership(conversation_id, user_id, clock, joined=True))


def enter_again(work: UnitOfWork, held: Held, seat: Seat, clock: Clock) -> None:
    """Who left is there again for what is said next, in the state that their new place has."""
    _enter(work, held.id, seat.user_id, seat.state, held.latest_id, clock)


def _depart(work: UnitOfWork, held: Held, state: State, clock: Clock) -> None:
    work.conversations.set_state(held.id, held.me.user_id, state, clock.now())
    if held.me.state == "active":
        work.record(announcement.membership(held.id, held.me.user_id, clock, joined=False))
    if policy.is_over(held):
        work.conversations.end(held.id, clock.now())
    announcement.announce_end(work, held.id, held.me.user_id, state, clock)


def _tell(work: UnitOfWork, held: Held, clock: Clock, *, also: Sequence[UUID] = ()) -> None:
    """Everybody who takes part, the one who acts too, how the conversation is now."""
    taking_part = [seat.user_id for seat in held.others if seat.state == "active"]
    told = [held.me.user_id, *taking_part, *also]
    announcement.announce(work, held.id, told, held.me.user_id, unseen(held), clock)
