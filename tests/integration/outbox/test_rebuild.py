"""The copy of who stands how to whom is made right again, while people go on following, blocking and hiding."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from mundotango import settings
from mundotango.blocks.repository import BlockRepository
from mundotango.blocks.service import block, mute, unblock, unmute
from mundotango.bootstrap import Platform
from mundotango.conversations.repository import ConversationRepository
from mundotango.conversations.service import leave, open_conversation
from mundotango.follows.repository import FollowRepository
from mundotango.follows.service import follow, unfollow
from mundotango.ids import new_id
from mundotango.realtime.rebuild import rebuild_edges
from mundotango.users.model import User
from mundotango.users.repository import UserRepository
from mundotango.users.service import show_presence
from tests.factories.outbox import ample
from tests.factories.people import make_user
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeEdges
from tests.integration.outbox.beside import acting_beside, held, in_the_middle


def test_a_rebuild_adds_what_is_missing_and_ends_what_is_over(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
) -> None:
    with community.unit_of_work() as work:
        gone = make_user(work, clock)
        follow(work, reader.id, author.handle, clock)
    edges.rows.clear()
    edges.apply("follow", author.id, gone.id, active=True, version=0)
    assert rebuild_edges(community, ample) == {"done": True, "corrected": 2}
    assert edges.followers(author.id) == [reader.id]
    assert rebuild_edges(community, ample)["corrected"] == 0


def test_a_rebuild_knows_who_muted_whom(
    community: Platform, clock: FakeClock, author: User, reader: User, edges: FakeEdges
) -> None:
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)
        mute(work, reader.id, author.handle, clock)
    assert rebuild_edges(community, ample)["corrected"] == 0
    edges.rows.clear()
    edges.apply("follow", author.id, reader.id, active=True, version=0)
    assert rebuild_edges(community, ample)["corrected"] == 1
    assert edges.followers(author.id) == []
    with community.unit_of_work() as work:
        unmute(work, reader.id, author.handle, clock)
    assert edges.followers(author.id) == [reader.id]
    assert rebuild_edges(community, ample)["corrected"] == 0


def test_a_rebuild_knows_who_blocked_whom(
    community: Platform, clock: FakeClock, author: User, reader: User, edges: FakeEdges
) -> None:
    with community.unit_of_work() as work:
        block(work, reader.id, author.handle, clock)
    edges.rows.clear()
    edges.apply("block", author.id, reader.id, active=True, version=0)

    assert rebuild_edges(community, ample) == {"done": True, "corrected": 2}

    assert (edges.blocked(reader.id), edges.blocked(author.id)) == ([author.id], [])
    assert rebuild_edges(community, ample)["corrected"] == 0


def test_an_unblock_during_a_rebuild_is_not_undone(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with community.unit_of_work() as work:
        block(work, reader.id, author.handle, clock)

    def end_it() -> None:
        with community.unit_of_work() as work:
            unblock(work, reader.id, author.handle, clock)

    with in_the_middle(edges, "blocked", monkeypatch, end_it):
        rebuild_edges(community, ample)
    assert edges.blocked(reader.id) == []


def test_a_block_that_waits_for_a_rebuild_is_not_lost(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    database_settings: settings.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The copy says "blocked" where the database says no; the block comes while the rebuild holds the table."""
    edges.apply("block", reader.id, author.id, active=True, version=0)
    with (
        acting_beside(community, edges, database_settings) as other,
        held(BlockRepository, monkeypatch, other, lambda work: block(work, reader.id, author.handle, clock)),
    ):
        rebuild_edges(community, ample)
    assert edges.blocked(reader.id) == [author.id]


