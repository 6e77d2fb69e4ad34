from datetime import timedelta
from typing import Any

import pytest

from mundotango import ids, settings
from mundotango.errors import NotFound
from mundotango.realtime.connections import DynamoConnections
from mundotango.realtime.edges import DynamoEdges
from mundotango.realtime.policy import position_at
from mundotango.realtime.ports import Connections, Edges, ErasableActivities, Tickets
from mundotango.realtime.repository import DynamoActivities, DynamoTickets
from tests.factories.realtime import AT, make_activity, make_socket
from tests.fakes.realtime import FakeActivities, FakeConnections, FakeEdges, FakeTickets
from tests.fixtures.aws import rows, table_name

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
def connections(request: pytest.FixtureRequest) -> Connections:
    if request.param == "fake":
        return FakeConnections()
    return DynamoConnections(table_name("connections"), request.getfixturevalue("aws"))


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
        tickets.put("hash", user_id, AT + SECOND)

        assert tickets.take("hash", AT) == user_id
        assert tickets.take("hash", AT) is None

    def test_cannot_be_taken_when_expired(self, tickets: Tickets) -> None:
        tickets.put("hash", ids.new_id(), AT.replace(microsecond=0))

        assert tickets.take("hash", AT.replace(microsecond=0)) is None

    def test_cannot_be_taken_when_never_issued(self, tickets: Tickets) -> None:
        assert tickets.take("other", AT) is None


class TestConnections:
    def test_are_found_by_person(self, connections: Connections) -> None:
        ana, bruno = ids.new_id(), ids.new_id()
        phone, laptop, brunos = make_socket(ana), make_socket(ana), make_socket(bruno)
        for socket in (phone, laptop, brunos):
            connections.open(socket, opened_at=AT, expires_at=LATER)

        assert set(connections.of_users([ana, ids.new_id()], AT)) == {phone, laptop}
        assert set(connections.of_users([ana, bruno], AT)) == {phone, laptop, brunos}
        assert connections.of_users([], AT) == []

    def test_of_more_people_than_one_call_holds(self, connections: Connections) -> None:
        sockets = [make_socket() for _ in range(5)]
        for socket in sockets:
            connections.open(socket, opened_at=AT, expires_at=LATER)
        others = [ids.new_id() for _ in range(205)]

        found = connections.of_users([*others, *(socket.user_id for socket in sockets)], AT)

        assert set(found) == set(sockets)
        assert len(found) == len(sockets)

    def test_are_found_by_channel_once_subscribed(self, connections: Connections) -> None:
        one, other = make_socket(), make_socket()
        for socket in (one, other):
            connections.open(socket, opened_at=AT, expires_at=LATER)

        assert connections.subscribe(one.connection_id, "post:1", now=AT, limit=9)
        assert connections.subscribe(one.connection_id, "post:1", now=AT, limit=9)
        assert connections.subscribe(other.connection_id, "post:2", now=AT, limit=9)

        assert connections.of_channel("post:1", AT) == [one]
        connections.unsubscribe(one.connection_id, "post:1")
        connections.unsubscribe(one.connection_id, "post:1")
        assert connections.of_channel("post:1", AT) == []

    def test_listen_to_so_many_channels_and_no_more(self, connections: Connections) -> None:
        socket = make_socket()
        connections.open(socket, opened_at=AT, expires_at=LATER)
        assert connections.subscribe(socket.connection_id, "post:1", now=AT, limit=2)
        assert connections.subscribe(socket.connection_id, "post:2", now=AT, limit=2)

        assert not connections.subscribe(socket.connection_id, "post:3", now=AT, limit=2)
        assert connections.subscribe(socket.connection_id, "post:2", now=AT, limit=2)
        connections.unsubscribe(socket.connection_id, "post:1")
        assert connections.subscribe(socket.connection_id, "post:3", now=AT, limit=2)

        assert connections.of_channel("post:3", AT) == [socket]

    def test_closing_removes_this_connection_and_no_other(self, connections: Connections) -> None:
        ana = ids.new_id()
        closed, kept = make_socket(ana), make_socket(ana)
        for socket in (closed, kept):
            connections.open(socket, opened_at=AT, expires_at=LATER)
            connections.subscribe(socket.connection_id, "post:1", now=AT, limit=9)

        assert connections.close(closed)
        assert not connections.close(closed)

        assert connections.of_users([ana], AT) == [kept]
        assert connections.of_channel("post:1", AT) == [kept]

    def test_closing_only_what_was_opened_before(self, connections: Connections) -> None:
        socket = make_socket()
        connections.open(socket, opened_at=AT, expires_at=LATER)

        assert not connections.close(socket, opened_before=AT)
        assert connections.of_users([socket.user_id], AT) == [socket]
        assert connections.close(socket, opened_before=AT + SECOND)

    def test_somebodys_are_forgotten_with_what_they_listen_to(self, connections: Connections) -> None:
        ana = ids.new_id()
        theirs, others = [make_socket(ana), make_socket(ana)], make_socket()
        for socket in (*theirs, others):
            connections.open(socket, opened_at=AT, expires_at=LATER)
            connections.subscribe(socket.connection_id, "post:1", now=AT, limit=5)

        assert connections.forget(ana) > 0
        assert connections.forget(ana) == 0

        assert connections.of_users([ana], AT) == []
        assert connections.of_channel("post:1", AT) == [others]

    def test_a_closed_connection_cannot_subscribe(self, connections: Connections) -> None:
        socket = make_socket()
        with pytest.raises(NotFound):
            connections.subscribe(socket.connection_id, "post:1", now=AT, limit=9)
        connections.unsubscribe(socket.connection_id, "post:1")

        assert connections.of_channel("post:1", AT) == []

    def test_expired_rows_are_as_good_as_gone(self, connections: Connections) -> None:
        socket = make_socket()
        connections.open(socket, opened_at=AT, expires_at=LATER)
        connections.subscribe(socket.connection_id, "post:1", now=AT, limit=9)
        then = LATER + SECOND

        assert connections.of_users([socket.user_id], then) == []
        assert connections.of_channel("post:1", then) == []
        with pytest.raises(NotFound):
            connections.subscribe(socket.connection_id, "post:2", now=then, limit=9)

    def test_one_that_was_never_told_to_be_over_ends_by_itself_though_the_person_opens_others(
        self, connections: Connections
    ) -> None:
        lost = make_socket()
        connections.open(lost, opened_at=AT, expires_at=LATER)
        next_one = make_socket(lost.user_id)
        connections.open(next_one, opened_at=LATER - SECOND, expires_at=LATER + timedelta(hours=2))

        assert set(connections.of_users([lost.user_id], LATER - SECOND)) == {lost, next_one}
        assert connections.of_users([lost.user_id], LATER + SECOND) == [next_one]


