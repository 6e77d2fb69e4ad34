"""The people of bench/resume.py, where they live, and the sockets they sit at."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
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
from mundotango.realtime.grants import issue_grant
from mundotango.realtime.model import (
    Kind,
    Ticket,
    author_channel,
    city_channel,
    conversation_channel,
    user_channel,
)
from mundotango.realtime.service import issue_ticket
from operations.realtime import RealtimeClient, SocketRefused

# So many handshakes at once while the sockets are opened, and how long one is tried: the first meet functions that are
# cold, and clients give a handshake ten seconds.
OPENING, OPENING_SECONDS = 4, 120.0
TOKEN_LIFE = timedelta(hours=1)
AWAY_SECONDS = 1.0
# How each family of channels is told here; one kind each, and none of which a later one replaces an earlier one.
KIND_OF: dict[str, Kind] = {
    "author": "post.created",
    "city": "event.created",
    "conversation": "conversation.read",
    "user": "comment.created",
}


@dataclass(slots=True)
class Listener:
    """Somebody at a socket. `shown` are the ids and positions of what their client showed, in that order, and `errors`
    what their client met between its sockets."""

    user_id: UUID
    author_id: UUID
    city: str
    conversation_id: UUID
    shown: list[Place] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    client: RealtimeClient | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """All they are told of, as activities name it."""
        return author_channel(self.author_id), *self.subscribed, user_channel(self.user_id)

    @property
    def subscribed(self) -> tuple[str, str]:
        """What of it does not come by itself."""
        return city_channel(self.city), conversation_channel(self.conversation_id)

    @property
    def opened(self) -> int:
        """How many sockets they had."""
        return self.client.sockets_opened if self.client is not None else 0

    @property
    def is_back(self) -> bool:
        """Whether they sit at a socket that has resumed."""
        return self.client is not None and self.client.is_open

    def cut(self) -> None:
        if self.client is not None:
            self.client.cut()

    def note(self, _state: str, error: Exception | None) -> None:
        if error is not None:
            self.errors.append(error)

    def missed(self, told: Mapping[str, set[UUID]]) -> dict[str, set[UUID]]:
        """What of `told`, by channel, was not shown to them."""
        known = {activity_id for activity_id, _ in self.shown}
        return {channel: rest for channel in self.channels if (rest := told.get(channel, set()) - known)}


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
    """People with a socket each, spread evenly over so many authors, whom they follow, cities and conversations."""
    authors = [ids.new_id() for _ in range(channels)]
    conversations = [ids.new_id() for _ in range(channels)]
    # No two channels of different families with the same people.
    listeners = [
        Listener(
            ids.new_id(),
            authors[n % channels],
            f"city {(n // channels + n) % channels}",
            conversations[(2 * (n // channels) + n) % channels],
        )
        for n in range(sockets)
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
            "INSERT INTO follows (follower_id, followee_id, created_at) VALUES (%s, %s, now())",
            [(each.user_id, each.author_id) for each in listeners],
        )
        cursor.executemany(
            "INSERT INTO conversations (id, kind, created_at) VALUES (%s, 'group', now())",
            [(conversation_id,) for conversation_id in conversations],
        )
        cursor.executemany(
            """
            INSERT INTO conversation_members
                (conversation_id, user_id, state, joined_at, joined_after, read_up_to, latest_id)
            VALUES (%s, %s, 'active', now(), %s, %s, %s)
            """,
            [(each.conversation_id, each.user_id, UUID(int=0), UUID(int=0), UUID(int=0)) for each in listeners],
        )
    for each in listeners:
        platform.edges.apply("follow", each.author_id, each.user_id, active=True, version=1)
        platform.edges.apply("member", each.conversation_id, each.user_id, active=True, version=1)
    return listeners


async def seat(
    listeners: list[Listener], stack: Stack, platform: Platform, seats: AsyncExitStack, opened: Callable[[], None]
) -> None:
    """Each at an open socket, watched from then on, until `seats` is left; `opened` is told of each."""
    free = asyncio.Semaphore(OPENING)

    async def open_one(listener: Listener) -> None:
        async def ticket() -> str:
            return await _asked(lambda: _ticket(platform, listener.user_id))

        async def grant(channels: list[str]) -> str:
            return await _asked(lambda: _grant(platform, listener.user_id, channels))

        async with free:
            client = listener.client = RealtimeClient(
                stack.socket_url, ticket, grant_source=grant, origin=stack.site_url, on_state=listener.note
            )
            await _enter(seats, client)
            await client.subscribe(*listener.subscribed)
        watching = asyncio.create_task(_watch(client, listener.shown))
        seats.callback(watching.cancel)
        opened()

    await open_one(listeners[0])
    async with asyncio.TaskGroup() as opening:
        for listener in listeners[1:]:
            opening.create_task(open_one(listener))


async def _asked(ask: Callable[[], str]) -> str:
    """As the API answers, which is 503 where a store is away, and a client asks again."""
    while True:
        try:
            return await asyncio.to_thread(ask)
        except Unavailable:
            await asyncio.sleep(AWAY_SECONDS)


def _ticket(platform: Platform, user_id: UUID) -> str:
    ticket = Ticket(user_id, platform.clock.now() + TOKEN_LIFE)
    return issue_ticket(platform.tickets, ticket, platform.clock)[0]


def _grant(platform: Platform, user_id: UUID, channels: list[str]) -> str:
    with platform.unit_of_work() as work:
        return issue_grant(work, platform.grants, user_id, channels, platform.clock).grant


async def _enter(seats: AsyncExitStack, client: RealtimeClient) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.time() + OPENING_SECONDS
    while True:
        try:
            await seats.enter_async_context(client)
            return
        except (ConnectionClosed, InvalidHandshake, OSError, SocketRefused, TimeoutError):
            if loop.time() > ends:
                raise
        await asyncio.sleep(AWAY_SECONDS)


async def _watch(client: RealtimeClient, shown: list[Place]) -> None:
    while True:
        frame = await client.next()
        if frame["type"] in KIND_OF.values():
            shown.append((UUID(frame["id"]), frame["position"]))


@dataclass(frozen=True, slots=True)
class Verdict:
    """How often a client did not show what stood in a channel of its, showed it again, or showed it too late."""

    lost: int
    duplicates_after_dedup: int
    out_of_order: int


def judge(listeners: list[Listener], channel_of: Mapping[UUID, str], appended_by: Mapping[Place, str]) -> Verdict:
    """By what was written to which channel, and who appended it: the order of a channel is that of each who appends."""
    told = by_channel(channel_of)
    lost = duplicates = late = 0
    for listener in listeners:
        lost += sum(map(len, listener.missed(told).values()))
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


def explain(listeners: list[Listener], channel_of: Mapping[UUID, str]) -> list[str]:
    """Of each who lost something: what, whether they are back, and what their client met."""
    told = by_channel(channel_of)
    lines = []
    for listener in listeners:
        if (missed := listener.missed(told)) and listener.client is not None:
            client = listener.client
            lost = ", ".join(f"{len(some)} of {channel}" for channel, some in missed.items())
            where = f"ended: {client.ended}" if client.ended else "live" if client.is_open else "away"
            met = ", ".join(
                f"{n} {kind}" for kind, n in Counter(type(each).__name__ for each in listener.errors).items()
            )
            last = f"; last: {listener.errors[-1]!r}" if listener.errors else ""
            lines.append(
                f"{listener.user_id} lost {lost}; {where}; sockets: {listener.opened}; met: {met or 'nothing'}{last}; "
                f"positions: {client.positions}"
            )
    return lines


def by_channel(channel_of: Mapping[UUID, str]) -> dict[str, set[UUID]]:
    told: dict[str, set[UUID]] = {}
    for activity_id, channel in channel_of.items():
        told.setdefault(channel, set()).add(activity_id)
    return told
