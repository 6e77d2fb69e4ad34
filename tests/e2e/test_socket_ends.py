"""What sockets are let listen to, whom they show, and how the server ends them, through the real gateway."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from devstack import ministack
from devstack.cloud import LocalCloud
from devstack.listener import Listener
from devstack.people import Person
from mundotango import settings
from mundotango.realtime.connections import DynamoConnections
from mundotango.realtime.policy import MAX_SOCKETS
from tests.fixtures.local_cloud import Listen, Newcomer

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]

SECONDS = 30.0


def test_a_post_is_listened_to_by_a_grant(newcomer: Newcomer, listen: Listen) -> None:
    author, reader = newcomer(), newcomer()
    channel = f"post:{author.post('¿Bailamos?', city='Ensayo')['id']}"
    socket = listen(reader)

    socket.send({"action": "subscribe", "channels": [channel]})
    assert socket.expect("error", SECONDS)["channel"] == channel
    grant = reader.ask("POST", "/api/realtime/grants", 201, json={"channels": [channel]})
    socket.send({"action": "subscribe", "channels": [channel, "city:ensayo"], "grant": grant["grant"]})

    assert socket.expect("subscribed", SECONDS)["channels"] == [channel, "city:ensayo"]
    assert author.react(channel.removeprefix("post:"))
    socket.expect("reaction.changed", SECONDS)


def test_who_follows_is_shown_who_is_here_unless_they_hide(newcomer: Newcomer, listen: Listen) -> None:
    author, follower = newcomer(), newcomer()
    follower.follow(author.profile["handle"])
    listen(author)

    assert _here(listen(follower)) == [author.profile["id"]]
    author.ask("PUT", "/api/users/me/presence", json={"shown": False})
    assert _here(listen(follower)) == []


def test_whoever_leaves_is_told_so_on_their_sockets(newcomer: Newcomer, listen: Listen) -> None:
    dancer = newcomer()
    socket = listen(dancer)

    dancer.ask("PUT", "/api/users/me/deletion")

    closing = socket.expect("closing", SECONDS)
    assert (closing["code"], closing["reconnect"]) == ("ended", False)


def test_one_socket_too_many_closes_the_oldest(newcomer: Newcomer, listen: Listen) -> None:
    dancer = newcomer()
    sockets = [listen(dancer) for _ in range(MAX_SOCKETS)]
    listen(dancer)

    assert sockets[0].expect("closing", SECONDS)["code"] == "replaced"


def test_a_silent_socket_is_closed_when_it_ended(
    newcomer: Newcomer, listen: Listen, local_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ministack.ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    dancer = newcomer()
    socket = listen(dancer)
    _end(local_cloud, dancer)

    functions = local_cloud.stack.aws.client("lambda")
    name = local_cloud.stack.output("EffectsFunctionName")
    answer = functions.invoke(FunctionName=f"{name}:live", Payload=json.dumps({"job": "close_sockets"}))

    assert json.load(answer["Payload"])["done"] is True
    assert socket.expect("closing", SECONDS)["code"] == "token-expired"


def _here(socket: Listener) -> list[Any]:
    socket.send({"action": "presence"})
    here: list[Any] = socket.expect("presence", SECONDS)["here"]
    return here


def _end(cloud: LocalCloud, person: Person) -> None:
    """As if the token of their one socket had ended, which is opened anew for that: what was closed stays closed."""
    region = settings.Region(cloud.stack.aws.region, cloud.stack.aws.endpoint or "")
    connections = DynamoConnections(cloud.stack.resource("ConnectionsTable"), region)
    now = datetime.now(UTC)
    (socket,) = connections.of_users([UUID(person.profile["id"])], now)
    connections.close(socket)
    key = {"pk": {"S": f"connection#{socket.connection_id}"}, "sk": {"S": "meta"}}
    cloud.stack.aws.dynamodb.delete_item(TableName=cloud.stack.resource("ConnectionsTable"), Key=key)
    opened_at, ended_at = now - timedelta(minutes=30), now - timedelta(seconds=1)
    assert connections.open(socket, opened_at=opened_at, expires_at=ended_at, code="token-expired")
