"""What sockets ask of the world outside; see mundotango/ports.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from mundotango.realtime.model import (
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


class Activities(Protocol):
    """What happened in each channel in the last day."""

    def append(self, activity: Activity) -> Appended:
        """Give it the channel's next position. The activity must have a channel."""
        ...

    def since(self, channel: str, position: str, limit: int) -> list[Appended]:
        """What stands after `position`, oldest first, at most `limit`."""
        ...


class ErasableActivities(Activities, Protocol):
    """For those few who may also take away what happened."""

    def forget(self, channel: str, limit: int) -> int:
        """Delete at most `limit` of what stands in the channel; how many it was, 0 once nothing is left."""
        ...


class Edges(Protocol):
    """Who stands how to whom, copied for those who cannot ask the database. What was copied just now may be missing."""

    def apply(self, relation: Relation, one: UUID, other: UUID, *, active: bool, version: int) -> None:
        """`one` and `other` as in `Relation`. The higher version wins, in whatever order they come; what ended stays as
        a tombstone."""
        ...

    def followers(self, author_id: UUID) -> list[UUID]: ...

    def each_follower(self, author_id: UUID) -> Iterator[UUID]:
        """The same, read while they are asked for: of some there are more than should stand in memory."""
        ...

    def followed(self, follower_id: UUID, limit: int) -> list[UUID]: ...

    def blocked(self, blocker_id: UUID) -> list[UUID]: ...

    def apart(self, user_id: UUID, others: Collection[UUID], *, fresh: bool = False) -> set[UUID]:
        """Those of the others whom this person blocked or who blocked them. `fresh` sees what was copied just now for
        certain, at twice the price: where nothing else keeps from them what was done after a block."""
        ...

    def all_apart(self, user_id: UUID) -> set[UUID]:
        """Everybody of whom that holds: two reads, of however many others it is asked."""
        ...

    def members(self, conversation_id: UUID) -> list[UUID]: ...

    def conversations(self, user_id: UUID, limit: int) -> list[UUID]: ...

    def hidden(self, user_ids: Collection[UUID]) -> set[UUID]:
        """Those of these people who show nobody when they are here."""
        ...

    def forget(self, user_id: UUID, limit: int) -> int:
        """Delete at most `limit` rows with this person at either end, tombstones too; how many it was."""
        ...


class Tickets(Protocol):
    """Single-use permissions to open a socket, known by the hash of what the client holds."""

    def put(self, ticket_hash: str, ticket: Ticket, expires_at: datetime) -> None: ...

    def take(self, ticket_hash: str, now: datetime) -> Ticket | None:
        """None when it was never issued, is used or is expired. It can be taken once."""
        ...


class Grants(Protocol):
    """Permissions to subscribe, known by the hash of what the client holds; good until they expire."""

    def put(self, grant_hash: str, grant: Grant, expires_at: datetime) -> None: ...

    def find(self, grant_hash: str, now: datetime) -> Grant | None:
        """One that was put just now is found."""
        ...


class Connections(Protocol):
    """Open sockets by connection, by person, by channel and by the minute they end in.

    A socket that has ended is in none of the answers but that of `ended`. One that is closed may be in those of
    `of_channel` and `of_post` until its end, or until it was refused a frame and `unlisten` was told so.
    """

    def open(
        self, socket: Socket, *, opened_at: datetime, expires_at: datetime, code: Closing = ..., limit: int = ...
    ) -> bool:
        """`expires_at` is when it ends, at the latest, and `code` why then. False, and nothing written, when this
        person has more than `limit` others already. What others wrote in between may refuse it too: then rows are
        left that nobody is told by, and that end by age. Told again it changes nothing, and a closed one stays closed.
        By default as long, and as many, as policy.py says."""
        ...

    def close(self, socket: Socket, *, opened_before: datetime | None = None, open_still: bool = False) -> bool:
        """It is none of its person's any more; whether it was (opened before that moment, if given). One that may be
        `open_still` at the gateway listens to nothing from here on; of another the gateway refuses what it is told."""
        ...

    def subscribe(
        self,
        connection_id: str,
        channels: Collection[str],
        *,
        now: datetime,
        limit: int,
        authors: Mapping[str, UUID] = ...,
    ) -> bool:
        """To all or to none: False when the connection would have more than `limit`. NotFound when it is closed.
        `authors` has whose post a channel tells of."""
        ...

    def unsubscribe(self, connection_id: str, channels: Collection[str]) -> None: ...

    def unlisten(self, channel: str, connection_ids: Collection[str]) -> None:
        """These are gone, and shall not be told of this channel again."""
        ...

    def of_users(self, user_ids: Collection[UUID], now: datetime) -> list[Socket]:
        """One that was opened before this is asked is among them."""
        ...

    def of_channel(self, channel: str, now: datetime) -> list[Socket]:
        """One that subscribed before this is asked is among them."""
        ...

    def of_post(self, channel: str, now: datetime) -> tuple[list[Socket], UUID | None]:
        """The same, and the author, if one of them was subscribed with it."""
        ...

    def beyond(self, user_id: UUID, limit: int, now: datetime) -> list[Socket]:
        """This person's sockets without the newest `limit`, oldest first."""
        ...

    def ended(self, now: datetime, *, within: timedelta) -> Iterator[tuple[Socket, Closing]]:
        """Those that ended by now and are not closed yet, read while they are asked for: none that ended longer ago
        than `within`, or more than a minute before what `ended_until` was told last."""
        ...

    def ended_until(self, now: datetime) -> None:
        """All that ended by now were closed."""
        ...

    def hear(self, socket: Socket, now: datetime, *, each: timedelta) -> bool:
        """Something came from this socket's person. Written at most once in so long. False where the socket is not
        known, so that nothing is delivered to it."""
        ...

    def here(self, user_ids: Collection[UUID], now: datetime, *, since: datetime) -> list[UUID]:
        """Those of these people who have an open socket and were heard since then."""
        ...

    def may(self, connection_id: str, asked: Paced, now: datetime, *, each: timedelta) -> bool:
        """True once in so long, for each of what may be asked."""
        ...

    def forget(self, user_id: UUID) -> int:
        """Remove all that is known of this person's sockets, expired or not; how many it was."""
        ...


class Chunks(Protocol):
    """A queue from who finds out whom to tell to who tells them."""

    def put(self, chunks: Iterable[Chunk]) -> None:
        """Each in its turn among those of its channel and shard; one that was put in the last 5 minutes is not again.

        They are taken as they are asked for, so that not all of them stand in memory.

        Raises:
            Unavailable: not all of them were put.
        """
        ...


class Pusher(Protocol):
    """Writes frames to open sockets."""

    def send(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """One outcome for each delivery. Those to one socket go in order; a socket that hangs delays no other."""
        ...

    def close(self, sockets: Collection[Socket]) -> None:
        """End these connections. One that the gateway does not end now, after retries, may stay open."""
        ...
