"""Whether a client that loses its connection loses anything else: nothing, shows nothing twice, and all in order.

500 real sockets on the local cloud, of clients in Python that reconnect by themselves (operations/realtime). In each
of 20 rounds 50 activities are written, and a random twentieth of the sockets is cut without a word, each at a random
moment between them: 500 cuts in all, so that a socket is cut once on average, some not at all and some several times.
A round ends when those who were cut are back: it is the protocol that is measured, and not how many sockets a second
the local cloud opens.
The audience is spread: a socket hears one author of 40 whom its person follows (`home`), one city of 40 (`city:`), one
conversation of 40 (`conversation:`, by a grant), and its person (`user:`).

Five processes write, as requests do, by clocks that are wrong by -2, -1, 0, 1 and 2 s; their ids, and the positions
they give, are wrong with them. Of the activities 5 % are not announced by who wrote them, but by the platform's sweep,
every 25 s, whose clock is 2 s slow.

`lost` counts each frame that a client never showed though it stood in a channel of its, `duplicates_after_dedup` each
that a client showed again, and `out_of_order` each shown after one that the same process appended later to the same
channel. What a client is told to fetch anew (`resync`) counts as lost. Aims: 0 each.

`reconnects` are the sockets that were opened after the first.

Run it by `python -m bench.resume`; its last line is JSON. It takes about six minutes, two of them for a local cloud.
"""

import asyncio
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict, dataclass, field
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from bench import audience
from bench.audience import KIND_OF, Listener, explain, judge
from bench.shifted_writer import Place, Publication, begin, publish, sweep
from devstack import cloud as local
from devstack.progress import Progress
from devstack.stack import Stack
from mundotango import ids
from mundotango.bootstrap import Platform

SOCKETS, CHANNELS, FRAMES = 500, 40, 1000
ROUNDS, CUT_SHARE = 20, 0.05
# In so long the frames of a round are written and its sockets cut; after so long more nobody is waited for.
ROUND_SECONDS, BACK_SECONDS = 6.0, 60.0
LATE_SHARE, SWEEP_EVERY, SWEEP_SHIFT = 0.05, 25.0, -2.0
WRITER_SHIFTS = (-2.0, -1.0, 0.0, 1.0, 2.0)
# Whoever is on their way back has lost nothing yet, but has to come. What has not come to those who are back will not
# come: nothing did for longer than a frame may be under way.
RETURN_SECONDS, QUIET_SECONDS = 120.0, 45.0
# What is shown twice may be so a little after all was shown once.
AFTERWARDS_SECONDS = 5.0


@dataclass(slots=True)
class Written:
    """The channel of each activity, and which process appended it where."""

    channel_of: dict[UUID, str] = field(default_factory=dict)
    appended_by: dict[Place, str] = field(default_factory=dict)

    def add(self, process: str, channel_of: dict[UUID, str], appended: Sequence[Place]) -> None:
        self.channel_of |= channel_of
        self.appended_by |= dict.fromkeys(appended, process)


def plan(listeners: list[Listener], numbers: range, late: set[int], chance: random.Random) -> list[list[Publication]]:
    """What each writer writes when in a round: two fifths to authors, and a tenth to single people."""
    shares: list[list[Publication]] = [[] for _ in WRITER_SHIFTS]
    begins = time.time()
    for number in numbers:
        listener = chance.choice(listeners)
        family = chance.choices(("author", "city", "conversation", "user"), (40, 25, 25, 10))[0]
        channel = next(each for each in listener.channels if each.startswith(f"{family}:"))
        at, payload = begins + chance.uniform(0, ROUND_SECONDS), _payload(family, listener)
        shares[number % len(shares)].append(
            Publication(at, KIND_OF[family], listener.author_id, channel, payload, number in late)
        )
    return [sorted(share, key=lambda each: each.at) for share in shares]


def _payload(family: str, listener: Listener) -> dict[str, object]:
    """As the platform tells it."""
    new_id, author_id = str(ids.new_id()), str(listener.author_id)
    match family:
        case "author":
            return {"id": new_id, "version": 1}
        case "city":
            return {"id": new_id}
        case "conversation":
            return {"conversation_id": str(listener.conversation_id), "user_id": author_id, "message_id": new_id}
        case _:
            author = {"id": author_id, "handle": "dancer", "display_name": "Dancer"}
            return {"post_id": new_id, "comment_id": str(ids.new_id()), "parent_id": None, "author": author}


async def cut_at_random(listeners: list[Listener], chance: random.Random) -> None:
    """Each of some at a moment of its own, until they are back."""
    began = time.monotonic()
    chosen = chance.sample(listeners, round(len(listeners) * CUT_SHARE))
    moments = sorted(chance.uniform(0, ROUND_SECONDS) for _ in chosen)
    for moment, listener in zip(moments, chosen, strict=True):
        await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
        listener.cut()
    await return_of(chosen, BACK_SECONDS)


