"""A socket that listens in a thread of its own and is asked, in the order of a story, for the frames that came."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from devstack.stack import CLIENT_TIMEOUT, Stack
from operations.realtime import RealtimeClient

Grant = Callable[[list[str]], str]


class Listener:
    """A `RealtimeClient` for callers that are not asynchronous. It can go away, and come back when told."""

    def __init__(
        self, stack: Stack, ticket: Callable[[], str], *, grant: Grant | None = None, origin: str = ""
    ) -> None:
        self._ticket = ticket
        self._present = threading.Event()
        self._present.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

        async def take_grant(channels: list[str]) -> str:
            return await asyncio.to_thread(grant, channels) if grant else ""

        self._client = RealtimeClient(
            stack.socket_url, self._take_ticket, origin=origin or stack.site_url, grant_source=take_grant
        )

    @classmethod
    def open(cls, stack: Stack, ticket: Callable[[], str], *, grant: Grant | None = None, origin: str = "") -> Listener:
        """`ticket` is called for every socket, `grant` for the channels that need one; `origin` is the page's, the
        site's own if empty.

        Raises:
            SocketRefused: the handshake was answered with no socket.
        """
        listener = cls(stack, ticket, grant=grant, origin=origin)
        listener._thread.start()
        try:
            listener._run(listener._client.__aenter__())
        except BaseException:
            listener._end()
            raise
        return listener

    def expect(self, kind: str, seconds: float) -> dict[str, Any]:
        """The oldest frame of this type that was not asked for before.

        Raises:
            TimeoutError: none came; says what came instead.
        """
        return self._run(self._client.expect(kind, timeout=seconds), seconds + CLIENT_TIMEOUT)

    def subscribe(self, *channels: str) -> None:
        """Raises ChannelRefused."""
        self._run(self._client.subscribe(*channels))

    def send(self, frame: dict[str, Any] | str) -> None:
        self._run(self._client.send(frame))

    def go_away(self) -> None:
        """Lose the connection without a word, until `come_back`."""
        self._present.clear()
        self._loop.call_soon_threadsafe(self._client.cut)

    def come_back(self) -> None:
        self._present.set()

    def close(self) -> None:
        if not self._loop.is_closed():
            self._present.set()
            self._run(self._client.__aexit__(None, None, None))
            self._end()

    async def _take_ticket(self) -> str:
        await asyncio.to_thread(self._present.wait)
        return await asyncio.to_thread(self._ticket)

    def _run[T](self, coroutine: Coroutine[Any, Any, T], seconds: float = CLIENT_TIMEOUT) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(seconds)

    def _end(self) -> None:
        self._run(_cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all() -> None:
    """What is still under way in this loop, such as the keep-alive of a socket that was refused in mid-air."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
