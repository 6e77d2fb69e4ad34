"""Dead letters given back to their queue, over moto's SQS."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws
from typer.testing import CliRunner

from operations import cli, jobs, queues, redrive
from operations.deployed import Deployed
from operations.refusal import Refusal
from tests.factories.functions import make_function

STACK = "mundo-tango"
TEMPLATE = {
    "Resources": {
        name: {"Type": "AWS::SQS::Queue"}
        for name in (
            "UploadQueue",
            "UploadDeadLetters",
            "StreamDeadLetters",
            "ScheduleDeadLetters",
            "MailQueue",
            "MailDeadLetters",
            "WebPushQueue",
            "WebPushDeadLetters",
        )
    }
    | {
        name: {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True, "QueueName": f"{name}.fifo"}}
        for name in ("ChunkQueue", "ChunkDeadLetters")
    }
}


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(redrive, "WAIT_SECONDS", 0)  # moto has one server, and would wait
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        session.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))
        yield Deployed(session, STACK)


def bury(deployed: Deployed, count: int) -> set[str]:
    """Bodies of as many new dead letters."""
    bodies = {json.dumps({"Records": [number]}) for number in range(count)}
    for body in bodies:
        deployed.sqs.send_message(QueueUrl=deployed.physical_id("UploadDeadLetters"), MessageBody=body)
    return bodies


def bodies(deployed: Deployed, queue: str) -> list[str]:
    """Of all that is visible in a queue, which keeps it."""
    found: list[str] = []
    url = deployed.physical_id(queue)
    while messages := deployed.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    return found


def read_by_none(deployed: Deployed, *queues: str) -> None:
    make_function(deployed.session, "reader")
    for name in queues:
        url = deployed.physical_id(name)
        told = deployed.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        deployed.functions.create_event_source_mapping(
            EventSourceArn=told["QueueArn"], FunctionName="reader", Enabled=False
        )


def left(deployed: Deployed) -> redrive.Depth:
    return redrive.depth(deployed, "UploadDeadLetters")


def test_where_nobody_reads_a_queue_its_letters_stay(deployed: Deployed) -> None:
    read_by_none(deployed, "ChunkQueue", "UploadQueue")
    buried = bury(deployed, 3)

    with pytest.raises(Refusal, match="no function reads the queue of media") as refused:
        redrive.redrive(deployed, "media", None, lambda _: None)
    assert "enable its event source" in str(refused.value.cure)
    with pytest.raises(Refusal, match="no function reads the queue of chunks") as refused:
        redrive.redrive(deployed, "chunks", None, lambda _: None)
    assert "LargeAudiences=on" in str(refused.value.cure)
    assert sorted(bodies(deployed, "UploadDeadLetters")) == sorted(buried)
    assert bodies(deployed, "UploadQueue") == []


def test_every_letter_goes_back_as_it_was(deployed: Deployed) -> None:
    buried = bury(deployed, 23)
    told: list[int] = []

    assert redrive.redrive(deployed, "media", None, told.append) == 23

    assert left(deployed) == redrive.Depth(0, 0)
    assert sorted(bodies(deployed, "UploadQueue")) == sorted(buried)
    assert told == [10, 20, 23]
    assert redrive.redrive(deployed, "media", None, told.append) == 0


def test_a_letter_goes_back_to_its_group(deployed: Deployed) -> None:
    dead_letters, queue = deployed.physical_id("ChunkDeadLetters"), deployed.physical_id("ChunkQueue")
    for number in range(3):
        deployed.sqs.send_message(
            QueueUrl=dead_letters, MessageBody=str(number), MessageGroupId="one", MessageDeduplicationId=f"n{number}"
        )

    assert redrive.redrive(deployed, "chunks", None, lambda _: None) == 3

    messages = deployed.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
    assert [each["Body"] for each in messages] == ["0", "1", "2"]
    assert {each["Attributes"]["MessageGroupId"] for each in messages} == {"one"}


@pytest.mark.parametrize("limit", [1, 10, 12])
def test_a_limit_leaves_the_rest(deployed: Deployed, limit: int) -> None:
    bury(deployed, 15)

    assert redrive.redrive(deployed, "media", limit, lambda _: None) == limit

    assert len(bodies(deployed, "UploadQueue")) == limit
    assert left(deployed) == redrive.Depth(15 - limit, 0)


def test_a_loop_that_ends_between_sending_and_deleting_loses_nothing(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    buried = bury(deployed, 3)
    monkeypatch.setattr(redrive, "HIDDEN_SECONDS", 0)  # as if a minute had passed
    delete = deployed.sqs.delete_message_batch

    def cut(**_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://sqs.us-east-1.amazonaws.com")

    monkeypatch.setattr(deployed.sqs, "delete_message_batch", cut)
    with pytest.raises(Refusal, match="moving dead letters: AWS cannot be reached"):
        redrive.redrive(deployed, "media", None, lambda _: None)
    assert left(deployed) == redrive.Depth(3, 0)

    monkeypatch.setattr(deployed.sqs, "delete_message_batch", delete)
    assert redrive.redrive(deployed, "media", None, lambda _: None) == 3
    assert sorted(bodies(deployed, "UploadQueue")) == sorted([*buried, *buried])  # twice, and none is missing
    assert left(deployed) == redrive.Depth(0, 0)


def test_what_the_queue_does_not_take_stays_a_dead_letter(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    bury(deployed, 3)
    send = deployed.sqs.send_message_batch

    def refuse_one(**batch: Any) -> Any:
        *taken, refused = batch["Entries"]
        answer = send(QueueUrl=batch["QueueUrl"], Entries=taken)
        return answer | {"Failed": [{"Id": refused["Id"], "Code": "InternalError", "SenderFault": False}]}

    monkeypatch.setattr(deployed.sqs, "send_message_batch", refuse_one)
    with pytest.raises(Refusal, match="1 of 3 letters were not taken back: InternalError"):
        redrive.redrive(deployed, "media", None, lambda _: None)

    assert len(bodies(deployed, "UploadQueue")) == 2
    assert left(deployed) == redrive.Depth(0, 1)  # in hand, and there again after a minute


def test_the_commands_say_how_many(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "find", lambda *_: deployed)
    bury(deployed, 2)
    run = CliRunner().invoke

    assert "│ media     │       0 │         0 │            2 │" in run(cli.app, ["queues", "list"]).output
    assert run(cli.app, ["queues", "redrive", "media", "--limit", "0"]).exit_code == 2
    assert "2 moved back to the queue of media" in run(cli.app, ["queues", "redrive", "media"]).output
    assert "│ media     │       2 │         0 │            0 │" in run(cli.app, ["queues", "list"]).output


class Schedules:
    """What jobs were run, in place of the functions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[str] = []
        self.failing: set[str] = set()
        monkeypatch.setattr(jobs, "run", self._run)

    def _run(self, _deployed: Deployed, job: str, _doing: str) -> Iterator[dict[str, Any]]:
        if job in self.failing:
            raise Refusal("JobsFunction failed", cure="read its log")
        self.ran.append(job)
        yield {"done": True}