def test_a_rebuild_knows_who_takes_part_and_who_hides(
    community: Platform, clock: FakeClock, author: User, reader: User, edges: FakeEdges
) -> None:
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)
        group, _ = open_conversation(work, author.id, [reader.handle], "Grupo", clock)
        show_presence(work, reader.id, shown=False, clock=clock)
    assert rebuild_edges(community, ample)["corrected"] == 0
    edges.rows.clear()
    edges.apply("member", group.id, gone := new_id(), active=True, version=0)
    edges.apply("hidden", author.id, author.id, active=True, version=0)

    assert rebuild_edges(community, ample) == {"done": True, "corrected": 6}

    assert set(edges.members(group.id)) == {author.id, reader.id}
    assert edges.hidden([author.id, reader.id, gone]) == {reader.id}
    assert rebuild_edges(community, ample)["corrected"] == 0


def test_who_leaves_or_hides_during_a_rebuild_has_done_so(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)
        group, _ = open_conversation(work, author.id, [reader.handle], "Grupo", clock)

    def end_it() -> None:
        with community.unit_of_work() as work:
            leave(work, group.id, reader.id, clock)

    def hide() -> None:
        with community.unit_of_work() as work:
            show_presence(work, reader.id, shown=False, clock=clock)

    with in_the_middle(edges, "members", monkeypatch, end_it), in_the_middle(edges, "hidden", monkeypatch, hide):
        rebuild_edges(community, ample)

    assert edges.members(group.id) == [author.id]
    assert edges.hidden([reader.id]) == {reader.id}


def test_who_hides_while_a_rebuild_holds_them_hides(
    community: Platform,
    clock: FakeClock,
    reader: User,
    edges: FakeEdges,
    database_settings: settings.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The copy says "hides" where the database says no; they hide while the rebuild holds them."""
    edges.apply("hidden", reader.id, reader.id, active=True, version=0)
    with (
        acting_beside(community, edges, database_settings) as other,
        held(
            UserRepository,
            monkeypatch,
            other,
            lambda work: show_presence(work, reader.id, shown=False, clock=clock),
            "hold_presence",
        ),
    ):
        rebuild_edges(community, ample)
    assert edges.hidden([reader.id]) == {reader.id}


def test_who_leaves_while_a_rebuild_holds_the_conversation_has_left(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    database_settings: settings.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)
        group, _ = open_conversation(work, author.id, [reader.handle], "Grupo", clock)
    edges.rows.clear()
    with (
        acting_beside(community, edges, database_settings) as other,
        held(
            ConversationRepository,
            monkeypatch,
            other,
            lambda work: leave(work, group.id, reader.id, clock),
            "hold_page",
            skipped=1,
        ),
    ):
        rebuild_edges(community, ample)
    assert edges.members(group.id) == [author.id]


def test_a_rebuild_goes_on_after_the_last_author(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mundotango.realtime.rebuild.AUTHORS", 1)
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)
        follow(work, author.id, reader.handle, clock)
    edges.rows.clear()
    times: Iterator[float] = iter([100.0, 0.0])
    cut = rebuild_edges(community, lambda: next(times))
    assert cut == {"done": False, "corrected": 1, "after": str(min(author.id, reader.id))}
    assert rebuild_edges(community, ample, UUID(str(cut["after"]))) == {"done": True, "corrected": 1}
    assert len(edges.rows) == 2


def test_an_unfollow_during_a_rebuild_is_not_undone(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)

    def end_it() -> None:
        with community.unit_of_work() as work:
            unfollow(work, reader.id, author.handle, clock)

    with in_the_middle(edges, "followers", monkeypatch, end_it):
        rebuild_edges(community, ample)
    assert edges.followers(author.id) == []


def test_a_follow_that_waits_for_a_rebuild_is_not_lost(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    database_settings: settings.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The copy says "follows" where the database says no; the follow comes while the rebuild holds the table."""
    edges.apply("follow", author.id, reader.id, active=True, version=0)
    with (
        acting_beside(community, edges, database_settings) as other,
        held(FollowRepository, monkeypatch, other, lambda work: follow(work, reader.id, author.handle, clock)),
    ):
        rebuild_edges(community, ample)
    assert edges.followers(author.id) == [reader.id]
