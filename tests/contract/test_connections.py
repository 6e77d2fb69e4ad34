from datetime import timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.errors import NotFound
from mundotango.realtime.connections import DynamoConnections
from mundotango.realtime.model import Socket
from mundotango.realtime.ports import Connections
from tests.factories.realtime import AT, make_socket
from tests.fakes.realtime import FakeConnections
from tests.fixtures.aws import table_name

LATER = AT + timedelta(hours=2)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["fake", "dynamodb"])
def connections(request: pytest.FixtureRequest) -> Connections:
    if request.param == "fake":
        return FakeConnections()
    return DynamoConnections(table_name("connections"), request.getfixturevalue("aws"))


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

        assert connections.subscribe(one.connection_id, ["post:1"], now=AT, limit=9)
        assert connections.subscribe(one.connection_id, ["post:1"], now=AT, limit=9)
        assert connections.subscribe(other.connection_id, ["post:2"], now=AT, limit=9)

        assert connections.of_channel("post:1", AT) == [one]
        connections.unsubscribe(one.connection_id, ["post:1"])
        connections.unsubscribe(one.connection_id, ["post:1"])
        assert connections.of_channel("post:1", AT) == []

    def test_of_a_post_are_found_with_its_author(self, connections: Connections) -> None:
        author, one, other, ended = ids.new_id(), make_socket(), make_socket(), make_socket()
        for socket in (one, other):
            connections.open(socket, opened_at=AT, expires_at=LATER)
        connections.open(ended, opened_at=AT, expires_at=AT + MINUTE)
        for socket, whose in ((one, {}), (other, {"post:1": author}), (ended, {"post:2": author})):
            channels = ["post:1", "post:2", "city:lima"]
            assert connections.subscribe(socket.connection_id, channels, now=AT, limit=9, authors=whose)

        listening, whose_post = connections.of_post("post:1", AT + MINUTE)
        assert (set(listening), whose_post) == ({one, other}, author)
        assert connections.of_post("post:2", AT + MINUTE)[1] is None
        connections.unsubscribe(other.connection_id, ["post:1"])
        assert connections.of_post("post:1", AT + MINUTE) == ([one], None)

    def test_listen_to_so_many_channels_and_no_more(self, connections: Connections) -> None:
        socket = make_socket()
        connections.open(socket, opened_at=AT, expires_at=LATER)
        assert connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=2)
        assert connections.subscribe(socket.connection_id, ["post:2"], now=AT, limit=2)

        assert not connections.subscribe(socket.connection_id, ["post:3"], now=AT, limit=2)
        assert connections.subscribe(socket.connection_id, ["post:2"], now=AT, limit=2)
        connections.unsubscribe(socket.connection_id, ["post:1"])
        assert connections.subscribe(socket.connection_id, ["post:3"], now=AT, limit=2)

        assert connections.of_channel("post:3", AT) == [socket]

    def test_closing_removes_this_connection_and_no_other(self, connections: Connections) -> None:
        ana = ids.new_id()
        closed, kept = make_socket(ana), make_socket(ana)
        for socket in (closed, kept):
            connections.open(socket, opened_at=AT, expires_at=LATER)
            connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=9)

        assert connections.close(closed)
        assert not connections.close(closed)

        assert connections.of_users([ana], AT) == [kept]
        assert set(connections.of_channel("post:1", AT)) == {closed, kept}
        connections.unlisten("post:1", [closed.connection_id])
        connections.unlisten("post:1", [closed.connection_id])
        assert connections.of_channel("post:1", AT) == [kept]

    def test_closing_what_the_gateway_may_not_have_closed_leaves_it_nothing_to_hear(
        self, connections: Connections
    ) -> None:
        closed, kept = make_socket(), make_socket()
        for socket in (closed, kept):
            connections.open(socket, opened_at=AT, expires_at=LATER)
            connections.subscribe(socket.connection_id, ["post:1", "city:lima"], now=AT, limit=9)

        assert connections.close(closed, open_still=True)

        assert connections.of_channel("post:1", AT) == connections.of_channel("city:lima", AT) == [kept]

    def test_what_a_closed_one_left_in_a_channel_is_told_of_no_longer_than_until_its_end(
        self, connections: Connections
    ) -> None:
        closed, author = make_socket(), ids.new_id()
        connections.open(closed, opened_at=AT, expires_at=LATER)
        connections.subscribe(closed.connection_id, ["post:1"], now=AT, limit=9, authors={"post:1": author})
        connections.close(closed)

        assert connections.of_post("post:1", LATER - SECOND) == ([closed], author)
        assert connections.of_post("post:1", LATER) == ([], None)

    def test_an_opening_told_again_is_one_and_opens_nothing_that_was_closed(self, connections: Connections) -> None:
        socket = make_socket()
        for after in (AT, AT + SECOND):
            assert connections.open(socket, opened_at=after, expires_at=LATER, limit=0)
        assert connections.beyond(socket.user_id, 0, AT) == [socket]

        assert connections.close(socket)
        assert connections.open(socket, opened_at=AT + SECOND, expires_at=LATER)

        assert connections.of_users([socket.user_id], AT) == []
        with pytest.raises(NotFound):
            connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=9)
        assert not connections.may(socket.connection_id, "typing", AT, each=SECOND)

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
            connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=5)

        assert connections.forget(ana) > 0
        assert connections.forget(ana) == 0

        assert connections.of_users([ana], AT) == []
        assert connections.of_channel("post:1", AT) == [others]

    def test_a_closed_connection_cannot_subscribe(self, connections: Connections) -> None:
        socket = make_socket()
        with pytest.raises(NotFound):
            connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=9)
        connections.unsubscribe(socket.connection_id, ["post:1"])

        assert connections.of_channel("post:1", AT) == []

    def test_expired_rows_are_as_good_as_gone(self, connections: Connections) -> None:
        socket = make_socket()
        connections.open(socket, opened_at=AT, expires_at=LATER)
        connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=9)
        then = LATER + SECOND

        assert connections.of_users([socket.user_id], then) == []
        assert connections.of_channel("post:1", then) == []
        with pytest.raises(NotFound):
            connections.subscribe(socket.connection_id, ["post:2"], now=then, limit=9)

    def test_one_that_was_never_told_to_be_over_ends_by_itself_though_the_person_opens_others(
        self, connections: Connections
    ) -> None:
        lost = make_socket()
        connections.open(lost, opened_at=AT, expires_at=LATER)
        next_one = make_socket(lost.user_id)
        connections.open(next_one, opened_at=LATER - SECOND, expires_at=LATER + timedelta(hours=2))

        assert set(connections.of_users([lost.user_id], LATER - SECOND)) == {lost, next_one}
        assert connections.of_users([lost.user_id], LATER + SECOND) == [next_one]


