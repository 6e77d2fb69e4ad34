"""Who follows whom. The copy outside the database says who is told: who follows and has not muted.

Each use case holds the follower first; see `UserRepository.hold`.
"""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from mundotango.errors import FollowLimit, Invalid, NotAllowed, NotFound, ProfileMissing, Said
from mundotango.follows.policy import MOST_FOLLOWED
from mundotango.ids import new_id
from mundotango.notifications.model import NotificationKind
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.posts.model import author_payload
from mundotango.realtime.model import Activity, Kind, user_channel
from mundotango.users.model import Listed, Person, Relation
from mundotango.users.policy import may_list_follows
from mundotango.users.service import get_person
from mundotango.work import UnitOfWork

FollowState = Literal["following", "requested"]


def follow(work: UnitOfWork, follower_id: UUID, handle: str, clock: Clock) -> tuple[UUID, FollowState]:
    """Following twice is following once. A private account is asked."""
    person = _held_person(work, follower_id, handle)
    if person.person_id == follower_id:
        raise Invalid("nobody follows themselves")
    if person.following:
        return person.person_id, "following"
    if person.private:
        if not person.requested and not work.follows.ask(follower_id, person.person_id, clock.now(), MOST_FOLLOWED):
            raise _limit()
        if not person.requested:
            _tell(work, "follow.requested", person.person_id, follower_id, "follow_request", clock)
        return person.person_id, "requested"
    _add(work, follower_id, person, clock)
    _tell(work, "follower.added", person.person_id, follower_id, "follow", clock)
    return person.person_id, "following"


def unfollow(work: UnitOfWork, follower_id: UUID, handle: str, clock: Clock) -> UUID:
    """Ending what is not is no error; what was asked for is taken back."""
    person = _held_person(work, follower_id, handle)
    if work.follows.remove(follower_id, person.person_id):
        work.record(follow_activity("follow.removed", follower_id, person.person_id, clock))
    return person.person_id


def remove_follower(work: UnitOfWork, user_id: UUID, follower_handle: str, clock: Clock) -> UUID:
    """The same end, made by the one who is followed. Who only asked is declined; ending what is not is no error."""
    follower_id = get_person(work, user_id, follower_handle).person_id
    work.users.hold([follower_id])
    if work.follows.remove(follower_id, user_id):
        work.record(follow_activity("follow.removed", follower_id, user_id, clock))
    return follower_id


def accept(work: UnitOfWork, user_id: UUID, follower_handle: str, clock: Clock) -> UUID:
    """Accepting twice is accepting once."""
    follower_id = get_person(work, user_id, follower_handle).person_id
    work.users.hold([follower_id])
    # As the one who asked stands to the caller, now that this cannot change any more.
    standing = work.users.find_relation(follower_id, user_id)
    if standing is None or not (standing.requested or standing.following):
        raise NotFound("this person has not asked to follow you")
    if standing.requested:
        _add(work, follower_id, standing, clock)
        _tell(work, "follow.accepted", follower_id, user_id, "follow_accepted", clock)
    return follower_id


def decline(work: UnitOfWork, user_id: UUID, follower_handle: str) -> UUID:
    """Of who follows already nothing changes."""
    follower_id = get_person(work, user_id, follower_handle).person_id
    work.users.hold([follower_id])
    work.follows.remove_request(follower_id, user_id)
    return follower_id


def list_followers(work: UnitOfWork, reader_id: UUID, handle: str, cursor: str | None, limit: int) -> Page[Person]:
    person_id = _listable(work, reader_id, handle)
    return listed(
        work, f"followers:{person_id}", cursor, limit,
        lambda after, most: work.follows.list_followers(reader_id, person_id, after, most),
    )  # fmt: skip


def list_following(work: UnitOfWork, reader_id: UUID, handle: str, cursor: str | None, limit: int) -> Page[Person]:
    person_id = _listable(work, reader_id, handle)
    return listed(
        work, f"following:{person_id}", cursor, limit,
        lambda after, most: work.follows.list_following(reader_id, person_id, after, most),
    )  # fmt: skip


def list_requests(work: UnitOfWork, user_id: UUID, cursor: str | None, limit: int) -> Page[Person]:
    """Who asked to follow the caller, newest first."""
    return listed(
        work, f"follow-requests:{user_id}", cursor, limit,
        lambda after, most: work.follows.list_requests(user_id, after, most),
    )  # fmt: skip


def listed(
    work: UnitOfWork,
    name: str,
    cursor: str | None,
    limit: int,
    list_after: Callable[[Place | None, int], list[Listed]],
) -> Page[Person]:
    """A page of people in a list by time, newest first."""
    checked_limit(limit)
    after = work.read_cursor(name, cursor) if cursor else None
    page = page_of(
        list_after(after, limit + 1), limit, lambda last: work.sign_cursor(name, Place(last.at, last.person.id))
    )
    return Page([each.person for each in page.items], page.next_cursor)


def follow_activity(kind: Kind, follower_id: UUID, author_id: UUID, clock: Clock) -> Activity:
    """Told to nobody: the relay keeps the copy of who is told what an author does by it."""
    return Activity(
        id=new_id(),
        kind=kind,
        actor_id=follower_id,
        channel=None,
        payload={"author_id": str(author_id), "follower_id": str(follower_id)},
        occurred_at=clock.now(),
    )


def _tell(
    work: UnitOfWork, kind: Kind, listener_id: UUID, actor_id: UUID, notified_as: NotificationKind, clock: Clock
) -> None:
    """What one person did towards another, if the other hears of it."""
    actor = work.follows.find_heard(listener_id, actor_id, notified_as)
    if actor is not None:
        work.record(
            Activity(
                id=new_id(),
                kind=kind,
                actor_id=actor_id,
                channel=user_channel(listener_id),
                payload={"user": author_payload(actor)},
                occurred_at=clock.now(),
            )
        )


def _held_person(work: UnitOfWork, follower_id: UUID, handle: str) -> Relation:
    if not work.users.hold([follower_id]):
        raise ProfileMissing("create a profile before following anyone")
    return get_person(work, follower_id, handle)


def _add(work: UnitOfWork, follower_id: UUID, person: Relation, clock: Clock) -> None:
    if not work.follows.add(follower_id, person.person_id, clock.now(), MOST_FOLLOWED):
        raise _limit()
    if not person.muted:
        work.record(follow_activity("follow.created", follower_id, person.person_id, clock))


def _listable(work: UnitOfWork, reader_id: UUID, handle: str) -> UUID:
    person = get_person(work, reader_id, handle)
    if not may_list_follows(person, own=person.person_id == reader_id):
        raise NotAllowed("only those who follow a private account see whom it follows and who follows it")
    return person.person_id


def _limit() -> FollowLimit:
    return FollowLimit(Said("nobody follows more than {most} people", most=MOST_FOLLOWED))
