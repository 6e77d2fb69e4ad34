"""Chunks on their way through the FIFO queue: a frame, and some of the sockets it goes to.

A message is JSON: {"v": 1, "frame": text, "sockets": {"domain/stage": [[connection id, user id], …]}, "position": …,
"correlation_id": …}; the last two are for the log, and messages of the code before have neither. What is beyond
ASCII is escaped, because SQS refuses some characters that JSON allows; a frame of 32 KB then has 96 KB at most, and the
sockets beside it 50.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from mundotango.adapters.client import make_client
from mundotango.errors import Unavailable
from mundotango.realtime.model import Chunk, Socket

if TYPE_CHECKING:
    from mundotango import settings

MESSAGE_VERSION = 1
# One call takes ten messages, and together 256 KB; a message in the worst case has 150.
MESSAGES_A_CALL = 10
BYTES_A_CALL = 256_000
_ATTEMPTS = 3


def packed(chunk: Chunk) -> str:
    sockets: dict[str, list[tuple[str, str]]] = {}
    for socket in chunk.sockets:
        there = sockets.setdefault(f"{socket.domain}/{socket.stage}", [])
        there.append((socket.connection_id, str(socket.user_id)))
    message: dict[str, Any] = {
        "v": MESSAGE_VERSION,
        "frame": chunk.text,
        "sockets": sockets,
        "position": chunk.position,
    }
    if chunk.correlation_id is not None:
        message["correlation_id"] = chunk.correlation_id
    return json.dumps(message, separators=(",", ":"))


class Unpacked(NamedTuple):
    frame: str
    sockets: list[Socket]
    position: str | None
    correlation_id: str | None


def unpacked(body: str) -> Unpacked:
    """
    Raises:
        ValueError, KeyError, TypeError: the message is of a later version, or none of ours.
    """
    message = json.loads(body)
    if message["v"] > MESSAGE_VERSION:
        raise ValueError("a message of a later version")
    sockets = [
        Socket(connection_id, UUID(user_id), *address.split("/", 1))
        for address, there in message["sockets"].items()
        for connection_id, user_id in there
    ]
    return Unpacked(message["frame"], sockets, message.get("position"), message.get("correlation_id"))


class SqsChunks:
    def __init__(self, queue_url: str, region: settings.Region) -> None:
        self._queue_url = queue_url
        self._client = make_client("sqs", region)

    def put(self, chunks: Iterable[Chunk]) -> None:
        for call in _calls(map(_entry, chunks)):
            self._send(call)

    def _send(self, entries: list[dict[str, str]]) -> None:
        """What failed is asked for again before anything that comes after it in its group."""
        for _ in range(_ATTEMPTS):
            try:
                answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                raise Unavailable("the queue does not answer; try again") from error
            failed = {each["Id"] for each in answer.get("Failed", ())}
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                return
        raise Unavailable("the queue is busy; try again")


def _calls(entries: Iterator[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """A group stands once in a call: of a call some messages may fail, and then the later would be ahead."""
    call: list[dict[str, str]] = []
    groups: set[str] = set()
    size = 0
    for number, entry in enumerate(entries):
        group, length = entry["MessageGroupId"], len(entry["MessageBody"])
        if call and (group in groups or len(call) == MESSAGES_A_CALL or size + length > BYTES_A_CALL):
            yield call
            call, groups, size = [], set(), 0
        call.append(entry | {"Id": str(number)})
        groups.add(group)
        size += length
    if call:
        yield call


def _entry(chunk: Chunk) -> dict[str, Any]:
    # A group's name is short and plain ASCII, which a city's channel is not.
    channel = blake2b(chunk.channel.encode(), digest_size=16).hexdigest()
    return {
        "MessageBody": packed(chunk),
        "MessageGroupId": f"{channel}-{chunk.shard}",
        "MessageDeduplicationId": chunk.name,
    }
