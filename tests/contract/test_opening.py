"""No two rows of a socket are written together: what comes between, and what a failure there leaves."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from mundotango import settings
from mundotango.errors import Unavailable
from mundotango.realtime.connections import DynamoConnections
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


def test_who_joined_before_it_was_marked_is_seen_by_who_closes(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, leave = opened_by_half(connections, monkeypatch), connections._leave

    def joined_after(gone: Sequence[Packed]) -> bool:
        monkeypatch.setattr(connections, "_leave", leave)
        there = leave(gone)
        assert connections.open(socket, opened_at=AT, expires_at=LATER)
        return there

    monkeypatch.setattr(connections, "_leave", joined_after)

    assert connections.close(socket)

    assert not is_known(socket.connection_id)


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


def test_one_closed_by_half_is_told_nothing_and_its_end_closes_it(
    connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, other = make_socket(), make_socket()
    for each in (socket, other):
        connections.open(each, opened_at=AT, expires_at=LATER)
    update = connections._update

    def only_the_first(*arguments: Any) -> bool:
        monkeypatch.setattr(connections, "_update", away)
        return update(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(connections, "_update", only_the_first)
        with pytest.raises(Unavailable):
            connections.close(socket)
    monkeypatch.setattr(connections, "_update", update)

    assert connections.of_users([socket.user_id, other.user_id], AT) == [other]
    assert {each for each, _ in connections.ended(LATER, within=MINUTE)} == {socket, other}
    assert connections.close(socket)
    assert not connections.close(socket)
    assert [each for each, _ in connections.ended(LATER, within=MINUTE)] == [other]


def opened_by_half(connections: DynamoConnections, monkeypatch: pytest.MonkeyPatch) -> Socket:
    socket = make_socket()
    with monkeypatch.context() as broken:
        broken.setattr(connections, "_join", away)
        with pytest.raises(Unavailable):
            connections.open(socket, opened_at=AT, expires_at=LATER)
    return socket
