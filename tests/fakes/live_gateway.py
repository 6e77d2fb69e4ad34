"""A real socket server in front of the socket functions: the gateway's part, on loopback."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self, cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from mundotango.realtime.model import Closing, Delivery, End, Outcome, Socket
from tests.fakes.realtime import FakePusher
from tests.fixtures.sockets import Sockets


class LiveGateway:
    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._open: dict[str, ServerConnection] = {}
        self._admitted: dict[int, dict[str, str]] = {}
        self._server: Server | None = None
        self.pusher = LivePusher(self._open)
        sockets.platform.pusher = self.pusher

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}/ws"

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0, process_request=self._authorize)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def _authorize(self, connection: ServerConnection, request: Request) -> Response | None:
        ticket = parse_qs(urlsplit(request.path).query).get("ticket", [None])[0]
        answer = self._sockets.authorize(ticket=ticket, headers={"Origin": request.headers.get("Origin", "")})
        if "context" not in answer:
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        self._admitted[id(connection)] = answer["context"]
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        admitted = self._admitted.pop(id(connection))
        end = End(datetime.fromisoformat(admitted["ends_at"]), cast(Closing, admitted["ends_as"]))
        socket = self._sockets.connect(UUID(admitted["user_id"]), end)
        self._open[socket.connection_id] = connection
        try:
            with suppress(ConnectionClosed):
                async for text in connection:
                    assert isinstance(text, str)
                    self._sockets.send(socket, text)
        finally:
            del self._open[socket.connection_id]
            self._sockets.disconnect(socket)


class LivePusher(FakePusher):
    """Writes to the sockets that are open here; the others are gone."""

    def __init__(self, opened: dict[str, ServerConnection]) -> None:
        super().__init__()
        self._open = opened
        self._writing: set[asyncio.Task[None]] = set()

    def close(self, sockets: Collection[Socket]) -> None:
        super().close(sockets)
        for socket in sockets:
            if socket.connection_id in self._open:
                self._open[socket.connection_id].transport.abort()

    def _send(self, delivery: Delivery) -> Outcome:
        connection = self._open.get(delivery.socket.connection_id)
        if connection is None:
            return "gone"
        if delivery.socket.connection_id in self.hanging:
            return "failed"
        task = asyncio.get_running_loop().create_task(self._write(connection, delivery.text))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return "sent"

    async def _write(self, connection: ServerConnection, text: str) -> None:
        with suppress(ConnectionClosed):
            await connection.send(text)
