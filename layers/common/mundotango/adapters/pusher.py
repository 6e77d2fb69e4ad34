"""Frames to open sockets, and their end, through the gateway's management address (`{stage}/@connections/{id}`).

The address is the connection's own, as it was stored when it opened. Where the SDK was told to find AWS elsewhere,
requests go there and carry the domain as their Host, as every other AWS call does.
"""

import asyncio
import random
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from functools import cache
from hashlib import sha256
from ssl import SSLContext, create_default_context
from threading import Lock, Thread
from urllib.parse import quote, urlsplit

from botocore.exceptions import NoCredentialsError
from botocore.httpsession import get_cert_path
from botocore.session import get_session

from mundotango import settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.keepalive import LineLost, Lines
from mundotango.adapters.signing import Signer
from mundotango.realtime.model import Delivery, Outcome, Socket

# So many requests at once: at the 10 to 20 ms an answer takes, more than one function's processor can sign.
LINES = 128
# What a call may take when nobody answers; what is left then has failed. Finding an audience of
# 1,000 sockets for ten posts (0062), sending, and closing what failed stay together below the function's time-out.
BATCH_TIME = 20.0
_ATTEMPTS = 4
_FIRST_PAUSE = 0.1
_GONE = 410
_THROTTLED = 429


class SocketPusher:
    """Synchronous outside, with a loop of its own inside; keeps its connections to the gateway open between calls.

    While Lambda has frozen the function the loop does not run, and finds out afterwards which connections ended.
    """

    def __init__(self, region: settings.Region, *, timeout: float = settings.SOCKET_DELIVERY_TIMEOUT) -> None:
        session = get_session()
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        self._region, self._timeout, self._credentials = region, timeout, credentials
        self._certificates = session.get_config_variable("ca_bundle") or get_cert_path(verify=True)
        self._clock = SystemClock()
        self._loop = asyncio.new_event_loop()
        self._lines: dict[str, Lines] = {}
        self._tls: SSLContext | None = None
        self._alone = Lock()
        # Not at the end of the process, which starts no thread any more, and whose connections end with it.
        weakref.finalize(self, _end, self._loop, self._lines).atexit = False

    def send(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        queues: dict[str, list[int]] = {}
        for index, delivery in enumerate(deliveries):
            queues.setdefault(delivery.socket.connection_id, []).append(index)
        outcomes: dict[int, Outcome] = {}
        ask = self._asking()

        async def work_off(queue: list[int]) -> None:
            outcome: Outcome = "sent"
            for index in queue:
                if outcome == "sent":  # to a socket that is gone or hangs the rest would fare no better
                    outcome = await ask("POST", deliveries[index].socket, deliveries[index].text)
                outcomes[index] = outcome

        self._run(work_off, queues.values())
        return [outcomes[index] for index in range(len(deliveries))]

    def close(self, sockets: Collection[Socket]) -> None:
        ask = self._asking()
        self._run(lambda socket: ask("DELETE", socket, ""), sockets)

    def _run[T](self, work: Callable[[T], Awaitable[object]], items: Collection[T]) -> None:
        if items:
            with self._alone:
                self._loop.run_until_complete(_side_by_side(work, items))

    def _asking(self) -> Callable[[str, Socket, str], Awaitable[Outcome]]:
        """How one batch asks: signed with the credentials of now, each text encoded and hashed once."""
        signer = Signer(self._credentials.get_frozen_credentials(), self._region.name, "execute-api", self._clock.now())
        ends_at = self._loop.time() + BATCH_TIME

        @cache
        def body_of(text: str) -> tuple[bytes, str]:
            body = text.encode()
            return body, sha256(body).hexdigest()

        async def ask(method: str, socket: Socket, text: str) -> Outcome:
            body, digest = body_of(text)
            path = f"/{socket.stage}/@connections/{quote(socket.connection_id, safe='')}"
            signed = signer.headers(method, socket.domain, path, digest)
            head = f"{method} {path} HTTP/1.1\r\nhost: {socket.domain}\r\n{signed}content-length: {len(body)}\r\n\r\n"
            return await self._ask(self._lines_to(socket.domain), head.encode() + body, ends_at)

        return ask

    async def _ask(self, lines: Lines, request: bytes, ends_at: float) -> Outcome:
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(random.uniform(0, _FIRST_PAUSE * 2**attempt))  # noqa: S311 (jitter, no secret)
            if self._loop.time() > ends_at:
                return "failed"
            try:
                status = await lines.ask(request)
            except TimeoutError:
                return "failed"
            except (OSError, LineLost):
                continue
            if status < 300:
                return "sent"
            if status == _GONE:
                return "gone"
            if status != _THROTTLED and status < 500:
                return "failed"
        return "failed"

    def _lines_to(self, domain: str) -> Lines:
        address = self._region.endpoint or f"https://{domain}"
        if address not in self._lines:
            url = urlsplit(address)
            secure = url.scheme == "https"
            if secure and self._tls is None:
                self._tls = create_default_context(cafile=self._certificates)
            port = url.port or (443 if secure else 80)
            self._lines[address] = Lines(url.hostname or "", port, self._tls if secure else None, self._timeout)
        return self._lines[address]


async def _side_by_side[T](work: Callable[[T], Awaitable[object]], items: Iterable[T]) -> None:
    """A throttled socket waits in its worker's time: when the gateway throttles everyone, all slow down."""
    await asyncio.sleep(0)  # what was closed while nobody looked is noticed now
    waiting = deque(items)

    async def work_off() -> None:
        while waiting:
            await work(waiting.popleft())

    await asyncio.gather(*(work_off() for _ in range(min(LINES, len(waiting)))))


def _end(loop: asyncio.AbstractEventLoop, lines: dict[str, Lines]) -> None:
    for each in lines.values():
        each.end()
    if loop.is_closed():
        return
    # The collector calls this wherever it likes, also where another loop is running; a thread has but one.
    thread = Thread(target=_run_out, args=(loop,))
    thread.start()
    thread.join()


def _run_out(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
