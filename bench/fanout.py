"""A post told to 10,000 followers, ours against boto3 with 32 threads in the same rounds.

A stub of the gateway (bench/stub_gateway.py, a process of its own) answers each frame in 10 ms. 100 connections are
gone, 100 are throttled once, one never answers; 9,899 are live and answer in the end. Ours goes as `push` goes: chunks
are made from the followers and sockets in tables, and handed over, whereupon the rows of the gone are removed. The
tables are MiniStack's, in a third process; how long it took to read them stands above the table and is not timed with
the rest. The baseline is `post_to_connection` of boto3, with the same time-outs and tries, and removes nothing. Each
plays three rounds, of which the median counts.

`vs_boto3` compares live frames a second, until the last live socket has its own: the one that never answers takes its
two seconds beside. `cpu_ms_per_push` is the processor time of all that the hand-over does, by frame. `p99_ms` is how
long after its start 99 of 100 live sockets had the frame. Duplicates on the wire are a share of the live. Aims: 5 and
0.1 ms; each live one delivered, none stale left; at most 0.001 twice on the wire, and none at a client that drops ids
it knows.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from bench.cold_start import free_port
from devstack import ministack
from mundotango import ids, settings
from mundotango.adapters.dynamodb import bind
from mundotango.adapters.pusher import SocketPusher
from mundotango.bootstrap import Platform
from mundotango.realtime.connections import ConnectionRow
from mundotango.realtime.delivery import chunks_of, deliveries_in, hand_over, large_audience
from mundotango.realtime.edges import EdgeRow
from mundotango.realtime.model import Activity, Appended, Delivery, Socket, author_channel
from mundotango.realtime.packing import Packed
from mundotango.realtime.policy import CONNECTION_LIFE, OPENING_TIME

SOCKETS, GONE, THROTTLED = 10_000, 100, 100
ROUNDS = 3
THREADS = 32
AUTHOR = ids.new_id()


@dataclass(frozen=True, slots=True)
class Crowd:
    sockets: list[Socket]

    @classmethod
    def make(cls) -> Self:
        domain = "abcdef0123.execute-api.us-east-1.amazonaws.com"
        return cls([Socket(f"{ids.new_secret()[:15]}=", ids.new_id(), domain, "ws") for _ in range(SOCKETS)])

    @property
    def gone(self) -> list[Socket]:
        return self.sockets[:GONE]

    @property
    def throttled(self) -> list[Socket]:
        return self.sockets[GONE : GONE + THROTTLED]

    @property
    def hanging(self) -> list[Socket]:
        return self.sockets[-1:]

    @property
    def live(self) -> set[str]:
        return {socket.connection_id for socket in self.sockets[GONE:-1]}


@dataclass(frozen=True, slots=True)
class Round:
    seconds: float
    cpu_ms: float
    p99_ms: float
    delivered: int
    duplicates: float
    shown_twice: int


class Stub:
    def __init__(self, crowd: Crowd) -> None:
        names = [",".join(each.connection_id for each in some) for some in (crowd.gone, crowd.throttled, crowd.hanging)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.stub_gateway", *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = f"http://127.0.0.1:{self._line()}"

    def arrived(self) -> list[tuple[str, str, float]]:
        """Since it was asked last."""
        assert self._process.stdin  # noqa: S101 (a benchmark)
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return [tuple(each) for each in json.loads(self._line())]

    def stop(self) -> None:
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout  # noqa: S101 (a benchmark)
        return self._process.stdout.readline().strip()


@contextmanager
def tables() -> Iterator[None]:
    """MiniStack with the tables, in the environment."""
    with tempfile.TemporaryDirectory(prefix="mundo-bench-") as folder:
        home, port = Path(folder) / "ministack", free_port()
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "CONNECTIONS_TABLE": "connections",
            "EDGES_TABLE": "edges",
        }
        ministack.start(home, port)
        try:
            for name, model in (("connections", ConnectionRow), ("edges", EdgeRow)):
                bind(model, name, settings.Region.from_env()).create_table(billing_mode="PAY_PER_REQUEST")
            yield
        finally:
            ministack.stop(home)


def fill(platform: Platform, crowd: Crowd) -> None:
    """Everybody follows, and has one socket: the row by which it is found, and of those that will go all rows."""
    edge, row = bind(EdgeRow, "edges", platform.region), bind(ConnectionRow, "connections", platform.region)
    opened_at = platform.clock.now() - 2 * OPENING_TIME
    ends_at = opened_at + CONNECTION_LIFE
    with edge.batch_write() as edges, row.batch_write() as rows:
        for version, socket in enumerate(crowd.sockets):
            edges.save(edge(f"author#{AUTHOR}", f"follower#{socket.user_id}", version=version, active=True))
        for socket in crowd.sockets[GONE:-1]:
            sockets = {str(Packed(socket, opened_at, ends_at))}
            rows.save(row(f"user#{socket.user_id}", "sockets", sockets=sockets, expires_at=ends_at))
    open_doomed(platform, crowd)


def open_doomed(platform: Platform, crowd: Crowd) -> None:
    """Those that will be gone or closed."""
    for socket in (*crowd.gone, *crowd.hanging):
        opened(platform, socket)


def opened(platform: Platform, socket: Socket) -> None:
    at = platform.clock.now() - 2 * OPENING_TIME
    platform.connections.open(socket, opened_at=at, expires_at=at + CONNECTION_LIFE)


def a_post(platform: Platform) -> Appended:
    body = "¿Quién está en La Viruta esta noche? 💃 " * 20
    payload = {"id": str(ids.new_id()), "body": body, "author": {"id": str(AUTHOR), "handle": "malena"}}
    activity = Activity(ids.new_id(), "post.created", AUTHOR, author_channel(AUTHOR), payload, platform.clock.now())
    return Appended(activity, author_channel(AUTHOR), ids.new_position())


def ours(platform: Platform, stub: Stub) -> Callable[[list[Delivery]], None]:
    platform.pusher = SocketPusher(settings.Region(platform.region.name, stub.url))

    def deliver(deliveries: list[Delivery]) -> None:
        hand_over(platform, deliveries)

    return deliver


def boto3s(platform: Platform, stub: Stub) -> Callable[[list[Delivery]], None]:
    client = boto3.client(
        "apigatewaymanagementapi",
        platform.region.name,
        endpoint_url=f"{stub.url}/ws",
        config=Config(
            connect_timeout=settings.SOCKET_DELIVERY_TIMEOUT,
            read_timeout=settings.SOCKET_DELIVERY_TIMEOUT,
            retries={"total_max_attempts": 4, "mode": "standard"},
            max_pool_connections=THREADS,
        ),
    )

    def post(delivery: Delivery) -> None:
        try:
            client.post_to_connection(ConnectionId=delivery.socket.connection_id, Data=delivery.text.encode())
        except (BotoCoreError, ClientError):
            return  # gone, or does not answer

    def deliver(deliveries: list[Delivery]) -> None:
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(post, deliveries))

    return deliver


def played(deliver: Callable[[list[Delivery]], None], deliveries: list[Delivery], crowd: Crowd, stub: Stub) -> Round:
    started, cpu = time.monotonic(), time.process_time()
    deliver(deliveries)
    cpu = time.process_time() - cpu
    live = crowd.live
    wire = [(connection_id, text, at - started) for connection_id, text, at in stub.arrived() if connection_id in live]
    first: dict[tuple[str, str], float] = {}
    for connection_id, text, after in wire:
        first.setdefault((connection_id, json.loads(text)["id"]), after)
    return Round(
        seconds=max(first.values()),
        cpu_ms=1000 * cpu / len(deliveries),
        p99_ms=1000 * statistics.quantiles(first.values(), n=100)[-1],
        delivered=len({connection_id for connection_id, _ in first}),
        duplicates=(len(wire) - len(first)) / len(live),
        shown_twice=shown(wire) - len(first),
    )


def shown(wire: list[tuple[str, str, float]]) -> int:
    """How many frames clients show that drop what they know."""
    known: dict[str, set[str]] = {}
    count = 0
    for connection_id, text, _ in wire:
        frame_id = json.loads(text)["id"]
        count += frame_id not in known.setdefault(connection_id, set())
        known[connection_id].add(frame_id)
    return count


def stale_rows(platform: Platform, crowd: Crowd) -> int:
    """Rows of connections that are gone or were closed."""
    users = {socket.user_id for socket in (*crowd.gone, *crowd.hanging)}
    return len(platform.connections.of_users(users, platform.clock.now()))


def show(rounds: dict[str, list[Round]], read: float) -> None:
    table = Table(title=f"{SOCKETS} sockets, {ROUNDS} rounds; finding them took {read:.1f} s", title_justify="left")
    for heading in ("", "live frames/s", "CPU ms a push", "p99 ms", "delivered"):
        table.add_column(heading, justify="left" if not heading else "right")
    for side, played_rounds in rounds.items():
        for each in played_rounds:
            rate = each.delivered / each.seconds
            table.add_row(side, f"{rate:.0f}", f"{each.cpu_ms:.3f}", f"{each.p99_ms:.0f}", str(each.delivered))
    Console().print(table)


def main() -> None:
    crowd = Crowd.make()
    stub = Stub(crowd)
    with tables(), Console(stderr=True).status("opening 10,000 sockets"):
        platform = Platform()
        fill(platform, crowd)
        sides = {"ours": ours(platform, stub), "boto3": boto3s(platform, stub)}
        rounds: dict[str, list[Round]] = {side: [] for side in sides}
        stale = 0
        for _ in range(ROUNDS):
            started = time.monotonic()
            chunks = list(chunks_of(a_post(platform), large_audience(platform, author_channel(AUTHOR))))
            read = time.monotonic() - started
            deliveries = deliveries_in(chunks)
            for side, deliver in sides.items():
                rounds[side].append(played(deliver, deliveries, crowd, stub))
                if side == "ours":
                    stale += stale_rows(platform, crowd)
            open_doomed(platform, crowd)
        stub.stop()
    show(rounds, read)
    print(json.dumps(figures(rounds, stale)))


def figures(rounds: dict[str, list[Round]], stale: int) -> dict[str, Any]:
    def median(side: str, of: Callable[[Round], float]) -> float:
        return statistics.median(map(of, rounds[side]))

    mine = rounds["ours"]
    return {
        "bench": "fanout",
        "vs_boto3": round(median("boto3", lambda each: each.seconds) / median("ours", lambda each: each.seconds), 2),
        "cpu_ms_per_push": round(median("ours", lambda each: each.cpu_ms), 3),
        "delivered": min(each.delivered for each in mine),
        "stale_left": stale,
        "duplicates_on_wire": round(max(each.duplicates for each in mine), 5),
        "duplicates_after_dedup": sum(each.shown_twice for each in mine),
        "p99_ms": round(median("ours", lambda each: each.p99_ms)),
    }


if __name__ == "__main__":
    main()