def sockets_rows() -> list[dict[str, Any]]:
    return [row for row in rows("connections") if row["sk"]["S"] == "sockets"]


def test_a_persons_row_does_not_gather_the_sockets_that_ended(aws: settings.Region) -> None:
    connections, user_id = DynamoConnections(table_name("connections"), aws), ids.new_id()
    for number in range(3):
        opened_at = AT + number * timedelta(hours=3)
        connections.open(make_socket(user_id), opened_at=opened_at, expires_at=opened_at + timedelta(hours=2))

    [row] = sockets_rows()
    assert len(row["sockets"]["SS"]) == 1


def test_a_connection_whose_own_row_expired_is_taken_from_its_persons(aws: settings.Region) -> None:
    connections = DynamoConnections(table_name("connections"), aws)
    expired = make_socket()
    kept = make_socket(expired.user_id)
    for socket in (expired, kept):
        connections.open(socket, opened_at=AT, expires_at=LATER)
    connections._row(f"connection#{expired.connection_id}", "meta").delete()

    assert connections.close(expired)
    assert not connections.close(expired)

    assert expired.connection_id not in str(rows("connections"))
    assert connections.of_users([kept.user_id], AT) == [kept]


def test_a_closed_connection_leaves_no_row_that_names_it(aws: settings.Region) -> None:
    connections = DynamoConnections(table_name("connections"), aws)
    socket = make_socket()
    connections.open(socket, opened_at=AT, expires_at=LATER)
    for number in range(5):
        connections.subscribe(socket.connection_id, f"post:{number}", now=AT, limit=9)

    connections.close(socket)

    assert socket.connection_id not in str(rows("connections"))
