"""Dead letters are shown for what they are about, and stay where they are."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from operations import cli, letters, queues, redrive
from operations.deployed import Deployed
from operations.letters import Letter
from operations.redrive import QUEUES

PAYLOADS = Path(__file__).parents[2] / "payloads"
STACK = "mundo-tango"
TABLE = "mundo-tango-activities"
USER = "0194a7d0-2f00-7c3a-9d1e-5b6f7a8c9d0e"


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(redrive, "WAIT_SECONDS", 0)  # moto has one server, and would wait
    made = {queue.dead_letters: {"Type": "AWS::SQS::Queue"} for queue in QUEUES}
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        session.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps({"Resources": made}))
        found = Deployed(session, STACK)
        monkeypatch.setattr(queues, "find", lambda *_: found)
        yield found


def recorded(name: str) -> str:
    body = json.loads((PAYLOADS / name).read_text())["Records"][0]["body"]
    assert isinstance(body, str)
    return body


def give_up(deployed: Deployed, name: str, body: str, **attributes: Any) -> None:
    queue = next(one.dead_letters for one in QUEUES if one.name == name)
    deployed.sqs.send_message(QueueUrl=deployed.physical_id(queue), MessageBody=body, **attributes)


def shown(deployed: Deployed, name: str) -> Letter:
    (letter,) = letters.read(deployed, name, 10)
    return letter


@pytest.mark.parametrize(
    ("name", "body", "log", "about"),
    [
        (
            "media",
            recorded("s3_in_sqs.json"),
            "/mundo-tango/image-worker",
            {"media_id": "01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f"},
        ),
        (
            "chunks",
            recorded("chunk_in_sqs.json"),
            "/mundo-tango/push",
            {
                "frame": "post.removed",
                "id": "0194a7d0-2f00-7c3a-9d1e-5b6f7a8c9d11",
                "channel": "home",
                "sockets": 1,
            },
        ),
        ("mails", f"send_mail#{USER}", "/mundo-tango/effects", {"kind": "send_mail", "about": USER}),
        (
            "webpushes",
            f"web_push#{USER}#follow",
            "/mundo-tango/effects",
            {"kind": "web_push", "about": f"{USER}#follow"},
        ),
        ("schedules", '{"job": "close_sockets"}', "/mundo-tango/effects", {"job": "close_sockets"}),
        ("schedules", '{"requestPayload": {"awslogs": {"data": "H4sI"}}}', "/mundo-tango/effects", {"job": "traces"}),
        (
            "schedules",
            json.dumps(
                {
                    "requestContext": {"condition": "RetriesExhausted"},
                    "requestPayload": {"job": "recount"},
                    "responsePayload": {"errorType": "JobFailed", "errorMessage": "malena@example.org"},
                }
            ),
            "/mundo-tango/jobs",
            {"job": "recount", "condition": "RetriesExhausted", "error": "JobFailed"},
        ),
    ],
)
def test_a_letter_says_what_it_is_about_and_whose_log_says_why(
    deployed: Deployed, name: str, body: str, log: str, about: dict[str, Any]
) -> None:
    give_up(deployed, name, body)

    letter = shown(deployed, name)

    assert (letter.log, letter.about, letter.received) == (log, about, 1)
    assert abs(letter.sent_at - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize("name", [queue.name for queue in QUEUES])
@pytest.mark.parametrize("body", ["no json", "[]", "{}", '{"Records": [{}]}'])
def test_one_of_no_known_form_is_said_to_be_so_and_is_not_quoted(deployed: Deployed, name: str, body: str) -> None:
    give_up(deployed, name, body)

    assert shown(deployed, name).about == letters.UNREADABLE


def test_what_the_scheduler_says_of_its_error_is_shown(deployed: Deployed) -> None:
    said = {"ERROR_CODE": {"DataType": "String", "StringValue": "AWS.Scheduler.InternalServerError"}}
    give_up(deployed, "schedules", '{"job": "recount"}', MessageAttributes=said)

    assert shown(deployed, "schedules").about["ERROR_CODE"] == "AWS.Scheduler.InternalServerError"


def test_of_a_stream_the_keys_are_told_while_it_has_the_records(deployed: Deployed) -> None:
    table = deployed.dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "channel", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "channel", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    for body in ("hola", "chau"):
        deployed.dynamodb.put_item(TableName=TABLE, Item={"channel": {"S": "home"}, "body": {"S": body}})
    arn = table["LatestStreamArn"]
    (shard,) = deployed.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    first = deployed.streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    numbers = [
        one["dynamodb"]["SequenceNumber"] for one in deployed.streams.get_records(ShardIterator=first)["Records"]
    ]
    letter = {
        "requestContext": {
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:mundo-tango-PushFunction-1A:live",
            "condition": "RetryAttemptsExhausted",
        },
        "DDBStreamBatchInfo": {
            "shardId": shard["ShardId"],
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "batchSize": 2,
            "streamArn": arn,
        },
    }
    give_up(deployed, "streams", json.dumps(letter))

    found = shown(deployed, "streams")

    assert found.log == "/mundo-tango/push"
    assert (found.about["table"], found.about["keys"]) == (TABLE, ["channel=home"])
    assert "hola" not in str(found)


def test_all_are_read_once_and_are_there_again(deployed: Deployed) -> None:
    for number in range(23):
        give_up(deployed, "mails", f"send_mail#{number}")

    read = letters.read(deployed, "mails", 50)

    assert {letter.about["about"] for letter in read} == {str(number) for number in range(23)}
    assert len(read) == 23
    assert redrive.depth(deployed, "MailDeadLetters") == redrive.Depth(23, 0)
    assert len(letters.read(deployed, "mails", 7)) == 7


def test_the_command_shows_them_as_a_table_and_as_json(deployed: Deployed) -> None:
    run = CliRunner().invoke
    assert run(cli.app, ["queues", "show", "mails"]).output == "no dead letters of mails\n"
    give_up(deployed, "mails", f"send_mail#{USER}")

    table = run(cli.app, ["queues", "show", "mails"]).output
    (letter,) = json.loads(run(cli.app, ["queues", "show", "mails", "--json"]).stdout)

    assert "kind: send_mail" in table
    assert (letter["about"]["about"], letter["log"]) == (USER, "/mundo-tango/effects")