class TestOnesTooMany:
    def test_are_the_oldest(self, connections: Connections) -> None:
        sockets = open_one_by_one(connections, ids.new_id(), 4)

        assert connections.beyond(sockets[0].user_id, 2, AT) == sockets[:2]
        assert connections.beyond(sockets[0].user_id, 4, AT) == []
        assert connections.beyond(ids.new_id(), 0, AT) == []

    def test_without_those_that_ended(self, connections: Connections) -> None:
        sockets = open_one_by_one(connections, ids.new_id(), 3)

        assert connections.beyond(sockets[0].user_id, 1, LATER) == []

    def test_are_not_opened_when_there_is_one_already(self, connections: Connections) -> None:
        sockets = open_one_by_one(connections, ids.new_id(), 3)
        refused = make_socket(sockets[0].user_id)

        assert not connections.open(refused, opened_at=AT + MINUTE, expires_at=LATER, limit=2)
        assert set(connections.of_users([refused.user_id], AT)) == set(sockets)

        connections.close(sockets[0])
        assert connections.open(refused, opened_at=AT + MINUTE, expires_at=LATER, limit=2)

    def test_are_counted_without_those_that_ended(self, connections: Connections) -> None:
        user_id = ids.new_id()
        open_one_by_one(connections, user_id, 3)

        assert connections.open(make_socket(user_id), opened_at=LATER, expires_at=LATER + MINUTE, limit=2)


