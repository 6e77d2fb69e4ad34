"""What was given up is counted, over all queues, and whoever cannot count says so."""

from collections.abc import Iterator

import pytest

from functions.effects import handler
from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import Invalid
from tests.filters import published, rings
from tests.fixtures.aws import client
from tests.fixtures.gateway import Log

JOB = {"job": "count_dead_letters"}


@pytest.fixture
def queues(aws: settings.Region, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    urls = [client("sqs").create_queue(QueueName=f"given-up-{number}")["QueueUrl"] for number in range(3)]
    monkeypatch.setenv("DEAD_LETTER_QUEUES", " ".join(urls))
    platform = Platform()
    monkeypatch.setattr(handler, "platform", lambda: platform)
    yield urls
    for url in urls:
        client("sqs").delete_queue(QueueUrl=url)


def give_up(url: str, letters: int) -> None:
    for _ in range(letters):
        client("sqs").send_message(QueueUrl=url, MessageBody="{}")


def counted(log: Log) -> dict[str, list[float]]:
    """The metrics that a run makes."""
    handler.lambda_handler(JOB, None)
    return published("effects", log.lines())


def test_letters_of_any_queue_ring(queues: list[str], log: Log) -> None:
    give_up(queues[0], 2)
    give_up(queues[2], 1)

    metrics = counted(log)

    assert metrics["DeadLetters"] == [3]
    assert rings("DeadLetters", [metrics["DeadLetters"]])


def test_none_is_peace_and_is_said(queues: list[str], log: Log) -> None:
    metrics = counted(log)

    assert metrics["DeadLetters"] == [0]
    assert not rings("DeadLetters", [metrics["DeadLetters"]])


def test_a_second_count_says_the_same(queues: list[str]) -> None:
    give_up(queues[1], 1)

    said = [handler.lambda_handler(JOB, None) for _ in range(2)]

    assert said == [{"job": "count_dead_letters", "done": True, "dead_letters": 1}] * 2


def test_a_queue_that_cannot_be_asked_is_no_peace(queues: list[str], log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEAD_LETTER_QUEUES", " ".join([*queues, f"{queues[0]}-that-is-away"]))

    assert handler.lambda_handler(JOB, None) == {"job": "count_dead_letters", "done": False}

    metrics = published("effects", log.lines())
    assert "DeadLetters" not in metrics
    assert rings("DeadLetters", [[]])


def test_a_job_that_there_is_not(queues: list[str]) -> None:
    with pytest.raises(Invalid, match="close_sockets, count_dead_letters"):
        handler.lambda_handler({"job": "dance"}, None)
