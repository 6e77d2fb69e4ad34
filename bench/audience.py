"""The people of bench/resume.py, where they live, and the sockets they sit at."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bench.shifted_writer import Place
from devstack import database, ministack
from devstack.cloud import LocalCloud
from devstack.stack import Stack
from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.realtime.model import Kind, author_channel, post_channel, user_channel
from mundotango.realtime.service import issue_ticket
from operations.realtime import RealtimeClient, SocketRefused

# So many handshakes at once while the sockets are opened; the first may meet functions that are cold, and ask again.
OPENING, TRIES = 4, 5
# How each family of channels is told here; one kind each, so that what a client shows of a channel has an order.
KIND_OF: dict[str, Kind] = {"author": "post.created", "user": "comment.created", "post": "reaction.changed"}


@dataclass(slots=True)
class Listener:
    """Somebody at a socket. `shown` are the ids and positions of what their client showed, in that order."""

    user_id: UUID
    author_id: UUID
    post_id: UUID
    shown: list[Place] = field(default_factory=list)
    client: RealtimeClient | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """All they are told of, as activities name it."""
        return author_channel(self.author_id), post_channel(self.post_id), user_channel(self.user_id)

    @property
    def opened(self) -> int:
        """How many sockets they had."""
        return self.client.sockets_opened if self.client is not None else 0

    def cut(self) -> None:
        if self.client is not None:
            self.client.cut()


def environment(cloud: LocalCloud) -> dict[str, str]:
    """How a process of ours is told of the local cloud; a function there is told the same."""
    tables = {
        f"{name.removesuffix('Table').upper()}_TABLE": real
        for name, real in cloud.stack.resources.items()
        if name.endswith("Table")
    }
    return tables | {
        "AWS_ACCESS_KEY_ID": ministack.ACCOUNT,
        "AWS_ENDPOINT_URL": ministack.endpoint(cloud.servers.ports.gateway),
        "AWS_REGION": ministack.REGION,
        "AWS_SECRET_ACCESS_KEY": "local",
        "DATABASE_HOST": cloud.servers.database.host,
        "DATABASE_NAME": database.NAME,
        "DATABASE_PORT": str(cloud.servers.database.port),
        "DATABASE_SSLMODE": "disable",
        "DATABASE_USER": "mundo_app",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "POWERTOOLS_SERVICE_NAME": "bench",
    }


def gather(cloud: LocalCloud, platform: Platform, sockets: int, channels: int) -> list[Listener]:
    """People with a socket each, spread evenly over so many authors, whom they follow, and as many posts of theirs."""
    authors = [ids.new_id() for _ in range(channels)]
    posts = [ids.new_id() for _ in range(channels)]
    # Other readers for a post than for its author, and no two channels with the same people.
    listeners = [
        Listener(ids.new_id(), authors[n % channels], posts[(n // channels + n) % channels]) for n in range(sockets)
    ]
    people = [*authors, *(each.user_id for each in listeners)]
    with psycopg.connect(cloud.servers.database.dsn(database.NAME)) as connection, connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO users (id, handle, display_name, bio, city, city_key, created_at, updated_at)
            VALUES (%s, %s, 'Dancer', '', '', '', now(), now())
            """,
            [(user_id, f"dancer_{n}") for n, user_id in enumerate(people)],
        )
        cursor.executemany(
            """
            INSERT INTO posts (id, user_id, body, city, city_key, created_at, version, visibility)
            VALUES (%s, %s, 'Who is at the milonga tonight?', '', '', now(), 1, 'public')
            """,
            list(zip(posts, authors, strict=True)),
        )
        cursor.executemany(
            "INSERT INTO follows (follower_id, followee_id, created_at) VALUES (%s, %s, now())",
            [(each.user_id, each.author_id) for each in listeners],
        )
    for each in listeners:
        platform.edges.apply("follow", each.author_id, each.user_id, active=True, version=1)
    return listeners


async def seat(
    listeners: list[Listener], stack: Stack, platform: Platform, seats: AsyncExitStack, opened: Callable[[], None]
) -> None:
    """Each at an open socket, watched from then on, until `seats` is left; `opened` is told of each."""
    free = asyncio.Semaphore(OPENING)

    async def open_one(listener: Listener) -> None:
        async def ticket() -> str:
            while True:
                with suppress(Unavailable):  # the API would answer 503, and a client ask again
                    return (await asyncio.to_thread(issue_ticket, platform.tickets, listener.user_id, platform.clock))[
                        0
                    ]
                await asyncio.sleep(1)

        async with free:
            client = listener.client = RealtimeClient(stack.socket_url, ticket, origin=stack.site_url)
            await _enter(seats, client)
            await client.subscribe(post_channel(listener.post_id))
        for kind in KIND_OF.values():
            watching = asyncio.create_task(_watch(client, kind, listener.shown))
            seats.callback(watching.cancel)
        opened()

    async with asyncio.TaskGroup() as opening:
        for listener in listeners:
            opening.create_task(open_one(listener))


def _ticket(platform: Platform, user_id: UUID) -> str:
    while True:
        with suppress(Unavailable):  # the API would answer 503, and a client ask again
            return issue_ticket(platform.tickets, user_id, platform.clock)[0]
        time.sleep(1)


async def _enter(seats: AsyncExitStack, client: RealtimeClient) -> None:
    for left in reversed(range(TRIES)):
        try:
            await seats.enter_async_context(client)
            return
        except (ConnectionClosed, InvalidHandshake, OSError, SocketRefused, TimeoutError):
            if not left:
                raise


async def _watch(client: RealtimeClient, kind: Kind, shown: list[Place]) -> None:
    while True:
        frame = await client.expect(kind, timeout=3600)
        shown.append((UUID(frame["id"]), frame["position"]))


@dataclass(frozen=True, slots=True)
class Verdict:
    """How often a client did not show what stood in a channel of its, showed it again, or showed it too late."""

    lost: int
    duplicates_after_dedup: int
    out_of_order: int


def judge(listeners: list[Listener], channel_of: Mapping[UUID, str], appended_by: Mapping[Place, str]) -> Verdict:
    """By what was written to which channel, and who appended it: the order of a channel is that of each who appends."""
    told: dict[str, set[UUID]] = {}
    for activity_id, channel in channel_of.items():
        told.setdefault(channel, set()).add(activity_id)
    lost = duplicates = late = 0
    for listener in listeners:
        expected = set[UUID]().union(*(told.get(channel, ()) for channel in listener.channels))
        lost += len(expected - {activity_id for activity_id, _ in listener.shown})
        last: dict[tuple[str, str], str] = {}
        seen: set[UUID] = set()
        for activity_id, position in listener.shown:
            duplicates += activity_id in seen
            process = appended_by.get((activity_id, position))
            if activity_id not in seen and process is not None:
                series = process, channel_of[activity_id]
                late += position < last.get(series, "")
                last[series] = max(position, last.get(series, ""))
            seen.add(activity_id)
    return Verdict(lost, duplicates, late)