class TestOnesThatEnded:
    def test_are_found_with_the_reason_and_no_longer_once_closed(self, connections: Connections) -> None:
        one, other, later = make_socket(), make_socket(), make_socket()
        connections.open(one, opened_at=AT, expires_at=LATER, code="token-expired")
        connections.open(other, opened_at=AT, expires_at=LATER - 3 * MINUTE, code="ended")
        connections.open(later, opened_at=AT, expires_at=LATER + SECOND, code="ended")

        found = list(connections.ended(LATER, within=5 * MINUTE))
        assert sorted(found, key=str) == sorted([(one, "token-expired"), (other, "ended")], key=str)
        assert list(connections.ended(LATER - 3 * MINUTE, within=5 * MINUTE)) == [(other, "ended")]
        assert list(connections.ended(LATER, within=MINUTE)) == [(one, "token-expired")]

        for socket in (one, other):
            connections.close(socket)
        assert list(connections.ended(LATER, within=5 * MINUTE)) == []

    def test_are_still_found_when_their_person_opened_another(self, connections: Connections) -> None:
        ended = make_socket()
        connections.open(ended, opened_at=AT, expires_at=LATER)
        connections.open(make_socket(ended.user_id), opened_at=LATER, expires_at=LATER + MINUTE)

        assert list(connections.ended(LATER, within=MINUTE)) == [(ended, "ended")]

    def test_are_looked_for_from_a_minute_before_all_were_closed(self, connections: Connections) -> None:
        before, after = make_socket(), make_socket()
        connections.open(before, opened_at=AT, expires_at=LATER - 3 * MINUTE)
        connections.open(after, opened_at=AT, expires_at=LATER - MINUTE)
        connections.ended_until(LATER)
        connections.ended_until(LATER)

        assert list(connections.ended(LATER + SECOND, within=9 * MINUTE)) == [(after, "ended")]


class TestPresence:
    def test_is_of_those_who_opened_a_socket_or_were_heard_since_and_have_one_open(
        self, connections: Connections
    ) -> None:
        opened, heard, silent, gone = (make_socket() for _ in range(4))
        for socket in (heard, silent, gone):
            connections.open(socket, opened_at=AT, expires_at=LATER)
        now = AT + 10 * MINUTE
        connections.open(opened, opened_at=now, expires_at=LATER)
        for socket in (heard, gone):
            connections.hear(socket, now, each=MINUTE)
        connections.close(gone)
        connections.hear(make_socket(), now, each=MINUTE)
        asked = [each.user_id for each in (opened, heard, silent, gone)]

        assert set(connections.here([*asked, ids.new_id()], now, since=now)) == {opened.user_id, heard.user_id}
        assert connections.here(asked, LATER, since=AT) == []

    def test_is_not_written_more_often_than_that(self, connections: Connections) -> None:
        socket = make_socket()
        connections.open(socket, opened_at=AT, expires_at=LATER)

        connections.hear(socket, AT + MINUTE - SECOND, each=MINUTE)
        assert connections.here([socket.user_id], AT + MINUTE, since=AT + SECOND) == []
        connections.hear(socket, AT + MINUTE, each=MINUTE)
        assert connections.here([socket.user_id], AT + MINUTE, since=AT + SECOND) == [socket.user_id]

    def test_tells_whether_the_socket_is_known(self, connections: Connections) -> None:
        one, other = make_socket(), make_socket()
        for socket in (one, other, sibling := make_socket(one.user_id)):
            connections.open(socket, opened_at=AT, expires_at=LATER)
        connections.close(one)
        connections.close(other)

        heard = [connections.hear(socket, AT + MINUTE, each=MINUTE) for socket in (one, other, sibling)]

        assert heard == [False, False, True]


class TestPaced:
    def test_is_let_through_once_in_a_while(self, connections: Connections) -> None:
        one, other = make_socket(), make_socket()
        for socket in (one, other):
            connections.open(socket, opened_at=AT, expires_at=LATER)

        asked = [
            connections.may(one.connection_id, "typing", AT + after * SECOND, each=3 * SECOND)
            for after in (0, 1, 2, 3, 4)
        ]

        assert asked == [True, False, False, True, False]
        assert connections.may(other.connection_id, "typing", AT, each=3 * SECOND)
        assert connections.may(one.connection_id, "presence", AT, each=3 * SECOND)
        assert connections.may(one.connection_id, "resume", AT, each=3 * SECOND)

    def test_is_not_where_the_connection_is_closed(self, connections: Connections) -> None:
        assert not connections.may("none", "typing", AT, each=SECOND)


def open_one_by_one(connections: Connections, user_id: UUID, count: int) -> list[Socket]:
    sockets = [make_socket(user_id) for _ in range(count)]
    for number, socket in enumerate(sockets):
        assert connections.open(socket, opened_at=AT + number * SECOND, expires_at=LATER, limit=9)
    return sockets
