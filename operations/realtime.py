"""A client of the sockets, as an app would be one: it reconnects, asks for what it missed, and shows nothing twice.

    async with RealtimeClient(url, ticket_source, origin="https://mundotango.example") as client:
        await client.subscribe(f"post:{post_id}")
        frame = await client.expect("reaction.changed", timeout=5)

What comes between the opening of a socket and the `resumed` that ends its replay is held, put in the order of its
positions, and only then shown: live frames overtake the replay. `positions` is all a client has to keep to go on later
where it was.
"""

import asyncio
import json
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from inspect import isawaitable
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin

Frame = dict[str, Any]
TicketSource = Callable[[], str | Awaitable[str]]

KNOWN_IDS = 1000
OPEN_TIMEOUT = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
_RESUME = "resume"


class SocketRefused(Exception):
    """The handshake was answered with this HTTP status and no socket."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the socket was refused with status {status}")
        self.status = status


class RealtimeClient:
    """`ticket_source` gives a new ticket for every socket, which opens only one."""

    def __init__(
        self, url: str, ticket_source: TicketSource, *, origin: str, positions: Mapping[str, str] | None = None
    ) -> None:
        self.positions = dict(positions or {})
        self.sockets_opened = 0
        self._url, self._ticket_source, self._origin = url, ticket_source, origin
        self._known: deque[str] = deque(maxlen=KNOWN_IDS)
        self._shown: list[Frame] = []
        self._held: list[Frame] | None = None
        self._news = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._open()
        self._reader = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
        if self._socket is not None:
            await self._socket.close()

    async def expect(self, kind: str, *, channel: str | None = None, timeout: float = OPEN_TIMEOUT) -> Frame:
        """The oldest frame of this type not expected before, waited for if it has not come yet."""

        def found() -> Frame | None:
            matching = (f for f in self._shown if f["type"] == kind and channel in (None, f.get("channel")))
            return next(matching, None)

        async with self._news:
            try:
                async with asyncio.timeout(timeout):
                    await self._news.wait_for(found)
            except TimeoutError:
                came = ", ".join(frame["type"] for frame in self._shown) or "nothing"
                raise TimeoutError(f"no {kind} within {timeout} s; {came} came") from None
            frame = found()
            assert frame is not None  # noqa: S101 - what wait_for waited for
            self._shown.remove(frame)
            return frame

    async def subscribe(self, channel: str) -> None:
        await self.send({"action": "subscribe", "channel": channel})
        answer = await self.expect("subscribed", channel=channel)
        self.positions.setdefault(channel, answer["position"])

    async def unsubscribe(self, channel: str) -> None:
        await self.send({"action": "unsubscribe", "channel": channel})
        await self.expect("unsubscribed", channel=channel)
        self.positions.pop(channel, None)

    async def send(self, frame: Frame | str) -> None:
        """A frame, or whatever text stands in for one."""
        if self._socket is None:
            raise RuntimeError("the client is not open: use it as `async with`")
        await self._socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    def cut(self) -> None:
        """Lose the connection without a word, as a phone in a tunnel does; the client then opens another."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _open(self) -> None:
        self._socket = await self._connect()
        self.sockets_opened += 1
        self._held = []
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                await self._resume(self._socket)
        except BaseException:
            self._socket.transport.abort()
            raise

    async def _connect(self) -> ClientConnection:
        ticket = self._ticket_source()
        if isawaitable(ticket):
            ticket = await ticket
        address = urlsplit(self._url)
        # Names below .localhost are this machine for browsers and curl, and unknown to glibc.
        local: dict[str, Any] = (
            {"host": "127.0.0.1", "proxy": None} if (address.hostname or "").endswith(".localhost") else {}
        )
        try:
            return await connect(
                f"{self._url}?ticket={quote(ticket)}",
                origin=Origin(self._origin),
                open_timeout=OPEN_TIMEOUT,
                **local,
            )
        except InvalidStatus as refusal:
            raise SocketRefused(refusal.response.status_code) from refusal

    async def _resume(self, socket: ClientConnection) -> None:
        """Ask for what was missed until it has come whole: what breaks off says so, and has no `resumed`."""
        question = json.dumps({"action": "resume", "positions": self.positions, "ref": _RESUME})
        pause = FIRST_PAUSE
        await socket.send(question)
        while self._held is not None:
            frame: Frame = json.loads(await socket.recv())
            if frame["type"] == "error" and frame["code"] == "unavailable" and frame.get("ref") == _RESUME:
                await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - jitter, no secret
                pause *= 2
                await socket.send(question)
            else:
                await self._take(frame)

    async def _listen(self) -> None:
        while True:
            with suppress(ConnectionClosed):
                while self._socket is not None:
                    await self._take(json.loads(await self._socket.recv()))
            await self._reopen()

    async def _reopen(self) -> None:
        pause = FIRST_PAUSE
        while True:
            # All clients of a gateway that restarts lose it at once, and must not come back at once.
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - jitter, no secret
            pause = min(2 * pause, LONGEST_PAUSE)
            with suppress(SocketRefused, ConnectionClosed, InvalidHandshake, OSError, TimeoutError):
                return await self._open()

    async def _take(self, frame: Frame) -> None:
        if frame["type"] == "resumed":
            held, self._held = self._held or [], None
            for each in sorted(held, key=lambda each: str(each.get("position", ""))):
                self._show(each)
            for channel in {*self.positions, *frame["channels"]}:
                self._advance(channel, frame["position"])
            self._shown.append(frame)
        elif self._held is not None:
            self._held.append(frame)
        else:
            self._show(frame)
        async with self._news:
            self._news.notify_all()

    def _show(self, frame: Frame) -> None:
        if "data" in frame:  # something that happened, not an answer to this client
            if frame["id"] in self._known:
                return
            self._known.append(frame["id"])
            self._advance(frame["channel"], frame["position"])
        self._shown.append(frame)

    def _advance(self, channel: str, position: str) -> None:
        self.positions[channel] = max(position, self.positions.get(channel, ""))
