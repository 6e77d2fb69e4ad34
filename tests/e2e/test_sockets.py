"""Sockets through the real gateway: what they are told, what they may say, and which one is cleared away."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from devstack.cloud import LocalCloud
from devstack.people import Person
from mundotango.ids import new_id
from mundotango.realtime.packing import Packed
from tests.fixtures.local_cloud import Listen, Newcomer

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]

SECONDS = 30.0


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        pytest.param("not json {", "bad-json", id="no JSON"),
        pytest.param("[]", "bad-json", id="no object"),
        pytest.param({"action": "dance", "ref": "7"}, "unknown-action", id="no known action"),
        pytest.param({"action": "subscribe", "channels": ["post:1"]}, "bad-channel", id="no channel"),
        pytest.param({"action": "subscribe", "channels": [f"user:{new_id()}"]}, "not-allowed", id="another person's"),
    ],
)
def test_a_bad_frame_is_answered_and_the_socket_stays_open(
    frame: str | dict[str, Any], code: str, newcomer: Newcomer, listen: Listen
) -> None:
    socket = listen(newcomer())
    socket.send(frame)
    assert socket.expect("error", SECONDS)["code"] == code
    socket.send({"action": "ping"})
    socket.expect("pong", SECONDS)


def test_only_followers_hear_of_a_post(newcomer: Newcomer, listen: Listen) -> None:
    author, follower, stranger = newcomer(), newcomer(), newcomer()
    follower.follow(author.profile["handle"])
    hears, hears_not = listen(follower), listen(stranger)
    post = author.post("¿Bailamos?", city="Ensayo")
    assert hears.expect("post.created", SECONDS)["data"]["id"] == post["id"]
    with pytest.raises(TimeoutError):
        hears_not.expect("post.created", 1)


def test_who_no_longer_follows_hears_no_more(newcomer: Newcomer, listen: Listen) -> None:
    author, follower = newcomer(), newcomer()
    follower.follow(author.profile["handle"])
    socket = listen(follower)
    author.post("Uno", city="Ensayo")
    socket.expect("post.created", SECONDS)
    follower.ask("DELETE", f"/api/users/{author.profile['handle']}/follow", 204)
    author.post("Dos", city="Ensayo")
    with pytest.raises(TimeoutError):
        socket.expect("post.created", 1)


def test_a_gone_connection_is_cleared_away_and_the_others_stay(
    newcomer: Newcomer, listen: Listen, local_cloud: LocalCloud
) -> None:
    """The well-known sample deletes the sender's connection. Here sender and receiver both have an open one, and the
    receiver a second whose $disconnect never came."""
    author, follower = newcomer(), newcomer()
    follower.follow(author.profile["handle"])
    of_author, of_follower = listen(author), listen(follower)
    stale = _plant_stale_connection(local_cloud, follower)

    author.post("¿Quién está?", city="Ensayo")
    of_follower.expect("post.created", SECONDS)
    _await_gone(local_cloud, stale)
    for socket in (of_author, of_follower):
        socket.send({"action": "ping"})
        socket.expect("pong", SECONDS)
    author.post("Seguimos.", city="Ensayo")
    of_follower.expect("post.created", SECONDS)


def test_a_message_that_cannot_be_read_ends_in_the_dead_letters_alone(
    newcomer: Newcomer, listen: Listen, local_cloud: LocalCloud
) -> None:
    sqs, output = local_cloud.stack.aws.sqs, local_cloud.stack.output
    queue, dead_letters = output("ChunkQueueUrl"), output("ChunkDeadLettersUrl")
    author, follower = newcomer(), newcomer()
    follower.follow(author.profile["handle"])
    socket = listen(follower)
    hidden = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})  # six minutes are long here
    for body in ("{}", json.dumps({"v": 1, "frame": "{}", "sockets": {}})):
        name = str(new_id())
        sqs.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId="poisoned", MessageDeduplicationId=name)

    author.post("¿Y los demás?", city="Ensayo")
    socket.expect("post.created", SECONDS)

    _await_empty(local_cloud, queue)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": hidden["VisibilityTimeout"]})
    letters = sqs.receive_message(QueueUrl=dead_letters, MaxNumberOfMessages=10)["Messages"]
    assert [letter["Body"] for letter in letters] == ["{}"]
    sqs.purge_queue(QueueUrl=dead_letters)


def _await_empty(cloud: LocalCloud, queue: str) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        told = cloud.stack.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        if {told["ApproximateNumberOfMessages"], told["ApproximateNumberOfMessagesNotVisible"]} == {"0"}:
            return
        assert time.monotonic() < deadline, "the queue is not worked off"
        time.sleep(0.1)


def _plant_stale_connection(cloud: LocalCloud, person: Person) -> str:
    """The rows of the person's socket once more, as one that was opened an hour ago and that the gateway has lost."""
    dynamodb, table, user_id = cloud.stack.aws.dynamodb, cloud.stack.resource("ConnectionsTable"), person.profile["id"]
    (live,) = [row for row in _rows(cloud) if row["sk"]["S"] == "meta" and row["user_id"]["S"] == user_id]
    (sockets,) = [row for row in _rows(cloud) if row["pk"]["S"] == f"user#{user_id}"]
    known, stale = Packed.of(UUID(user_id), sockets["sockets"]["SS"][0]), f"stale-{new_id()}"
    lost = replace(
        known, socket=replace(known.socket, connection_id=stale), opened_at=known.opened_at - timedelta(hours=1)
    )
    opened_at = f"{lost.opened_at:%Y-%m-%dT%H:%M:%S.%f+0000}"
    dynamodb.put_item(TableName=table, Item={**live, "pk": {"S": f"connection#{stale}"}, "opened_at": {"S": opened_at}})
    dynamodb.update_item(
        TableName=table,
        Key={"pk": sockets["pk"], "sk": sockets["sk"]},
        UpdateExpression="ADD sockets :stale",
        ExpressionAttributeValues={":stale": {"SS": [str(lost)]}},
    )
    return stale


def _rows(cloud: LocalCloud) -> list[dict[str, Any]]:
    pages = cloud.stack.aws.dynamodb.get_paginator("scan").paginate(TableName=cloud.stack.resource("ConnectionsTable"))
    return [dict(row) for page in pages for row in page["Items"]]


def _knows(cloud: LocalCloud, connection_id: str) -> bool:
    """But for the row that says that it was closed, and ends by age."""
    return connection_id in repr([row for row in _rows(cloud) if "closed" not in row])


def _await_gone(cloud: LocalCloud, connection_id: str) -> None:
    deadline = time.monotonic() + SECONDS
    while _knows(cloud, connection_id):
        assert time.monotonic() < deadline, "the stale connection still has rows"
        time.sleep(0.1)
