"""A socket server that does what docs/realtime.md lets it do, the worst of it too; frames are held to the document."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from mundotango.realtime.model import encoded
from tests.factories.realtime import make_activity
from tests.protocol import check_frame, check_question

ME = "user:01a209fe-7200-7000-8000-0000000000cc"
BEGAN = 0x01A209FE7200 / 1000

Frame = dict[str, Any]


def at(number: int) -> str:
    """A position, or an id."""
    return f"01a209fe-7200-7000-8000-{number:012d}"


def post(number: int) -> str:
    return f"post:{at(number)}"


@dataclass
class Peer:
    """One socket as the server has it."""

    connection: ServerConnection
    questions: list[Frame] = field(default_factory=list)
    channels: set[str] = field(default_factory=lambda: {"home", ME})
    open: bool = True

    async def say(self, frame: Frame) -> None:
        check_frame(frame)
        with suppress(ConnectionClosed):
            await self.connection.send(encoded(frame))

    def asked(self, action: str) -> list[Frame]:
        return [question for question in self.questions if question["action"] == action]

    def cut(self) -> None:
        self.open = False
        self.connection.transport.abort()


Answer = Callable[[Peer, Frame], Awaitable[None]]


class ScriptedGateway:
    """`slow` and `life` are seconds; what is `twice` or `backwards` is each replay; `answers` replace the usual."""

    def __init__(self, *, slow: float = 0, life: float = 7080, twice: bool = False, backwards: bool = False) -> None:
        self.slow, self.life, self.twice, self.backwards = slow, life, twice, backwards
        self.answers: dict[str, Answer] = {}
        self.peers: list[Peer] = []
        self.log: list[Frame] = []
        self.omitted: list[str] = []
        self._server: Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}/ws"

    @property
    def last(self) -> Peer:
        return self.peers[-1]

    @property
    def open(self) -> list[Peer]:
        return [peer for peer in self.peers if peer.open]

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def happens(self, channel: str) -> Frame:
        number, activity = len(self.log) + 1, make_activity(channel)
        told: Frame = {"v": 1, "type": activity.kind, "id": at(number), "channel": channel, "position": at(number)}
        told |= {"at": "2026-11-23T20:00:00Z", "data": activity.payload}
        self.log.append(told)
        for peer in self.open:
            if channel in peer.channels:
                await peer.say(told)
        return told

    async def resumed(self, peer: Peer, question: Frame) -> None:
        ends_at = (
            datetime.fromtimestamp(BEGAN + self.life, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        )
        frame = {"v": 1, "type": "resumed", "position": at(len(self.log)), "channels": ["home", ME], "ends_at": ends_at}
        await peer.say(frame | {"omitted": self.omitted, "ref": question["ref"]})

    async def error(self, peer: Peer, question: Frame, code: str, **fields: object) -> None:
        await peer.say({"v": 1, "type": "error", "code": code, "message": "", "ref": question["ref"], **fields})

    async def _serve(self, connection: ServerConnection) -> None:
        peer = Peer(connection)
        self.peers.append(peer)
        with suppress(ConnectionClosed):
            async for text in connection:
                question = check_question(str(text))
                peer.questions.append(question)
                await self.answers.get(question["action"], self._answer)(peer, question)
        peer.open = False

    async def _answer(self, peer: Peer, question: Frame) -> None:
        ref = {"ref": question["ref"]} if "ref" in question else {}
        match question["action"]:
            case "ping":
                await peer.say({"v": 1, "type": "pong", **ref})
            case "subscribe":
                peer.channels |= set(question["channels"])
                here: Frame = {"channels": question["channels"], "position": at(len(self.log))}
                await peer.say({"v": 1, "type": "subscribed", **here, **ref})
            case "unsubscribe":
                peer.channels -= set(question["channels"])
                await peer.say({"v": 1, "type": "unsubscribed", "channels": question["channels"], **ref})
            case "resume":
                await self._replay(peer, question)

    async def _replay(self, peer: Peer, question: Frame) -> None:
        """From a little before the position on, as the real one does."""
        for channel, position in question["positions"].items():
            peer.channels.add(channel)
            stood = [told for told in self.log if told["channel"] == channel]
            seen = sum(told["position"] <= position for told in stood)
            replayed = stood[max(0, seen - 3) :] * (2 if self.twice else 1)
            if self.backwards:
                replayed.reverse()
            for told in replayed:
                await peer.say(told)
        await asyncio.sleep(self.slow)
        await self.resumed(peer, question)
