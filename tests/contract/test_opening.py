"""No two rows of a socket are written together: what comes between, and what a failure there leaves."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from mundotango import settings
from mundotango.errors import NotFound, Unavailable
from mundotango.realtime.connections import ConnectionRow, DynamoConnections
from mundotango.realtime.model import Socket
from mundotango.realtime.packing import Packed
from tests.factories.realtime import AT, make_socket
from tests.fixtures.aws import is_known, table_name

LATER = AT + timedelta(hours=2)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def connections(aws: settings.Region) -> DynamoConnections:
    return DynamoConnections(table_name("connections"), aws)


def away(*_: Any) -> bool:
    raise Unavailable("away")


def test_who_closed_before_it_joined_its_persons_others_is_seen_by_who_opens(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, join = make_socket(), connections._join

    def closed_before(packed: Packed, heard_at: datetime, limit: int) -> bool:
        assert connections.close(socket)
        return join(packed, heard_at, limit)

    monkeypatch.setattr(connections, "_join", closed_before)

    assert connections.open(socket, opened_at=AT, expires_at=LATER)

    assert not is_known(socket.connection_id)


def test_what_joined_before_it_was_marked_is_taken_out_by_who_closes(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, update = opened_by_half(connections, monkeypatch), connections._update

    def opened_before(*mark: Any) -> bool:
        monkeypatch.setattr(connections, "_update", update)
        assert connections.open(socket, opened_at=AT, expires_at=LATER)
        return update(*mark)

    monkeypatch.setattr(connections, "_update", opened_before)

    assert connections.close(socket)

    assert not is_known(socket.connection_id)


def test_who_closes_what_opened_after_it_looked_closes_it_for_good(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it was only taken from its person's row, and not marked: told again, it was open for nobody."""
    socket = make_socket()
    opens_after_the_first_look(connections, monkeypatch, socket)

    assert connections.close(socket)
    assert connections.open(socket, opened_at=AT, expires_at=LATER)

    assert not is_known(socket.connection_id)


def test_what_opened_after_it_was_looked_for_is_closed_only_if_it_opened_before_the_moment_asked_for(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = make_socket()
    opens_after_the_first_look(connections, monkeypatch, socket)

    assert not connections.close(socket, opened_before=AT)

    assert connections.of_users([socket.user_id], AT) == [socket]


def opens_after_the_first_look(connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch, socket: Socket) -> None:
    find = connections._find

    def opened_after(connection_id: str) -> ConnectionRow | None:
        known = find(connection_id)
        monkeypatch.setattr(connections, "_find", find)
        assert connections.open(socket, opened_at=AT, expires_at=LATER)
        return known

    monkeypatch.setattr(connections, "_find", opened_after)


def test_one_opened_by_half_neither_counts_nor_is_told_and_its_end_closes_it(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = opened_by_half(connections, monkeypatch)

    assert connections.of_users([socket.user_id], AT) == []
    assert connections.here([socket.user_id], AT, since=AT) == []
    assert not connections.hear(socket, AT, each=MINUTE)
    assert list(connections.ended(LATER, within=MINUTE)) == [(socket, "ended")]
    assert connections.close(socket)
    assert list(connections.ended(LATER, within=MINUTE)) == []


def test_one_closed_by_half_is_taken_out_at_the_first_refused_frame(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, other = closed_by_half(connections, monkeypatch), make_socket()
    connections.open(other, opened_at=AT, expires_at=LATER)

    assert list(connections.ended(LATER, within=MINUTE)) == [(other, "ended")]
    assert connections.close(socket, opened_before=LATER)
    assert not connections.close(socket, opened_before=LATER)

    assert connections.of_users([socket.user_id, other.user_id], AT) == [other]


def test_one_closed_by_half_is_opened_for_nobody_when_it_is_told_again(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = closed_by_half(connections, monkeypatch)

    assert connections.open(socket, opened_at=AT, expires_at=LATER)
    with pytest.raises(NotFound):
        connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=9)


def test_one_closed_by_half_keeps_nobody_out_once_it_ended(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = closed_by_half(connections, monkeypatch)
    next_one = make_socket(socket.user_id)

    assert connections.of_users([socket.user_id], LATER) == []
    assert connections.open(next_one, opened_at=LATER, expires_at=LATER + MINUTE, limit=0)

    assert not is_known(socket.connection_id)


def opened_by_half(connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch) -> Socket:
    socket = make_socket()
    with monkeypatch.context() as broken:
        broken.setattr(connections, "_join", away)
        with pytest.raises(Unavailable):
            connections.open(socket, opened_at=AT, expires_at=LATER)
    return socket


def closed_by_half(connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch) -> Socket:
    socket = make_socket()
    connections.open(socket, opened_at=AT, expires_at=LATER)
    with monkeypatch.context() as broken:
        broken.setattr(connections, "_leave", away)
        with pytest.raises(Unavailable):
            connections.close(socket)
    return socket
