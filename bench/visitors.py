"""Visitors who ask for one address after the other: `python -m bench.visitors PORT VISITORS < addresses`.

ab knows one address only. This is as plain: each visitor keeps a connection and has one request under way.
Its one line is JSON: how many answered 200, how many did not, and the seconds it took.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from functools import partial
from time import perf_counter


class Visitor(asyncio.Protocol):
    """Asks for what is left of the addresses until none is; `done` is set then."""

    def __init__(self, addresses: Iterator[bytes], statuses: list[bytes], done: asyncio.Future[None]) -> None:
        self._addresses = addresses
        self._statuses = statuses
        self._done = done
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for mypy
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if len(body) >= int(fields[b"content-length"]):
            self._statuses.append(head.split(b" ", 2)[1])
            self._received = b""
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the server hung up"))

    def _ask(self) -> None:
        address = next(self._addresses, None)
        if address is None:
            self._done.set_result(None)
            self._transport.close()
            return
        self._transport.write(b"GET %s HTTP/1.1\r\nHost: bench\r\n\r\n" % address)


async def visit(port: int, visitors: int, addresses: list[bytes]) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    left, statuses = iter(addresses), list[bytes]()
    ends = [loop.create_future() for _ in range(visitors)]
    started = perf_counter()
    for end in ends:
        await loop.create_connection(partial(Visitor, left, statuses, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
    good = statuses.count(b"200")
    return {"answered": good, "failed": len(addresses) - good, "seconds": perf_counter() - started}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(visit(int(sys.argv[1]), int(sys.argv[2]), sys.stdin.buffer.read().split()))))
