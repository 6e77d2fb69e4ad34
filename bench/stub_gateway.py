"""The gateway's management address on loopback, in a process of its own: 10 ms for each frame, and what goes wrong.

`python -m bench.stub_gateway GONE,… THROTTLED,… HANGING,…` with connection ids prints its port, and after a line on its
standard input one of JSON: for each frame that arrived whose it is, which one, and when by the clock of all processes.
Then it is as new.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from urllib.parse import unquote

ANSWER_SECONDS = 0.010


class Gateway(asyncio.Protocol):
    """One connection. All of them share what the class knows."""

    gone: frozenset[str]
    throttled_once: frozenset[str]
    hanging: frozenset[str]
    throttled: set[str]
    arrived: list[tuple[str, str, float]]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (a benchmark)
        self._transport, self._waiting = transport, b""

    def data_received(self, data: bytes) -> None:
        """Clients send the whole of a request and wait for its answer."""
        self._waiting += data
        head, complete, body = self._waiting.partition(b"\r\n\r\n")
        if not complete:
            return
        lowered = head.lower()
        length = lowered.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length or 0):
            if b"\r\nexpect: 100-continue" in lowered:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        self._waiting = b""
        method, _, path = head.partition(b" ")
        status = self._status(method, unquote(path.partition(b" ")[0].rpartition(b"/")[2].decode()), body)
        if status:
            asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._answer, status)

    def _status(self, method: bytes, connection_id: str, body: bytes) -> str:
        cls = type(self)
        if connection_id in cls.hanging and method == b"POST":
            return ""
        if connection_id in cls.gone:
            return "410 Gone\r\nx-amzn-errortype: GoneException"
        if connection_id in cls.throttled_once - cls.throttled and method == b"POST":
            cls.throttled.add(connection_id)
            return "429 Too Many Requests\r\nx-amzn-errortype: LimitExceededException"
        if method == b"POST":
            cls.arrived.append((connection_id, body.decode(), time.monotonic()))
        return "200 OK"

    def _answer(self, status: str) -> None:
        self._transport.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())


def forget() -> None:
    Gateway.throttled, Gateway.arrived = set(), []


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Gateway, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(Gateway.arrived), flush=True)
        forget()
    server.close()


def main() -> None:
    Gateway.gone, Gateway.throttled_once, Gateway.hanging = (frozenset(ids.split(",")) for ids in sys.argv[1:4])
    forget()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
