"""HTTP/1.1 to one server over connections that stay open, one request at a time on each, for many small requests.

Only what a caller here needs: it sends a whole request and gets the status; a body in the answer is passed over. What
stands on the wire is read by httptools, Node's parser. Against an HTTP client that knows everything this is what makes
a push cost a tenth of a millisecond (bench/fanout.py).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

from httptools import HttpParserError, HttpResponseParser

if TYPE_CHECKING:
    from ssl import SSLContext


class LineLost(Exception):
    """The connection ended, or said something that is no answer, before the answer was complete."""


class Lines:
    """The connections to one server. As many are open as requests are asked at once; the caller bounds those."""

    def __init__(self, host: str, port: int, tls: SSLContext | None, timeout: float) -> None:
        self._address, self._tls, self._timeout = (host, port), tls, timeout
        self._idle: deque[_Line] = deque()

    async def ask(self, request: bytes) -> int:
        """The answer's status.

        What comes over a connection that was open before may find it closed by the other side meanwhile, and is then
        asked once more over a new one: the server may, seldom, have taken the first.

        Raises:
            TimeoutError: there was no connection, or no answer, in time.
            OSError, LineLost: the server cannot be reached, or ends what it should answer.
        """
        line = self._kept()
        if line is not None:
            try:
                return await self._through(line, request)
            except LineLost:
                pass
        return await self._through(await self._connect(), request)

    def end(self) -> None:
        while self._idle:
            self._idle.pop().abort()

    def _kept(self) -> _Line | None:
        while self._idle:
            line = self._idle.pop()  # the one used last: the others may age and go
            if line.is_open():
                return line
        return None

    async def _connect(self) -> _Line:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timeout):
            _, line = await loop.create_connection(lambda: _Line(loop), *self._address, ssl=self._tls)
        return line

    async def _through(self, line: _Line, request: bytes) -> int:
        status = await line.ask(request, self._timeout)
        if line.is_open():
            self._idle.append(line)
        return status


class _Line(asyncio.Protocol):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = HttpResponseParser(self)
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[int] | None = None

    async def ask(self, request: bytes, timeout: float) -> int:
        answer: asyncio.Future[int] = self._loop.create_future()
        self._answer = answer
        late = self._loop.call_later(timeout, self._fail, TimeoutError())
        try:
            self._transport.write(request)
            return await answer
        finally:
            late.cancel()

    def is_open(self) -> bool:
        return not self._transport.is_closing()

    def abort(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(LineLost(exc))

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._fail(LineLost(error))

    def on_message_complete(self) -> None:
        """Called by the parser."""
        status = self._parser.get_status_code()
        if status < 200:  # the answer is yet to come (RFC 9110, 15.2)
            return
        if self._answer is None or not self._parser.should_keep_alive():
            self._transport.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)
        self._answer = None

    def _fail(self, error: Exception) -> None:
        self._transport.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self._answer = None
