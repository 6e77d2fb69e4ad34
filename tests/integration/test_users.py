from datetime import timedelta

import pytest

from mundotango.adapters.postgres import Database
from mundotango.errors import HandleTaken, Invalid, NotFound, ProfileExists, ProfileMissing
from mundotango.follows.service import follow, unfollow
from mundotango.ids import new_id
from mundotango.pagination import Keyring
from mundotango.users.service import create_profile, get_person, get_profile
from mundotango.work import UnitOfWork
from tests.factories.people import make_user
from tests.fakes.clock import FakeClock


def recorded(work: UnitOfWork) -> list[str]:
    return [row.activity.kind for row in work.outbox.take_after(0, 100)]


def test_a_profile_is_kept_as_it_was_given(work: UnitOfWork, clock: FakeClock) -> None:
    user_id = new_id()
    made = create_profile(
        work,
        user_id=user_id,
        handle=" Malena_9 ",
        display_name="  Malena  Ruiz ",
        city="Córdoba",
        bio="a\r\nb",
        clock=clock,
    )
    assert (made.handle, made.display_name, made.bio) == ("malena_9", "Malena Ruiz", "a\nb")
    assert get_profile(work, user_id) == made
    assert get_person(work, new_id(), "MALENA_9").person_id == user_id


def test_a_handle_is_given_once(work: UnitOfWork, clock: FakeClock) -> None:
    make_user(work, clock, handle="malena")
    with pytest.raises(HandleTaken):
        make_user(work, clock, handle="Malena")


def test_an_account_has_one_profile(work: UnitOfWork, clock: FakeClock) -> None:
    user = make_user(work, clock)
    with pytest.raises(ProfileExists):
        make_user(work, clock, user_id=user.id)


@pytest.mark.parametrize("handle", ["nobody_here", "no such handle", "\x00", "\ud800", "x" * 1000, ""])
def test_an_unknown_handle_is_not_found(work: UnitOfWork, handle: str) -> None:
    with pytest.raises(NotFound):
        get_person(work, new_id(), handle)


def test_without_a_profile_there_is_none(work: UnitOfWork) -> None:
    with pytest.raises(ProfileMissing):
        get_profile(work, new_id())


def test_a_follow_is_announced_once(work: UnitOfWork, clock: FakeClock) -> None:
    follower, author = make_user(work, clock), make_user(work, clock)
    follow(work, follower.id, author.handle, clock)
    follow(work, follower.id, author.handle, clock)
    assert recorded(work) == ["follow.created", "follower.added"]
    unfollow(work, follower.id, author.handle, clock)
    unfollow(work, follower.id, author.handle, clock)
    assert recorded(work) == ["follow.created", "follower.added", "follow.removed"]
    assert work.follows.followers([author.id]) == {author.id: set()}


def test_nobody_follows_themselves(work: UnitOfWork, clock: FakeClock) -> None:
    user = make_user(work, clock)
    with pytest.raises(Invalid):
        follow(work, user.id, user.handle, clock)


def test_who_has_no_profile_follows_nobody(work: UnitOfWork, clock: FakeClock) -> None:
    author = make_user(work, clock)
    with pytest.raises(ProfileMissing):
        follow(work, new_id(), author.handle, clock)


def test_what_is_not_committed_is_not_kept(real_database: Database, clock: FakeClock) -> None:
    with UnitOfWork(real_database, Keyring()) as work:
        user = make_user(work, clock)
    with UnitOfWork(real_database, Keyring()) as work:
        assert work.users.find(user.id) is None
        kept = make_user(work, clock)
        work.commit()
    clock.advance(timedelta(seconds=1))
    with UnitOfWork(real_database, Keyring()) as work:
        assert work.users.find(kept.id) == kept
