"""One socket of a client: what comes on it is held until it is released, and one that does not answer is dropped."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

Frame = dict[str, Any]

OPEN_TIMEOUT = 10.0
CLOSE_TIMEOUT = 2.0
RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. A ping each four minutes also shows that somebody is here; the gateway's idle limit is ten."""

    heartbeat: float = 240.0
    answer: float = 10.0
    silence: float = 30.0  # of a socket that opens: a replay takes 20 s at most
    first_pause: float = 0.1
    longest_pause: float = 30.0
    steady: float = 10.0  # what a socket has to live for the pauses to begin anew
    shortest_life: float = 30.0  # below it the server's close is waited for: the token was not renewed


class SocketRefused(Exception):
    """The handshake was answered with this HTTP status and no socket."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the socket was refused with status {status}")
        self.status = status


async def opened(url: str, ticket: str, origin: str) -> ClientConnection:
    """A socket that nothing was asked on yet. Raises SocketRefused."""
    # Names below .localhost are this machine for browsers and curl, and unknown to glibc.
    is_here = (urlsplit(url).hostname or "").endswith(".localhost")
    local: dict[str, Any] = {"host": "127.0.0.1", "proxy": None} if is_here else {}
    try:
        return await connect(
            f"{url}?ticket={quote(ticket)}",
            origin=Origin(origin),
            open_timeout=OPEN_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            ping_interval=None,  # the heartbeat is the protocol's own
            **local,
        )
    except InvalidStatus as refusal:
        raise SocketRefused(refusal.response.status_code) from refusal


def is_for_later(frame: Frame) -> bool:
    """Whether the same question may be answered a little later: a store is away, or it came too fast."""
    return frame["type"] == "error" and frame["code"] in ("unavailable", "too-many")


class Link:
    """`take` is given each frame as it comes, and this."""

    def __init__(self, socket: ClientConnection, take: Callable[["Link", Frame], None], timing: Timing) -> None:
        self.gone = asyncio.Event()
        self._socket, self._take, self._timing = socket, take, timing
        self._held: list[Frame] | None = []
        self._answer: asyncio.Future[Frame | None] | None = None
        self._frames = 0
        self._reader = asyncio.create_task(self._read())
        self._heart: asyncio.Task[None] | None = None

    async def send(self, frame: Frame | str) -> None:
        await self._socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def ask_to_resume(self, question: Frame) -> Frame:
        """The frame that ends it: `resumed`, or the error that says to ask again.

        Raises:
            TimeoutError: nothing came for long.
            ConnectionError: the socket is lost.
        """
        self._answer = asyncio.get_running_loop().create_future()
        await self.send(question)
        while not self._answer.done():
            frames = self._frames
            await asyncio.wait({self._answer}, timeout=self._timing.silence)
            if not self._answer.done() and frames == self._frames:
                raise TimeoutError("the socket does not answer")
        answer = self._answer.result()
        if answer is None:
            raise ConnectionError("the socket is lost")
        return answer

    def holds(self, frame: Frame) -> bool:
        """Whether the frame is kept for later, or was the answer that is waited for."""
        if frame["type"] == "resumed" or (is_for_later(frame) and frame.get("ref") == RESUME):
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(frame)
        elif self._held is not None:
            self._held.append(frame)
        else:
            return False
        return True

    def release(self) -> list[Frame]:
        """What was held; from now on nothing is."""
        held, self._held = self._held or [], None
        self._heart = asyncio.create_task(self._beat())
        return held

    def drop(self) -> None:
        """Without a word, as a phone in a tunnel does."""
        self._socket.transport.abort()
        self._lose()

    async def close(self) -> None:
        self._lose()
        try:
            await self._socket.close()
        except asyncio.CancelledError:
            self._socket.transport.abort()
            raise

    async def _read(self) -> None:
        try:
            while True:
                frame = json.loads(await self._socket.recv())
                self._frames += 1
                self._take(self, frame)
        except ConnectionClosed:
            pass
        finally:
            self._lose()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._timing.heartbeat)
            frames = self._frames
            try:
                await self.send({"action": "ping"})
                await asyncio.sleep(self._timing.answer)
            except ConnectionClosed:
                return
            if frames == self._frames:
                self.drop()

    def _lose(self) -> None:
        self.gone.set()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)
        for task in (self._reader, self._heart):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
