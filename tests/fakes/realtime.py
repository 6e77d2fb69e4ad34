"""The realtime ports in memory."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from mundotango import ids
from mundotango.errors import NotFound
from mundotango.observability import correlation_id
from mundotango.realtime.model import (
    NO_AUTHORS,
    Activity,
    Appended,
    Chunk,
    Closing,
    Delivery,
    Grant,
    Outcome,
    Paced,
    Relation,
    Socket,
    Ticket,
)
from mundotango.realtime.policy import MAX_SOCKETS
from tests.protocol import check_frame


class FakeActivities:
    def __init__(self) -> None:
        self.appended: list[Appended] = []

    def append(self, activity: Activity) -> Appended:
        assert activity.channel is not None
        correlated = replace(activity, correlation_id=activity.correlation_id or correlation_id())
        appended = Appended(correlated, activity.channel, ids.new_position())
        self.appended.append(appended)
        return appended

    def since(self, channel: str, position: str, limit: int) -> list[Appended]:
        after = [each for each in self.appended if each.channel == channel and each.position > position]
        return sorted(after, key=lambda each: each.position)[:limit]

    def forget(self, channel: str, limit: int) -> int:
        gone = [each for each in self.appended if each.channel == channel][:limit]
        self.appended = [each for each in self.appended if each not in gone]
        return len(gone)


class FakeEdges:
    def __init__(self) -> None:
        self.rows: dict[tuple[Relation, UUID, UUID], tuple[int, bool]] = {}

    def apply(self, relation: Relation, one: UUID, other: UUID, *, active: bool, version: int) -> None:
        known, _ = self.rows.get((relation, one, other), (-1, False))
        if version > known:
            self.rows[relation, one, other] = (version, active)

    def each_follower(self, author_id: UUID) -> Iterator[UUID]:
        yield from self.followers(author_id)

    def followers(self, author_id: UUID) -> list[UUID]:
        return self._others("follow", author_id)

    def followed(self, follower_id: UUID, limit: int) -> list[UUID]:
        return self._ones("follow", follower_id)[:limit]

    def blocked(self, blocker_id: UUID) -> list[UUID]:
        return self._others("block", blocker_id)

    def apart(self, user_id: UUID, others: Collection[UUID], *, fresh: bool = False) -> set[UUID]:
        return self.all_apart(user_id) & set(others)

    def all_apart(self, user_id: UUID) -> set[UUID]:
        return {*self._others("block", user_id), *self._ones("block", user_id)}

    def members(self, conversation_id: UUID) -> list[UUID]:
        return self._others("member", conversation_id)

    def conversations(self, user_id: UUID, limit: int) -> list[UUID]:
        return self._ones("member", user_id)[:limit]

    def hidden(self, user_ids: Collection[UUID]) -> set[UUID]:
        return {user_id for user_id in user_ids if self._others("hidden", user_id)}

    def forget(self, user_id: UUID, limit: int) -> int:
        gone = [key for key in self.rows if user_id in key][:limit]
        for key in gone:
            del self.rows[key]
        return len(gone)

    def _others(self, relation: Relation, one: UUID) -> list[UUID]:
        return [key[2] for key, (_, active) in self.rows.items() if active and key[:2] == (relation, one)]

    def _ones(self, relation: Relation, other: UUID) -> list[UUID]:
        return [key[1] for key, (_, active) in self.rows.items() if active and key[::2] == (relation, other)]


class LateEdges(FakeEdges):
    """As a table is a moment after all that stands in it was written: who does not ask freshly sees no block yet."""

    def apart(self, user_id: UUID, others: Collection[UUID], *, fresh: bool = False) -> set[UUID]:
        return super().apart(user_id, others, fresh=fresh) if fresh else set()


class FakeTickets:
    def __init__(self) -> None:
        self.rows: dict[str, tuple[Ticket, datetime]] = {}

    def put(self, ticket_hash: str, ticket: Ticket, expires_at: datetime) -> None:
        self.rows[ticket_hash] = (ticket, expires_at)

    def take(self, ticket_hash: str, now: datetime) -> Ticket | None:
        ticket, expires_at = self.rows.get(ticket_hash, (None, now))
        if expires_at <= now:
            return None
        del self.rows[ticket_hash]
        return ticket


class FakeGrants:
    def __init__(self) -> None:
        self.rows: dict[str, tuple[Grant, datetime]] = {}

    def put(self, grant_hash: str, grant: Grant, expires_at: datetime) -> None:
        self.rows[grant_hash] = (grant, expires_at)

    def find(self, grant_hash: str, now: datetime) -> Grant | None:
        grant, expires_at = self.rows.get(grant_hash, (None, now))
        return grant if expires_at > now else None


@dataclass
class _Open:
    socket: Socket
    opened_at: datetime
    expires_at: datetime
    code: Closing
    channels: set[str] = field(default_factory=set)
    authors: dict[str, UUID] = field(default_factory=dict)
    asked_at: dict[Paced, datetime] = field(default_factory=dict)


class FakeConnections:
    """`rows` are the open ones; what closed ones left in channels stays in `left`."""

    def __init__(self) -> None:
        self.rows: dict[str, _Open] = {}
        self.left: dict[str, _Open] = {}
        self.until: datetime | None = None
        self.heard: dict[UUID, datetime] = {}

    def open(
        self,
        socket: Socket,
        *,
        opened_at: datetime,
        expires_at: datetime,
        code: Closing = "ended",
        limit: int = MAX_SOCKETS,
    ) -> bool:
        if socket.connection_id in self.rows or socket.connection_id in self.left:
            return True
        if len(self.of_users([socket.user_id], opened_at)) > limit:
            return False
        self.rows[socket.connection_id] = _Open(socket, opened_at, expires_at, code)
        self.heard[socket.user_id] = opened_at
        return True

    def close(self, socket: Socket, *, opened_before: datetime | None = None, open_still: bool = False) -> bool:
        row = self.rows.get(socket.connection_id)
        if row is None or (opened_before is not None and row.opened_at >= opened_before):
            return False
        self.left[socket.connection_id] = self.rows.pop(socket.connection_id)
        if open_still:
            row.channels.clear()
        return True

    def subscribe(
        self,
        connection_id: str,
        channels: Collection[str],
        *,
        now: datetime,
        limit: int,
        authors: Mapping[str, UUID] = NO_AUTHORS,
    ) -> bool:
        row = self.rows.get(connection_id)
        if row is None or row.expires_at <= now:
            raise NotFound("the connection is closed")
        if len(row.channels | set(channels)) > limit:
            return False
        row.authors |= {channel: authors[channel] for channel in set(channels) - row.channels if channel in authors}
        row.channels |= set(channels)
        return True

    def unsubscribe(self, connection_id: str, channels: Collection[str]) -> None:
        if connection_id in self.rows:
            row = self.rows[connection_id]
            row.channels -= set(channels)
            row.authors = {channel: author_id for channel, author_id in row.authors.items() if channel in row.channels}

    def unlisten(self, channel: str, connection_ids: Collection[str]) -> None:
        for connection_id in connection_ids:
            self.unsubscribe(connection_id, [channel])
            if connection_id in self.left:
                self.left[connection_id].channels.discard(channel)

    def of_users(self, user_ids: Collection[UUID], now: datetime) -> list[Socket]:
        return [row.socket for row in self.rows.values() if row.socket.user_id in user_ids and row.expires_at > now]

    def of_channel(self, channel: str, now: datetime) -> list[Socket]:
        return [row.socket for row in self._listening() if channel in row.channels and row.expires_at > now]

    def of_post(self, channel: str, now: datetime) -> tuple[list[Socket], UUID | None]:
        there = (row for row in self._listening() if channel in row.channels and row.expires_at > now)
        said = (row.authors.get(channel) for row in there)
        return self.of_channel(channel, now), next((author_id for author_id in said if author_id), None)

    def beyond(self, user_id: UUID, limit: int, now: datetime) -> list[Socket]:
        live = [row for row in self.rows.values() if row.socket.user_id == user_id and row.expires_at > now]
        live.sort(key=lambda row: (row.opened_at, row.socket.connection_id))
        return [row.socket for row in live[: max(0, len(live) - limit)]]

    def ended(self, now: datetime, *, within: timedelta) -> Iterator[tuple[Socket, Closing]]:
        since = max(now - within, self.until - timedelta(minutes=1)) if self.until else now - within
        found = [(row.socket, row.code) for row in self.rows.values() if since <= row.expires_at <= now]
        yield from found

    def ended_until(self, now: datetime) -> None:
        self.until = now

    def hear(self, socket: Socket, now: datetime, *, each: timedelta) -> bool:
        if self.heard.get(socket.user_id, now) <= now - each:
            self.heard[socket.user_id] = now
        return socket.connection_id in self.rows

    def here(self, user_ids: Collection[UUID], now: datetime, *, since: datetime) -> list[UUID]:
        return [each for each in user_ids if self.of_users([each], now) and self.heard[each] >= since]

    def may(self, connection_id: str, asked: Paced, now: datetime, *, each: timedelta) -> bool:
        row = self.rows.get(connection_id)
        if row is None or (asked in row.asked_at and row.asked_at[asked] > now - each):
            return False
        row.asked_at[asked] = now
        return True

    def forget(self, user_id: UUID) -> int:
        theirs = [name for name, row in self.rows.items() if row.socket.user_id == user_id]
        for connection_id in theirs:
            del self.rows[connection_id]
        return len(theirs)

    def _listening(self) -> list[_Open]:
        return [*self.rows.values(), *self.left.values()]


class FakeChunks:
    """A queue that remembers each chunk it was given for ever, as a real one does for 5 minutes."""

    def __init__(self) -> None:
        self.waiting: list[Chunk] = []
        self._known: set[tuple[str, str]] = set()

    def put(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            if (chunk.channel, chunk.name) not in self._known:
                self._known.add((chunk.channel, chunk.name))
                self.waiting.append(chunk)

    def take(self) -> list[Chunk]:
        taken, self.waiting = self.waiting, []
        return taken


class FakePusher:
    """Remembers what it was given; sockets named in `gone` and `hanging` answer so, and what was closed is gone."""

    def __init__(self) -> None:
        self.sent: list[Delivery] = []
        self.closed: list[str] = []
        self.gone: set[str] = set()
        self.hanging: set[str] = set()

    def send(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        for delivery in deliveries:
            check_frame(delivery.text)
        return [self._send(delivery) for delivery in deliveries]

    def close(self, sockets: Collection[Socket]) -> None:
        self.closed += [socket.connection_id for socket in sockets]
        self.gone |= {socket.connection_id for socket in sockets}

    def _send(self, delivery: Delivery) -> Outcome:
        if delivery.socket.connection_id in self.gone:
            return "gone"
        if delivery.socket.connection_id in self.hanging:
            return "failed"
        self.sent.append(delivery)
        return "sent"
