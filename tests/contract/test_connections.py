from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids, settings
from mundotango.adapters.dynamodb import connection
from mundotango.errors import NotFound
from mundotango.realtime.connections import DynamoConnections
from mundotango.realtime.model import Socket
from mundotango.realtime.ports import Connections
from tests.factories.realtime import AT, make_socket
from tests.fakes.realtime import FakeConnections
from tests.fixtures.aws import rows, table_name

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

        found = connections.ended(LATER, within=5 * MINUTE, limit=9)
        assert sorted(found, key=str) == sorted([(one, "token-expired"), (other, "ended")], key=str)
        assert len(connections.ended(LATER, within=5 * MINUTE, limit=1)) == 1
        assert connections.ended(LATER - 3 * MINUTE, within=5 * MINUTE, limit=9) == [(other, "ended")]

        for socket in (one, other):
            connections.close(socket)
        assert connections.ended(LATER, within=5 * MINUTE, limit=9) == []

    def test_are_still_found_when_their_person_opened_another(self, connections: Connections) -> None:
        ended = make_socket()
        connections.open(ended, opened_at=AT, expires_at=LATER)
        connections.open(make_socket(ended.user_id), opened_at=LATER, expires_at=LATER + MINUTE)

        assert connections.ended(LATER, within=MINUTE, limit=9) == [(ended, "ended")]


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


@pytest.mark.parametrize(
    ("operation", "asks"),
    [
        ("Query", lambda connections, socket: connections.of_channel("post:1", AT)),
        ("BatchGetItem", lambda connections, socket: connections.of_users([socket.user_id], AT)),
    ],
)
def test_who_listens_is_read_as_it_is_now(
    aws: settings.Region,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    asks: Callable[[DynamoConnections, Socket], list[Socket]],
) -> None:
    """A client that was told `subscribed` at a position never asks for what stands after it. Were the subscription not
    in what the push of the next activity reads, that activity would be lost. moto always reads so, so the call is
    looked at.
    """
    connections = DynamoConnections(table_name("connections"), aws)
    socket = make_socket()
    connections.open(socket, opened_at=AT, expires_at=LATER)
    connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=9)
    called: list[tuple[str, str]] = []
    shared = connection(aws)
    call = shared._make_api_call

    def seen(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        called.append((name, str(arguments)))
        return call(name, arguments)

    monkeypatch.setattr(shared, "_make_api_call", seen)

    assert asks(connections, socket) == [socket]
    assert [(name, "'ConsistentRead': True" in text) for name, text in called] == [(operation, True)]


def test_many_channels_are_a_few_calls(aws: settings.Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """And in no transaction, where each write costs two, but for leaving them, which is rare."""
    connections = DynamoConnections(table_name("connections"), aws)
    socket = make_socket()
    connections.open(socket, opened_at=AT, expires_at=LATER)
    written: list[str] = []
    shared = connection(aws)
    call = shared._make_api_call

    def seen(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        written.append(name)
        return call(name, arguments)

    monkeypatch.setattr(shared, "_make_api_call", seen)
    channels = [f"event:{number}" for number in range(50)]
    connections.subscribe(socket.connection_id, channels, now=AT, limit=50)
    connections.unsubscribe(socket.connection_id, channels)

    assert written == ["GetItem", "BatchWriteItem", "BatchWriteItem", "UpdateItem", "TransactWriteItems"]


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
        connections.subscribe(socket.connection_id, [f"post:{number}"], now=AT, limit=9)

    connections.close(socket)

    assert socket.connection_id not in str(rows("connections"))
