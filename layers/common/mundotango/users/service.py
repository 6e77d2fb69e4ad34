from uuid import UUID

from mundotango.errors import Invalid, NotFound, ProfileMissing
from mundotango.ids import new_id
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, Kind
from mundotango.users import policy
from mundotango.users.model import User
from mundotango.work import UnitOfWork


def create_profile(
    work: UnitOfWork, *, user_id: UUID, handle: str, display_name: str, city: str, bio: str = "", clock: Clock
) -> User:
    user = User(
        id=user_id,
        handle=policy.chosen_handle(handle),
        display_name=policy.display_name(display_name),
        bio=policy.bio(bio),
        city=policy.city(city),
        created_at=clock.now(),
    )
    work.users.add(user)
    return user


def get_user(work: UnitOfWork, handle: str) -> User:
    normal = policy.normal_handle(handle)
    user = work.users.find_by_handle(normal) if normal else None
    if user is None:
        raise NotFound("nobody has this handle")
    return user


def get_profile(work: UnitOfWork, user_id: UUID) -> User:
    """The caller's own profile."""
    user = work.users.find(user_id)
    if user is None:
        raise ProfileMissing("this account has no profile yet")
    return user


def follow(work: UnitOfWork, follower_id: UUID, followee_handle: str, clock: Clock) -> None:
    """Following twice is following once."""
    followee = get_user(work, followee_handle)
    if followee.id == follower_id:
        raise Invalid("nobody follows themselves")
    if work.follows.add(follower_id, followee.id, clock.now()):
        work.record(follow_activity("follow.created", follower_id, followee.id, clock))


def unfollow(work: UnitOfWork, follower_id: UUID, followee_handle: str, clock: Clock) -> None:
    """Ending what is not is no error."""
    followee = get_user(work, followee_handle)
    if work.follows.remove(follower_id, followee.id):
        work.record(follow_activity("follow.removed", follower_id, followee.id, clock))


def follow_activity(kind: Kind, follower_id: UUID, author_id: UUID, clock: Clock) -> Activity:
    """Told to nobody: the relay keeps the copy of who follows whom by it."""
    return Activity(
        id=new_id(),
        kind=kind,
        actor_id=follower_id,
        channel=None,
        payload={"author_id": str(author_id), "follower_id": str(follower_id)},
        occurred_at=clock.now(),
    )