@pytest.fixture
def schedules(monkeypatch: pytest.MonkeyPatch) -> Schedules:
    return Schedules(monkeypatch)


def give_up(deployed: Deployed, *letters: object) -> None:
    for letter in letters:
        deployed.sqs.send_message(
            QueueUrl=deployed.physical_id("ScheduleDeadLetters"),
            MessageBody=letter if isinstance(letter, str) else json.dumps(letter),
        )


def given_up(deployed: Deployed) -> int:
    depth = redrive.depth(deployed, "ScheduleDeadLetters")
    return depth.waiting + depth.in_flight


def of_lambda(job: str) -> dict[str, Any]:
    return {"version": "1.0", "requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"job": job}}


class TestSchedules:
    def test_each_job_runs_once_however_many_letters_it_has(self, deployed: Deployed, schedules: Schedules) -> None:
        give_up(deployed, {"job": "recount"}, of_lambda("recount"), of_lambda("close_sockets"), {"job": "recount"})

        assert redrive.run_again(deployed, None, lambda _: None) == 4
        assert sorted(schedules.ran) == ["close_sockets", "recount"]
        assert given_up(deployed) == 0

    def test_lines_that_were_to_be_traced_are_no_job_and_are_in_nobodys_way(
        self, deployed: Deployed, schedules: Schedules
    ) -> None:
        given = of_lambda("traces") | {"requestPayload": {"awslogs": {"data": "H4sI"}}}
        give_up(deployed, given, of_lambda("recount"))

        assert redrive.run_again(deployed, None, lambda _: None) == 2
        assert schedules.ran == ["recount"]
        assert given_up(deployed) == 0

    def test_one_that_fails_again_stays(self, deployed: Deployed, schedules: Schedules) -> None:
        schedules.failing = {"recount"}
        give_up(deployed, of_lambda("recount"))

        with pytest.raises(Refusal, match="failed"):
            redrive.run_again(deployed, None, lambda _: None)
        assert given_up(deployed) == 1

    @pytest.mark.parametrize("letter", ["no json", "[]", "{}", '{"requestPayload": null}'])
    def test_one_that_names_no_job_stays_and_is_told_of(
        self, deployed: Deployed, schedules: Schedules, letter: str
    ) -> None:
        give_up(deployed, letter)

        with pytest.raises(Refusal, match="names no job"):
            redrive.run_again(deployed, None, lambda _: None)
        assert (given_up(deployed), schedules.ran) == (1, [])

    def test_the_command_says_how_many(
        self, deployed: Deployed, schedules: Schedules, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queues, "find", lambda *_: deployed)
        give_up(deployed, of_lambda("recount"), of_lambda("remind"))

        said = CliRunner().invoke(cli.app, ["queues", "redrive", "schedules", "--limit", "1"]).output

        assert "1 settled by running their jobs again" in said
        assert (given_up(deployed), len(schedules.ran)) == (1, 1)
