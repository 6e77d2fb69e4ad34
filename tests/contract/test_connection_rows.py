"""What the adapter of connections asks of DynamoDB, and what it leaves there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from bench.write_meter import WriteMeter
from mundotango import ids, settings
from mundotango.adapters.dynamodb import connection
from mundotango.realtime.connections import DynamoConnections
from mundotango.realtime.model import Socket
from mundotango.realtime.policy import ROW_GRACE
from tests.factories.realtime import AT, make_socket
from tests.fixtures.aws import is_known, rows, table_name

LATER = AT + timedelta(hours=2)


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
    """And in no transaction, where each write costs two."""
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

    assert written == ["GetItem", *["BatchWriteItem"] * 2, "UpdateItem", "UpdateItem", *["BatchWriteItem"] * 2]


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

    assert not is_known(expired.connection_id)
    assert connections.of_users([kept.user_id], AT) == [kept]


def test_a_closed_connection_leaves_rows_that_end_by_age_alone(aws: settings.Region) -> None:
    connections = DynamoConnections(table_name("connections"), aws)
    socket = make_socket()
    connections.open(socket, opened_at=AT, expires_at=LATER)
    connections.subscribe(socket.connection_id, ["post:1"], now=AT, limit=9)

    connections.close(socket)

    left = [row for row in rows("connections") if socket.connection_id in str(row)]
    ends = int((LATER + ROW_GRACE).timestamp())
    assert not is_known(socket.connection_id)
    assert {int(row["expires_at"]["N"]) for row in left} == {ends}


def test_of_somebody_forgotten_no_row_is_left_of_what_was_open(aws: settings.Region) -> None:
    connections, ana = DynamoConnections(table_name("connections"), aws), ids.new_id()
    for socket in (make_socket(ana), make_socket(ana)):
        connections.open(socket, opened_at=AT, expires_at=LATER)
        connections.subscribe(socket.connection_id, ["post:1", "post:2"], now=AT, limit=9)

    connections.forget(ana)

    assert str(ana) not in str(rows("connections"))


def test_a_socket_that_looks_at_a_page_of_posts_writes_sixteen_units(
    aws: settings.Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three to open it, one for each post and one for all, two to close it."""
    connections, socket = DynamoConnections(table_name("connections"), aws), make_socket()
    author, channels = ids.new_id(), [f"post:{ids.new_id()}" for _ in range(10)]
    metered = boto3.client("dynamodb", aws.name)  # a meter stays at its client, and all tests share the platform's
    monkeypatch.setattr(connection(aws), "_client", metered)
    meter = WriteMeter(metered, boto3.client("dynamodb", aws.name))

    connections.open(socket, opened_at=AT, expires_at=LATER)
    assert meter.units.total() == 3
    authors = dict.fromkeys(channels, author)
    connections.subscribe(socket.connection_id, channels, now=AT, limit=50, authors=authors)
    assert meter.units.total() == 14
    connections.close(socket)

    assert meter.units.total() == 16