async def return_of(listeners: list[Listener], seconds: float) -> None:
    """Until all are back, or the time is over."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not all(each.is_back for each in listeners):
        await asyncio.sleep(0.1)


async def sweep_until(done: asyncio.Event, sweeper: ProcessPoolExecutor, written: Written) -> None:
    """Every so often, and once more when all is written."""
    loop = asyncio.get_running_loop()
    while True:
        last = done.is_set()
        written.add("sweep", {}, await loop.run_in_executor(sweeper, sweep))
        if last:
            return
        try:
            await asyncio.wait_for(done.wait(), SWEEP_EVERY)
        except TimeoutError:
            continue


async def settle(listeners: list[Listener], written: Written) -> None:
    """Until every client has shown all it should, or all are back and none shows anything any more."""
    await return_of(listeners, RETURN_SECONDS)
    shown, since = -1, time.monotonic()
    while judge(listeners, written.channel_of, written.appended_by).lost and time.monotonic() - since < QUIET_SECONDS:
        now = sum(len(each.shown) for each in listeners)
        if now != shown:
            shown, since = now, time.monotonic()
        await asyncio.sleep(1)
    await asyncio.sleep(AFTERWARDS_SECONDS)


class Processes:
    """A process for each clock that is wrong."""

    def __init__(self, environment: dict[str, str], ends: ExitStack) -> None:
        def one(shift: float) -> ProcessPoolExecutor:
            spawn = multiprocessing.get_context("spawn")
            return ends.enter_context(ProcessPoolExecutor(1, spawn, initializer=begin, initargs=(environment, shift)))

        self.writers = [one(shift) for shift in WRITER_SHIFTS]
        self.sweeper = one(SWEEP_SHIFT)


async def play(listeners: list[Listener], processes: Processes, chance: random.Random, bars: Bars) -> Written:
    loop, written, done = asyncio.get_running_loop(), Written(), asyncio.Event()
    late = set(chance.sample(range(FRAMES), round(FRAMES * LATE_SHARE)))

    async def write(number: int, share: list[Publication]) -> None:
        channel_of, appended = await loop.run_in_executor(processes.writers[number], publish, share)
        written.add(f"writer {number}", channel_of, appended)

    sweeping = asyncio.create_task(sweep_until(done, processes.sweeper, written))
    for number in bars.track(range(ROUNDS), description="rounds of cuts"):
        shares = plan(listeners, range(number * FRAMES // ROUNDS, (number + 1) * FRAMES // ROUNDS), late, chance)
        writing = [write(writer, share) for writer, share in enumerate(shares)]
        await asyncio.gather(cut_at_random(listeners, chance), *writing)
    done.set()
    await sweeping
    await settle(listeners, written)
    return written


async def measure(stack: Stack, platform: Platform, listeners: list[Listener], processes: Processes) -> Written:
    chance = random.Random()  # noqa: S311 - other moments each time
    columns = TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    async with AsyncExitStack() as seats:
        with Bars(*columns, console=Console(stderr=True)) as bars:
            opened = bars.add_task("sockets open", total=len(listeners))
            await audience.seat(listeners, stack, platform, seats, lambda: bars.advance(opened))
            written = await play(listeners, processes, chance, bars)
            for line in explain(listeners, written.channel_of):
                bars.console.print(line, style="yellow", highlight=False)
            return written


def main() -> None:
    progress = Progress(Console(stderr=True, highlight=False))
    with local.temporary(progress) as cloud, ExitStack() as ends:
        environment = audience.environment(cloud)
        os.environ.update(environment)
        platform = Platform()
        with progress.step(f"{SOCKETS} people"):
            listeners = audience.gather(cloud, platform, SOCKETS, CHANNELS)
        processes = Processes(environment, ends)
        began = time.monotonic()
        written = asyncio.run(measure(cloud.stack, platform, listeners, processes))
        seconds = time.monotonic() - began
        verdict = judge(listeners, written.channel_of, written.appended_by)
        told = {
            "sockets": SOCKETS,
            "frames": len(written.channel_of),
            "cuts": round(ROUNDS * SOCKETS * CUT_SHARE),
            "reconnects": sum(each.opened - 1 for each in listeners),
            "shown": sum(len(each.shown) for each in listeners),
            "seconds": round(seconds),
        }
    print(json.dumps({"bench": "resume", **asdict(verdict), **told}))
    if any(asdict(verdict).values()) or told["frames"] != FRAMES:
        sys.exit("bench: a client that came back did not show what it should")


if __name__ == "__main__":
    main()
