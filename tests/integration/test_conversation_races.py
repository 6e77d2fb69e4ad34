"""Two people write, open, block or leave at the same time, each over a connection of their own."""

from uuid import UUID

import pytest

from mundotango.blocks.service import block
from mundotango.bootstrap import Platform
from mundotango.conversations.service import add_members, leave, open_conversation
from mundotango.messages.service import send
from mundotango.users.model import User
from mundotango.work import UnitOfWork
from tests.factories.people import make_user
from tests.fakes.clock import FakeClock
from tests.fakes.media import FakeMedia
from tests.fakes.realtime import FakeActivities, FakeEdges
from tests.fixtures.beside import Act, Beside


@pytest.fixture
def malena(community: Platform, clock: FakeClock) -> User:
    with community.unit_of_work() as work:
        return make_user(work, clock, handle="malena")


@pytest.fixture
def carlos(community: Platform, clock: FakeClock) -> User:
    with community.unit_of_work() as work:
        return make_user(work, clock, handle="carlos")


def messages(platform: Platform) -> list[UUID]:
    with platform.database.transaction() as connection:
        return [found for (found,) in connection.execute("SELECT id FROM messages ORDER BY created_at, id")]


def saying(conversation_id: UUID, author: User, clock: FakeClock) -> Act:
    def act(work: UnitOfWork) -> object:
        return send(
            work, FakeMedia(), conversation_id=conversation_id, author_id=author.id, text="Hola", media=(), clock=clock
        )

    return act


def test_two_who_open_it_at_once_have_one_conversation(
    community: Platform, beside: Beside, clock: FakeClock, malena: User, carlos: User
) -> None:
    found = []

    def open_it(work: UnitOfWork, who: User, handle: str) -> None:
        found.append(open_conversation(work, who.id, [handle], "", clock))

    with community.unit_of_work() as work:
        open_it(work, malena, "carlos")
        with beside.at_once(work, lambda work: open_it(work, carlos, "malena")):
            pass
    assert len({conversation.id for conversation, _ in found}) == 1
    assert [begun for _, begun in found] == [True, False]
    assert beside.refusals == []


@pytest.mark.parametrize("block_first", [False, True])
@pytest.mark.parametrize("blocker", ["malena", "carlos"])
def test_what_is_sent_beside_a_block_is_there_before_it_or_not_at_all(
    community: Platform,
    beside: Beside,
    clock: FakeClock,
    malena: User,
    carlos: User,
    activities: FakeActivities,
    blocker: str,
    *,
    block_first: bool,
) -> None:
    sides = {"malena": (malena.id, "carlos"), "carlos": (carlos.id, "malena")}
    with community.unit_of_work() as work:
        conversation, _ = open_conversation(work, malena.id, ["carlos"], "", clock)
    activities.appended.clear()
    acts: list[Act] = [saying(conversation.id, malena, clock), lambda work: block(work, *sides[blocker], clock)]
    first, second = reversed(acts) if block_first else acts
    with community.unit_of_work() as work:
        first(work)
        with beside.at_once(work, second):
            pass
    assert [refusal.code for refusal in beside.refusals] == (["not-found"] if block_first else [])
    assert len(messages(community)) == (0 if block_first else 1)
    assert bool(activities.appended) is not block_first


def test_of_two_messages_at_once_each_has_its_place(
    community: Platform, beside: Beside, clock: FakeClock, malena: User, carlos: User
) -> None:
    with community.unit_of_work() as work:
        conversation, _ = open_conversation(work, malena.id, ["carlos"], "Viernes", clock)
        work.conversations.set_state(conversation.id, carlos.id, "active", clock.now())
    with community.unit_of_work() as work:
        saying(conversation.id, malena, clock)(work)
        with beside.at_once(work, saying(conversation.id, carlos, clock)):
            pass
    first, second = messages(community)
    assert first < second
    with community.unit_of_work() as work:
        read = {each.person.handle: each.read_up_to for each in _members(work, conversation.id, malena)}
    assert read == {"malena": first, "carlos": second}


def test_who_is_added_while_the_last_one_leaves_is_not_in_what_ended(
    community: Platform, beside: Beside, clock: FakeClock, malena: User, carlos: User, edges: FakeEdges
) -> None:
    with community.unit_of_work() as work:
        make_user(work, clock, handle="pablo")
        conversation, _ = open_conversation(work, malena.id, ["carlos"], "Viernes", clock)
        leave(work, conversation.id, carlos.id, clock)
    with community.unit_of_work() as work:
        add_members(work, conversation.id, malena.id, ["pablo"], clock)
        with beside.at_once(work, lambda work: leave(work, conversation.id, malena.id, clock)):
            pass
    with community.unit_of_work() as work:
        assert work.conversations.list_ended(9) == []
    assert edges.members(conversation.id) == []


def test_who_takes_part_is_known_page_by_page_while_nobody_joins_or_leaves(
    community: Platform, beside: Beside, clock: FakeClock, malena: User, carlos: User, edges: FakeEdges
) -> None:
    with community.unit_of_work() as work:
        groups = sorted(open_conversation(work, malena.id, ["carlos"], "Viernes", clock)[0].id for _ in range(3))
        leave(work, groups[1], malena.id, clock)
    with community.unit_of_work() as work:
        first = work.conversations.hold_page(None, 2)
        with beside.at_once(work, lambda work: leave(work, groups[0], malena.id, clock)):
            rest = work.conversations.hold_page(groups[1], 2)
    assert first == {groups[0]: {malena.id}, groups[1]: set()}
    assert rest == {groups[2]: {malena.id}}
    assert edges.members(groups[0]) == []


def _members(work: UnitOfWork, conversation_id: UUID, reader: User) -> tuple:  # type: ignore[type-arg]
    found = work.conversations.find(conversation_id, reader.id)
    assert found is not None
    return found.members
