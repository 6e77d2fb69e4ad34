"""Two people act at the same time, each over a connection of their own: no order leaves what neither of them meant."""

from collections.abc import Callable
from typing import Any

import pytest

from mundotango.blocks.service import block, mute, unmute
from mundotango.bootstrap import Platform
from mundotango.errors import HandleTaken
from mundotango.follows.service import accept, follow, remove_follower, unfollow
from mundotango.moderation.service import list_acts, report, resolve
from mundotango.realtime.rebuild import rebuild_edges
from mundotango.users.model import User
from mundotango.users.service import update_profile
from mundotango.work import UnitOfWork
from tests.factories.outbox import ample
from tests.factories.people import make_post, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.media import FakeMedia
from tests.fakes.realtime import FakeEdges
from tests.fixtures.beside import Act, Beside


@pytest.fixture
def malena(community: Platform, clock: FakeClock) -> User:
    with community.unit_of_work() as work:
        return make_user(work, clock, handle="malena")


@pytest.fixture
def carlos(community: Platform, clock: FakeClock) -> User:
    with community.unit_of_work() as work:
        return make_user(work, clock, handle="carlos")


def relations(platform: Platform) -> dict[str, int]:
    with platform.database.transaction() as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]
            for table in ("follows", "follow_requests", "blocks")
        }


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("blocker", ["malena", "carlos"])
@pytest.mark.parametrize("block_first", [False, True])
def test_a_follow_and_a_block_leave_no_follow_across_it(
    community: Platform,
    beside: Beside,
    clock: FakeClock,
    malena: User,
    carlos: User,
    edges: FakeEdges,
    blocker: str,
    block_first: bool,
    private: bool,
) -> None:
    with community.unit_of_work() as work:
        update_profile(work, FakeMedia(), carlos.id, {"private": private}, expected_version=None, clock=clock)
    sides = {"malena": (malena.id, "carlos"), "carlos": (carlos.id, "malena")}

    def follow_carlos(work: UnitOfWork) -> None:
        follow(work, malena.id, "carlos", clock)

    def block_other(work: UnitOfWork) -> None:
        block(work, *sides[blocker], clock)

    first, second = (block_other, follow_carlos) if block_first else (follow_carlos, block_other)
    with community.unit_of_work() as work:
        first(work)
        with beside.at_once(work, second):
            pass
    assert relations(community) == {"follows": 0, "follow_requests": 0, "blocks": 1}
    assert [refusal.code for refusal in beside.refusals] == (["not-found"] if block_first else [])
    rebuild_edges(community, ample)
    assert edges.followers(carlos.id) == []


@pytest.mark.parametrize("block_first", [False, True])
def test_accepting_and_a_block_leave_no_follow_across_it(
    community: Platform, beside: Beside, clock: FakeClock, malena: User, carlos: User, block_first: bool
) -> None:
    with community.unit_of_work() as work:
        update_profile(work, FakeMedia(), carlos.id, {"private": True}, expected_version=None, clock=clock)
        follow(work, malena.id, "carlos", clock)
    acts: list[Act] = [
        lambda work: accept(work, carlos.id, "malena", clock),
        lambda work: block(work, malena.id, "carlos", clock),
    ]
    first, second = reversed(acts) if block_first else acts
    with community.unit_of_work() as work:
        first(work)
        with beside.at_once(work, second):
            pass
    assert relations(community) == {"follows": 0, "follow_requests": 0, "blocks": 1}


