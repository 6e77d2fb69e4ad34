"""What push gave up, read from the stream by the numbers of its dead letter and handed to push again."""

import io
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from functions.push import handler as push
from mundotango.realtime.model import user_channel
from operations import cli, queues, redrive
from operations.deployed import Deployed
from operations.refusal import Refusal
from tests.factories.realtime import make_activity
from tests.fixtures.sockets import Sockets

STACK = "mundo-tango"
PUSH = "arn:aws:lambda:us-east-1:123456789012:function:push:live"


@pytest.fixture
def deployed(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """Its Lambda calls push here; its streams and queues are those of moto."""
    monkeypatch.setattr(redrive, "WAIT_SECONDS", 0)  # moto has one server, and would wait
    session = boto3.Session(region_name="us-east-1")
    template = {"Resources": {"StreamDeadLetters": {"Type": "AWS::SQS::Queue"}}}
    session.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    deployed = Deployed(session, STACK)

    def invoke(**asked: str) -> dict[str, Any]:
        assert asked["FunctionName"] == PUSH
        return {"Payload": io.BytesIO(json.dumps(push.lambda_handler(json.loads(asked["Payload"]), None)).encode())}

    monkeypatch.setattr(deployed.functions, "invoke", invoke)
    return deployed


def give_up(deployed: Deployed, sockets: Sockets, first: int, last: int) -> None:
    """As Lambda does, of the activities with these places in their stream."""
    streams = deployed.streams.list_streams()["Streams"]
    [arn] = [one["StreamArn"] for one in streams if "activities" in one["TableName"]]
    numbers = [each["dynamodb"]["SequenceNumber"] for each in sockets.stream("activities")]
    [shard] = deployed.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    letter = {
        "requestContext": {"functionArn": PUSH, "condition": "RetryAttemptsExhausted"},
        "DDBStreamBatchInfo": {
            "shardId": shard["ShardId"],
            "startSequenceNumber": numbers[first],
            "endSequenceNumber": numbers[last],
            "batchSize": last - first + 1,
            "streamArn": arn,
        },
    }
    deployed.sqs.send_message(QueueUrl=deployed.physical_id("StreamDeadLetters"), MessageBody=json.dumps(letter))


def left(deployed: Deployed) -> redrive.Depth:
    return redrive.depth(deployed, "StreamDeadLetters")


def append(sockets: Sockets, count: int) -> tuple[Any, list[str]]:
    """A socket, and the positions of what was appended to its channel."""
    socket = sockets.connect()
    channel = user_channel(socket.user_id)
    made = [make_activity(channel, version=number) for number in range(count)]
    return socket, [sockets.platform.activities.append(each).position for each in made]


def test_all_of_the_batch_that_was_given_up_is_delivered_and_nothing_else(deployed: Deployed, sockets: Sockets) -> None:
    socket, positions = append(sockets, 5)
    give_up(deployed, sockets, 1, 3)

    assert redrive.hand_again(deployed, None, lambda _: None) == (1, 0)

    assert [each["position"] for each in sockets.received(socket)] == positions[1:4]
    assert left(deployed) == redrive.Depth(0, 0)


def test_what_fails_again_stays(deployed: Deployed, sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    append(sockets, 1)
    give_up(deployed, sockets, 0, 0)
    monkeypatch.setattr(
        push, "lambda_handler", lambda *_: {"batchItemFailures": [{"itemIdentifier": "the number of the first"}]}
    )

    with pytest.raises(Refusal, match="push:live failed again"):
        redrive.hand_again(deployed, None, lambda _: None)

    assert left(deployed) == redrive.Depth(0, 1)


def test_of_what_the_stream_has_no_longer_the_letter_stays_and_the_operator_is_told(
    deployed: Deployed, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(sockets, 1)
    give_up(deployed, sockets, 0, 0)
    monkeypatch.setattr(redrive, "HIDDEN_SECONDS_OF_STREAMS", 0)  # as if the loop took longer than that
    monkeypatch.setattr(queues, "find", lambda *_: deployed)

    def swept(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "TrimmedDataAccessException", "Message": "older"}}, "GetShardIterator")

    monkeypatch.setattr(deployed.streams, "get_shard_iterator", swept)
    said = CliRunner().invoke(cli.app, ["queues", "redrive", "streams"]).output

    assert "0 worked off" in said
    assert "1 left: older than a day" in said
    assert left(deployed) == redrive.Depth(1, 0)
