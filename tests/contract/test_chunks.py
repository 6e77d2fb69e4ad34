from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.realtime import chunks as chunks_module
from mundotango.realtime.chunks import SqsChunks, packed
from mundotango.realtime.model import Chunk
from mundotango.realtime.ports import Chunks
from tests.factories.realtime import make_socket
from tests.fakes.realtime import FakeChunks
from tests.fixtures.aws import REGION, client

Ends = tuple[Chunks, Callable[[], list[str]]]


@pytest.fixture
def queue(aws: object) -> Iterator[str]:
    sqs = client("sqs")
    fifo = {"FifoQueue": "true", "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    url = sqs.create_queue(QueueName="chunks.fifo", Attributes=fifo)["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture(params=["fake", "sqs"])
def ends(request: pytest.FixtureRequest) -> Ends:
    """Where chunks go in, and the messages that come out."""
    if request.param == "fake":
        fake = FakeChunks()
        return fake, lambda: [packed(chunk) for chunk in fake.take()]
    url = request.getfixturevalue("queue")

    def taken() -> list[str]:
        found: list[str] = []
        while messages := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(message["Body"])
                client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return SqsChunks(url, REGION), taken


def made(count: int, *, channel: str = "post:1", shards: int = 3) -> list[Chunk]:
    return [
        Chunk(ids.new_id(), channel, number % shards, f'{{"n":{number}}}', (make_socket(),), ids.new_position())
        for number in range(count)
    ]


class TestChunks:
    def test_of_a_shard_come_out_in_the_order_in_which_they_went_in(self, ends: Ends) -> None:
        chunks, taken = ends
        put = [*made(25), *made(4, channel="city:münchen am see " * 20)]

        chunks.put(put)

        out = taken()
        assert sorted(out) == sorted(map(packed, put))
        for shard in {(each.channel, each.shard) for each in put}:
            expected = [packed(each) for each in put if (each.channel, each.shard) == shard]
            assert [each for each in out if each in expected] == expected

    def test_nothing_is_put_of_nothing(self, ends: Ends) -> None:
        chunks, taken = ends
        chunks.put([])
        assert taken() == []

    def test_what_was_put_is_not_put_again(self, ends: Ends) -> None:
        chunks, taken = ends
        put = made(12)
        chunks.put(put[:7])
        chunks.put(put)
        chunks.put(put[5:])

        assert sorted(taken()) == sorted(map(packed, put))  # moto forgets what is taken; a queue knows it 5 minutes


@pytest.fixture
def calls(queue: str, monkeypatch: pytest.MonkeyPatch) -> tuple[SqsChunks, list[list[dict[str, Any]]]]:
    """A queue that answers what it is told to, and what it was asked."""
    chunks = SqsChunks(queue, REGION)
    asked: list[list[dict[str, Any]]] = []
    send = chunks._client.send_message_batch

    def record(**call: Any) -> Any:
        asked.append(call["Entries"])
        return send(**call)

    monkeypatch.setattr(chunks._client, "send_message_batch", record)
    return chunks, asked


def test_a_group_stands_once_in_a_call_of_ten_that_is_not_too_large(
    calls: tuple[SqsChunks, list[list[dict[str, Any]]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks, asked = calls
    chunks.put(made(24, shards=12))
    chunks.put(made(3, shards=2))
    monkeypatch.setattr(chunks_module, "BYTES_A_CALL", 700)
    chunks.put(made(8, shards=8))

    for call in asked:
        assert len({entry["MessageGroupId"] for entry in call}) == len(call) <= 10
        assert sum(len(entry["MessageBody"]) for entry in call[1:]) < 700 or len(call) == 10
    assert [len(call) for call in asked[:5]] == [10, 10, 4, 2, 1]
    assert len(asked) > 7


def test_what_a_call_failed_of_is_asked_again_before_what_comes_after_it(
    calls: tuple[SqsChunks, list[list[dict[str, Any]]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks, asked = calls
    recording = chunks._client.send_message_batch
    failing = [{"0"}, {"0"}]

    def fail(**call: Any) -> Any:
        answer = recording(**call)
        failed = failing.pop(0) if failing else set()
        return answer | {"Failed": [{"Id": id, "Code": "InternalError", "SenderFault": False} for id in failed]}

    monkeypatch.setattr(chunks._client, "send_message_batch", fail)
    chunks.put(made(3, shards=2))
    assert [[entry["Id"] for entry in call] for call in asked] == [["0", "1"], ["0"], ["0"], ["2"]]

    failing = [{"0"}] * 3
    with pytest.raises(Unavailable):
        chunks.put(made(2, shards=1))
    assert [entry["Id"] for call in asked[4:] for entry in call] == ["0", "0", "0"]


def test_a_queue_that_is_away_is_unavailable(monkeypatch: pytest.MonkeyPatch, aws: object) -> None:
    with pytest.raises(Unavailable):
        SqsChunks("https://sqs.us-east-1.amazonaws.com/123456789012/none.fifo", REGION).put(made(1))