def test_two_who_block_each_other_do_not_wait_for_each_other(
    community: Platform, beside: Beside, clock: FakeClock, malena: User, carlos: User
) -> None:
    with community.unit_of_work() as work:
        block(work, malena.id, "carlos", clock)
        with beside.at_once(work, lambda work: block(work, carlos.id, "malena", clock)):
            pass
    assert relations(community)["blocks"] == 2
    assert beside.refusals == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    ("before", "acts", "told"),
    [
        ([], [lambda w, m, c: follow(w, m, "carlos", c), lambda w, m, c: mute(w, m, "carlos", c)], False),
        (
            [lambda w, m, c: follow(w, m, "carlos", c), lambda w, m, c: mute(w, m, "carlos", c)],
            [lambda w, m, c: unfollow(w, m, "carlos", c), lambda w, m, c: unmute(w, m, "carlos", c)],
            False,
        ),
        (
            [lambda w, m, c: mute(w, m, "carlos", c)],
            [lambda w, m, c: follow(w, m, "carlos", c), lambda w, m, c: unmute(w, m, "carlos", c)],
            True,
        ),
    ],
    ids=["follow and mute", "unfollow and unmute", "follow and unmute"],
)
def test_the_copy_of_a_follow_says_what_the_database_does(
    community: Platform,
    beside: Beside,
    clock: FakeClock,
    malena: User,
    carlos: User,
    edges: FakeEdges,
    before: list[Callable[..., object]],
    acts: list[Callable[..., object]],
    told: bool,
    order: tuple[int, int],
) -> None:
    for act in before:
        with community.unit_of_work() as work:
            act(work, malena.id, clock)
    with community.unit_of_work() as work:
        acts[order[0]](work, malena.id, clock)
        with beside.at_once(work, lambda work: acts[order[1]](work, malena.id, clock)):
            pass
    assert edges.followers(carlos.id) == ([malena.id] if told else [])
    assert rebuild_edges(community, ample)["corrected"] == 0


@pytest.mark.parametrize("removed_first", [False, True])
def test_a_removed_follower_is_not_told_by_what_they_do_meanwhile(
    community: Platform,
    beside: Beside,
    clock: FakeClock,
    malena: User,
    carlos: User,
    edges: FakeEdges,
    *,
    removed_first: bool,
) -> None:
    with community.unit_of_work() as work:
        follow(work, malena.id, "carlos", clock)
        mute(work, malena.id, "carlos", clock)
    acts: list[Act] = [
        lambda work: unmute(work, malena.id, "carlos", clock),
        lambda work: remove_follower(work, carlos.id, "malena", clock),
    ]
    first, second = reversed(acts) if removed_first else acts
    with community.unit_of_work() as work:
        first(work)
        with beside.at_once(work, second):
            pass
    assert edges.followers(carlos.id) == []
    assert rebuild_edges(community, ample)["corrected"] == 0


def test_two_moderators_with_two_reports_of_one_thing_do_not_wait_for_each_other(
    community: Platform, beside: Beside, clock: FakeClock, malena: User, carlos: User
) -> None:
    with community.unit_of_work() as work:
        chief, second = (make_user(work, clock, handle=handle).id for handle in ("chief", "second"))
        post_id = make_post(work, clock, second).id
        said: dict[str, Any] = {"target_kind": "post", "target_id": post_id, "reason": "spam", "note": ""}
        first, other = (report(work, reporter_id=person.id, clock=clock, **said).id for person in (malena, carlos))
        work.commit()
    with community.unit_of_work() as work:
        work.moderation.get_for_update(first)
        with beside.at_once(work, lambda work: resolve(work, second, other, "hidden", "Sí.", clock)):
            resolve(work, chief, first, "dismissed", "No.", clock)
    assert [refusal.code for refusal in beside.refusals] == ["conflict"]
    with community.unit_of_work() as work:
        assert [act.action for act in list_acts(work, None, 10).items] == ["dismissed"]


def test_a_handle_that_is_being_given_up_is_not_taken_over(
    community: Platform, beside: Beside, clock: FakeClock, malena: User
) -> None:
    with community.unit_of_work() as work:
        update_profile(work, FakeMedia(), malena.id, {"handle": "la_malena"}, expected_version=None, clock=clock)
        with beside.at_once(work, lambda work: make_user(work, clock, handle="malena")):
            pass
    (refusal,) = beside.refusals
    assert isinstance(refusal, HandleTaken)


def test_of_two_changes_to_one_version_one_is_refused(
    community: Platform, beside: Beside, clock: FakeClock, malena: User
) -> None:
    def rename(work: UnitOfWork, bio: str) -> None:
        update_profile(work, FakeMedia(), malena.id, {"bio": bio}, expected_version=malena.version, clock=clock)

    with community.unit_of_work() as work:
        rename(work, "first")
        with beside.at_once(work, lambda work: rename(work, "second")):
            pass
    assert [refusal.code for refusal in beside.refusals] == ["precondition-failed"]
