"""The rows of channels are written before their connection's own: what may come in between."""

from datetime import timedelta
from typing import Any

import pytest

from mundotango import settings
from mundotango.errors import NotFound
from mundotango.realtime.connections import DynamoConnections
from tests.factories.realtime import AT, make_socket
from tests.fixtures.aws import is_known, listening, table_name

LATER = AT + timedelta(hours=2)


def test_who_closes_while_they_subscribe_leaves_no_row(aws: settings.Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of channels are there first: closed then, the connection has none of them to remove."""
    connections = DynamoConnections(table_name("connections"), aws)
    socket = make_socket()
    connections.open(socket, opened_at=AT, expires_at=LATER)
    update = connections._update

    def closed_before(*arguments: Any) -> bool:
        monkeypatch.setattr(connections, "_update", update)
        assert connections.close(socket)
        return update(*arguments)

    monkeypatch.setattr(connections, "_update", closed_before)

    with pytest.raises(NotFound):
        connections.subscribe(socket.connection_id, ["post:1", "post:2"], now=AT, limit=9)

    assert not is_known(socket.connection_id)
    assert listening(socket.connection_id) == set()


def test_two_that_subscribe_one_socket_at_once_listen_to_both(
    aws: settings.Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = DynamoConnections(table_name("connections"), aws)
    socket = make_socket()
    connections.open(socket, opened_at=AT, expires_at=LATER)
    update = connections._update

    def meanwhile(*arguments: Any) -> bool:
        monkeypatch.setattr(connections, "_update", update)
        assert connections.subscribe(socket.connection_id, ["post:2"], now=AT, limit=9)
        return update(*arguments)

    monkeypatch.setattr(connections, "_update", meanwhile)
    assert connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=9)

    assert connections.of_channel("post:1", AT) == connections.of_channel("post:2", AT) == [socket]
    connections.close(socket, open_still=True)
    assert listening(socket.connection_id) == set()
