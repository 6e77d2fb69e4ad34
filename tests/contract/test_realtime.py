from datetime import timedelta

import pytest

from mundotango import ids, settings
from mundotango.realtime.edges import DynamoEdges
from mundotango.realtime.model import Grant, Ticket
from mundotango.realtime.policy import position_at
from mundotango.realtime.ports import Edges, ErasableActivities, Grants, Tickets
from mundotango.realtime.repository import DynamoActivities, DynamoGrants, DynamoTickets
from tests.factories.realtime import AT, make_activity
from tests.fakes.realtime import FakeActivities, FakeEdges, FakeGrants, FakeTickets
from tests.fixtures.aws import table_name

LATER = AT + timedelta(hours=2)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["fake", "dynamodb"])
def activities(request: pytest.FixtureRequest) -> ErasableActivities:
    if request.param == "fake":
        return FakeActivities()
    return DynamoActivities(table_name("activities"), request.getfixturevalue("aws"))


@pytest.fixture(params=["fake", "dynamodb"])
def edges(request: pytest.FixtureRequest) -> Edges:
    if request.param == "fake":
        return FakeEdges()
    return DynamoEdges(table_name("edges"), request.getfixturevalue("aws"))


@pytest.fixture(params=["fake", "dynamodb"])
def tickets(request: pytest.FixtureRequest) -> Tickets:
    if request.param == "fake":
        return FakeTickets()
    return DynamoTickets(table_name("tickets"), request.getfixturevalue("aws"))


@pytest.fixture(params=["fake", "dynamodb"])
def grants(request: pytest.FixtureRequest) -> Grants:
    if request.param == "fake":
        return FakeGrants()
    return DynamoGrants(table_name("tickets"), request.getfixturevalue("aws"))


class TestActivities:
    def test_come_back_as_they_were_in_the_order_appended(self, activities: ErasableActivities) -> None:
        appended = [activities.append(make_activity("post:1", number=number)) for number in range(5)]
        activities.append(make_activity("post:2"))

        assert activities.since("post:1", position_at(AT - timedelta(days=400)), 10) == appended

    def test_without_an_actor(self, activities: ErasableActivities) -> None:
        activity = make_activity("post:1")
        nobodys = type(activity)(activity.id, activity.kind, None, "post:1", {}, activity.occurred_at)

        appended = activities.append(nobodys)

        assert activities.since("post:1", "0", 1) == [appended]

    def test_since_a_position_leaves_out_that_position_and_what_is_before(self, activities: ErasableActivities) -> None:
        _, second, third = [activities.append(make_activity("post:1")) for _ in range(3)]

        assert activities.since("post:1", second.position, 10) == [third]
        assert activities.since("post:1", third.position, 10) == []

    def test_no_more_than_asked_for_and_the_oldest_of_them(self, activities: ErasableActivities) -> None:
        appended = [activities.append(make_activity("post:1")) for _ in range(4)]

        assert activities.since("post:1", "0", 3) == appended[:3]

    def test_one_activity_may_stand_twice_under_two_positions(self, activities: ErasableActivities) -> None:
        activity = make_activity("post:1")

        first, second = activities.append(activity), activities.append(activity)

        assert first.position < second.position
        assert [each.activity.id for each in activities.since("post:1", "0", 9)] == [activity.id] * 2

    def test_a_channel_is_forgotten_piece_by_piece_and_no_other(self, activities: ErasableActivities) -> None:
        for channel in ("user:1", "user:1", "user:1", "user:2"):
            activities.append(make_activity(channel))

        assert [activities.forget("user:1", 2) for _ in range(3)] == [2, 1, 0]

        assert activities.since("user:1", "0", 9) == []
        assert len(activities.since("user:2", "0", 9)) == 1


