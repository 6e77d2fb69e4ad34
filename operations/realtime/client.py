"""The client itself: it comes back, asks for what it missed, moves on before a socket ends, and shows nothing twice.

    async with RealtimeClient(url, ticket_source, origin="https://mundotango.example") as client:
        await client.subscribe("city:lima")
        frame = await client.expect("event.created", timeout=5)

What comes between the opening of a socket and the `resumed` that ends its replay is held, put in the order of its
positions, and only then shown: live frames overtake the replay. `positions` is all a client has to keep to go on later
where it was.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime
from inspect import isawaitable
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from websockets.exceptions import ConnectionClosed

from operations.realtime.link import OPEN_TIMEOUT, RESUME, Frame, Link, Timing, is_for_later, opened
from operations.realtime.record import Record

TicketSource = Callable[[], str | Awaitable[str]]
GrantSource = Callable[[list[str]], str | Awaitable[str]]
# Told "live" for each socket that has resumed, and "waiting" with the error that an attempt ended with.
StateListener = Callable[[str, Exception | None], None]


class SocketEnded(Exception):
    """The server closed the socket and said not to come back."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the server ended the connection: {code}")
        self.code = code


class ChannelRefused(Exception):
    """One or more channels cannot be listened to; `codes` says why by channel."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{channel}: {code}" for channel, code in codes.items()))
        self.codes = dict(codes)


class RealtimeClient:
    """`ticket_source` gives a new ticket for every socket, which opens only one; `grant_source` a grant for the
    channels it is asked for. After the first socket, what either raises is tried again after a pause."""

    def __init__(
        self,
        url: str,
        ticket_source: TicketSource,
        *,
        origin: str,
        positions: Mapping[str, str] | None = None,
        grant_source: GrantSource | None = None,
        on_state: StateListener = lambda _state, _error: None,
        timing: Timing = Timing(),  # noqa: B008 - immutable
    ) -> None:
        self.sockets_opened = 0
        self.ended: str | None = None
        self._url, self._origin, self._timing = url, origin, timing
        self._ticket_source, self._grant_source, self._on_state = ticket_source, grant_source, on_state
        self._record = Record(positions or {})
        self._shown: list[Frame] = []
        self._news = asyncio.Event()
        self._link: Link | None = None
        self._next: Link | None = None
        self._again: dict[str, None] = {}  # what is to be asked for again, in order
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def positions(self) -> dict[str, str]:
        """The last position of each channel."""
        return self._record.positions

    @property
    def is_open(self) -> bool:
        """Whether there is a socket, and it has resumed."""
        return self._link is not None and not self._link.gone.is_set()

    async def __aenter__(self) -> Self:
        """Raises SocketRefused, SocketEnded, or what kept the first socket from opening."""
        try:
            life = await self._move()
        except BaseException:
            if self._link is not None:
                self._link.drop()
            raise
        self._keeping = self._begin(self._keep(life))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._link is not None:
            await self._link.close()

    async def expect(self, kind: str, *, channel: str | None = None, timeout: float = OPEN_TIMEOUT) -> Frame:
        """The oldest frame of this type not expected before, waited for if it has not come yet.

        Raises:
            TimeoutError: none came; says what came instead.
            SocketEnded: none came, and none will.
        """

        def found() -> Frame | None:
            matching = (f for f in self._shown if f["type"] == kind and channel in (None, f.get("channel")))
            return next(matching, None)

        try:
            async with asyncio.timeout(timeout):
                return await self._taken(found)
        except TimeoutError:
            came = ", ".join(frame["type"] for frame in self._shown) or "nothing"
            raise TimeoutError(f"no {kind} within {timeout} s; {came} came") from None

    async def next(self) -> Frame:
        """The oldest frame of any type that was not taken before, however long it takes. Raises SocketEnded."""
        return await self._taken(lambda: next(iter(self._shown), None))

    async def subscribe(self, *channels: str) -> None:
        """Listen to these, now and on every later socket.

        Raises:
            ChannelRefused: some of them cannot be listened to; the others are.
        """
        record = self._record
        record.want(channels)
        with suppress(ConnectionClosed):  # the next socket asks for them
            await self._ask_for(list(channels))
        async with asyncio.timeout(OPEN_TIMEOUT):
            await self._until(lambda: all(each in record.positions or each in record.refused for each in channels))
        self._shown = [frame for frame in self._shown if frame["type"] != "subscribed"]
        if codes := {channel: record.refused[channel] for channel in channels if channel in record.refused}:
            raise ChannelRefused(codes)

    async def unsubscribe(self, *channels: str) -> None:
        for channel in channels:
            self._record.forget(channel)
        await self.send({"action": "unsubscribe", "channels": list(channels)})
        await self.expect("unsubscribed")

    async def send(self, frame: Frame | str) -> None:
        """A frame, or whatever text stands in for one."""
        if self._link is None:
            raise RuntimeError("the client is not open: use it as `async with`")
        await self._link.send(frame)

    def cut(self) -> None:
        """Lose the connection without a word, as a phone in a tunnel does; the client then opens another."""
        if self._link is not None:
            self._link.drop()

    def wake(self) -> None:
        """Come back after other sockets of this person replaced this client's last one, which it does not by itself."""
        if self.ended == "replaced" and self._keeping is not None:
            self.ended = None
            if self._keeping.done():
                self._keeping = self._begin(self._keep(0))

    async def _keep(self, life: float) -> None:
        """Open the next socket when the last is lost, or shortly before it ends."""
        timing, pause = self._timing, self._timing.first_pause
        while not self._is_over():
            began = asyncio.get_running_loop().time()
            await self._while_it_lives(life)
            if asyncio.get_running_loop().time() - began > timing.steady:
                pause = timing.first_pause
            moved, planned = False, self.is_open
            while not moved and not self._is_over():
                if not planned:
                    # All clients of a gateway that restarts lose it at once, and must not come back at once.
                    await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - jitter, no secret
                    pause = min(2 * pause, timing.longest_pause)
                planned = False
                try:
                    life = await self._move()
                    moved = True
                except Exception as error:  # noqa: BLE001 - whatever a source raises, the next attempt may work
                    if not self._is_over() and not self.is_open:
                        self._on_state("waiting", error)

    async def _while_it_lives(self, life: float) -> None:
        if self._link is None:
            return
        due = life * random.uniform(0.85, 0.95) if life >= self._timing.shortest_life else None  # noqa: S311 - jitter
        with suppress(TimeoutError):
            async with asyncio.timeout(due):
                await self._link.gone.wait()

    async def _move(self) -> float:
        """Open a socket, resume on it, and leave the one before; how many seconds it will live."""
        ticket = await _now(self._ticket_source())
        socket = await opened(self._url, ticket, self._origin)
        link = self._next = Link(socket, self._take, self._timing)
        self.sockets_opened += 1
        try:
            asked: dict[str, str] = {}
            resumed: Frame | None = None
            # What was subscribed to meanwhile, on the socket before, is resumed too.
            while resumed is None or self.positions.keys() - asked.keys():
                more = {channel: at for channel, at in self.positions.items() if channel not in asked}
                asked |= more
                resumed = await self._resume(link, more)
        except BaseException:
            link.drop()
            if self.ended is not None:
                raise SocketEnded(self.ended) from None
            raise
        finally:
            self._next = None
        before, self._link = self._link, link
        self._record.asked.clear()
        self._release(link, asked, resumed)
        self._on_state("live", None)
        if before is not None:
            self._begin(before.close())
        await self._ask_for(self._record.missing)
        # By the server's clock, as this machine's may be wrong: a position begins with its milliseconds.
        given = (UUID(resumed["position"]).int >> 80) / 1000
        return datetime.fromisoformat(resumed["ends_at"]).timestamp() - given

    async def _resume(self, link: Link, positions: Mapping[str, str]) -> Frame:
        """Ask for what was missed until it has come whole: what breaks off says so, and has no `resumed`."""
        pause = self._timing.first_pause
        while True:
            grant = await self._grant(list(positions))  # each time, as it lives for ten minutes
            answer = await link.ask_to_resume({"action": "resume", "positions": positions, "ref": RESUME, **grant})
            if answer["type"] == "resumed":
                # Before what was held is shown, as some of them may be among it.
                for frame_id in answer.get("omitted", ()):
                    self._record.is_new(frame_id)
                return answer
            jittered = random.uniform(pause / 2, pause)  # noqa: S311 - jitter, no secret
            await asyncio.sleep(max(jittered, answer.get("retry_after", 0)))
            pause = min(2 * pause, self._timing.longest_pause)

    async def _ask_for(self, channels: list[str]) -> None:
        if not channels or self._link is None:
            return
        grant = await self._grant(channels)
        question = {"action": "subscribe", "channels": channels, "ref": self._record.ask(channels), **grant}
        await self._link.send(question)

    async def _ask_again(self, pause: float) -> None:
        """All of them in one question: those that came too fast one by one would so again."""
        await asyncio.sleep(pause)
        channels = [channel for channel in self._again if channel in self._record.wanted]
        self._again.clear()
        with suppress(ConnectionClosed):  # the next socket asks for them
            await self._ask_for(channels)

    async def _grant(self, channels: list[str]) -> dict[str, str]:
        closed = [channel for channel in channels if channel.startswith(("post:", "conversation:"))]
        return {"grant": await _now(self._grant_source(closed))} if closed and self._grant_source else {}

    def _take(self, link: Link, frame: Frame) -> None:
        if frame["type"] == "closing":
            self._tell(frame)
            # Who has as many sockets as one may loses the oldest to the next one, which may be this client's own.
            replaced_by_own = frame["code"] == "replaced" and link is self._link and self._next is not None
            if not frame["reconnect"] and not replaced_by_own:
                self.ended = frame["code"]
                if self._next is not None:
                    self._next.drop()
            link.drop()
        elif not link.holds(frame):
            self._show(frame)
        self._news.set()

    def _release(self, link: Link, asked: Mapping[str, str], resumed: Frame) -> None:
        for frame in sorted(link.release(), key=lambda each: str(each["position"]) if "data" in each else ""):
            self._show(frame)
        self._record.advance({*asked, *resumed["channels"]}, resumed["position"])
        self._tell(resumed)

    def _show(self, frame: Frame) -> None:
        if "data" in frame:  # something that happened, not an answer to this client
            if self._record.takes(frame):
                self._tell(frame)
        elif not self._is_asked_again(frame):
            self._tell(frame)

    def _is_asked_again(self, frame: Frame) -> bool:
        """Notes what the server answers of channels; whether it is a `subscribe` to be asked again."""
        asked = self._record.asked.get(str(frame.get("ref")))
        if frame["type"] == "subscribed":
            self._record.advance(frame["channels"], frame["position"])
        elif is_for_later(frame) and asked is not None:
            if not self._again:
                self._begin(self._ask_again(max(self._timing.first_pause, frame.get("retry_after", 0))))
            self._again.update(dict.fromkeys(asked))
            return True
        elif frame["type"] == "error" and "channel" in frame:
            self._record.refuse(frame["channel"], frame["code"])
        return False

    def _tell(self, frame: Frame) -> None:
        self._shown.append(frame)
        self._news.set()

    async def _taken(self, find: Callable[[], Frame | None]) -> Frame:
        await self._until(lambda: find() is not None)
        frame = find()
        assert frame is not None  # noqa: S101 - what was waited for
        self._shown.remove(frame)
        return frame

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            if self.ended is not None:
                raise SocketEnded(self.ended)
            self._news.clear()
            await self._news.wait()

    def _is_over(self) -> bool:
        return self.ended is not None

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _now(given: str | Awaitable[str]) -> str:
    return await given if isawaitable(given) else given