class TestEdges:
    def test_followers_and_followed_are_two_views_of_one_thing(self, edges: Edges) -> None:
        ana, bruno, carla = ids.new_id(), ids.new_id(), ids.new_id()
        edges.apply("follow", ana, bruno, active=True, version=1)
        edges.apply("follow", ana, carla, active=True, version=2)
        edges.apply("follow", bruno, carla, active=True, version=3)

        assert set(edges.followers(ana)) == set(edges.each_follower(ana)) == {bruno, carla}
        assert set(edges.followed(carla, 9)) == {ana, bruno}
        assert edges.followed(ana, 9) == []

    def test_no_more_of_the_followed_than_asked_for(self, edges: Edges) -> None:
        carla = ids.new_id()
        for number in range(6):
            edges.apply("follow", ids.new_id(), carla, active=number != 0, version=number)

        assert len(set(edges.followed(carla, 3))) == 3
        assert len(set(edges.followed(carla, 9))) == 5

    @pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (1, 3, 3)])
    def test_the_higher_version_wins_in_any_order(self, edges: Edges, order: tuple[int, ...]) -> None:
        ana, bruno = ids.new_id(), ids.new_id()
        active = {1: True, 2: False, 3: True}

        for version in order:
            edges.apply("follow", ana, bruno, active=active[version], version=version)

        assert edges.followers(ana) == [bruno]

    def test_a_late_follow_does_not_undo_an_unfollow(self, edges: Edges) -> None:
        ana, bruno = ids.new_id(), ids.new_id()
        edges.apply("follow", ana, bruno, active=False, version=2)
        edges.apply("follow", ana, bruno, active=True, version=1)

        assert edges.followers(ana) == []
        assert edges.followed(bruno, 9) == []

    def test_somebody_is_forgotten_at_both_ends_tombstones_too(self, edges: Edges) -> None:
        ana, bruno, carla = ids.new_id(), ids.new_id(), ids.new_id()
        edges.apply("follow", ana, bruno, active=True, version=1)
        edges.apply("follow", bruno, ana, active=False, version=2)
        edges.apply("follow", carla, ana, active=True, version=3)
        edges.apply("follow", carla, bruno, active=True, version=4)

        assert [edges.forget(ana, 2) for _ in range(3)] == [2, 1, 0]

        assert edges.followers(carla) == [bruno]
        assert edges.followers(ana) == edges.followed(ana, 9) == []

    def test_a_block_keeps_both_apart_until_each_has_ended_theirs(self, edges: Edges) -> None:
        ana, bruno, carla = ids.new_id(), ids.new_id(), ids.new_id()
        edges.apply("block", ana, bruno, active=True, version=1)
        edges.apply("block", bruno, ana, active=True, version=2)
        edges.apply("block", ana, bruno, active=False, version=3)

        assert edges.apart(ana, [bruno, carla]) == {bruno}
        assert edges.apart(bruno, [ana]) == {ana}
        assert edges.blocked(ana) == []
        assert edges.blocked(bruno) == [ana]

        edges.apply("block", bruno, ana, active=False, version=4)
        assert edges.apart(ana, [bruno, carla]) == set()

    def test_more_others_than_one_call_takes_are_all_looked_at(self, edges: Edges) -> None:
        ana, others = ids.new_id(), [ids.new_id() for _ in range(120)]
        edges.apply("block", others[-1], ana, active=True, version=1)

        assert edges.apart(ana, others) == {others[-1]}
        assert edges.apart(ana, []) == set()

    def test_everybody_apart_from_somebody_is_at_either_end_of_a_block(self, edges: Edges) -> None:
        ana, bruno, carla, dora, emma = (ids.new_id() for _ in range(5))
        for version, (blocker, blocked) in enumerate([(ana, bruno), (carla, ana), (ana, dora), (emma, bruno)]):
            edges.apply("block", blocker, blocked, active=blocked is not dora, version=version)

        assert edges.all_apart(ana) == {bruno, carla}
        assert edges.all_apart(dora) == set()

    def test_members_of_a_conversation(self, edges: Edges) -> None:
        conversation, ana, bruno = ids.new_id(), ids.new_id(), ids.new_id()
        edges.apply("member", conversation, ana, active=True, version=1)
        edges.apply("member", conversation, bruno, active=True, version=2)
        edges.apply("member", conversation, bruno, active=False, version=3)

        assert edges.members(conversation) == [ana]
        assert edges.conversations(ana, 9) == [conversation]
        assert edges.conversations(bruno, 9) == []

    def test_who_is_hidden(self, edges: Edges) -> None:
        ana, bruno = ids.new_id(), ids.new_id()
        edges.apply("hidden", ana, ana, active=True, version=1)

        assert edges.hidden([ana, bruno]) == {ana}

        edges.apply("hidden", ana, ana, active=False, version=2)
        assert edges.hidden([ana, bruno]) == set()

    def test_somebody_is_forgotten_in_every_relation(self, edges: Edges) -> None:
        ana, bruno, conversation = ids.new_id(), ids.new_id(), ids.new_id()
        edges.apply("block", ana, bruno, active=True, version=1)
        edges.apply("block", bruno, ana, active=True, version=2)
        edges.apply("member", conversation, ana, active=True, version=3)
        edges.apply("hidden", ana, ana, active=True, version=4)

        assert [edges.forget(ana, 9), edges.forget(ana, 9)] == [4, 0]


class TestTickets:
    def test_can_be_taken_once(self, tickets: Tickets) -> None:
        user_id = ids.new_id()
        tickets.put("hash", Ticket(user_id, LATER), AT + SECOND)

        assert tickets.take("hash", AT) == Ticket(user_id, LATER)
        assert tickets.take("hash", AT) is None

    def test_cannot_be_taken_when_expired(self, tickets: Tickets) -> None:
        tickets.put("hash", Ticket(ids.new_id(), LATER), AT.replace(microsecond=0))

        assert tickets.take("hash", AT.replace(microsecond=0)) is None

    def test_cannot_be_taken_when_never_issued(self, tickets: Tickets) -> None:
        assert tickets.take("other", AT) is None


class TestGrants:
    def test_are_found_again_and_again_until_they_expire(self, grants: Grants) -> None:
        grant = Grant(ids.new_id(), frozenset({"post:1", "conversation:2"}), {"post:1": ids.new_id()})
        grants.put("hash", grant, LATER.replace(microsecond=0))

        assert [grants.find("hash", AT), grants.find("hash", AT)] == [grant, grant]
        assert grants.find("hash", LATER.replace(microsecond=0)) is None
        assert grants.find("other", AT) is None

    def test_may_be_for_nothing(self, grants: Grants) -> None:
        grants.put("hash", Grant(ids.new_id(), frozenset()), LATER)

        found = grants.find("hash", AT)
        assert found is not None
        assert (found.channels, found.authors) == (frozenset(), {})


def test_a_grant_is_no_ticket_nor_a_ticket_a_grant(aws: settings.Region) -> None:
    """They stand in one table."""
    tickets, grants = DynamoTickets(table_name("tickets"), aws), DynamoGrants(table_name("tickets"), aws)
    grants.put("a", Grant(ids.new_id(), frozenset({"post:1"})), LATER)
    tickets.put("b", Ticket(ids.new_id(), LATER), LATER)

    assert tickets.take("a", AT) is None
    assert grants.find("b", AT) is None
