"""Sockets: the ticket that opens one, what it listens to, and what it missed while it was away."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

from mundotango import ids
from mundotango.errors import MundoTangoError, NotAllowed, Unavailable
from mundotango.ports import Clock
from mundotango.realtime import policy
from mundotango.realtime.model import FRAME_VERSION, HOME, Appended, Socket, author_channel, frame, user_channel
from mundotango.realtime.ports import Activities, Connections, Edges, Pusher, Tickets

Frame = dict[str, Any]


class Stores(Protocol):
    """The parts of a platform that sockets need; each is asked for only when it is used."""

    @property
    def clock(self) -> Clock: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def edges(self) -> Edges: ...
    @property
    def pusher(self) -> Pusher: ...


def issue_ticket(tickets: Tickets, user_id: UUID, clock: Clock) -> tuple[str, datetime]:
    """A ticket and when it ends; only its hash is stored."""
    ticket = ids.new_secret()
    expires_at = clock.now() + policy.TICKET_LIFE
    tickets.put(_hash(ticket), user_id, expires_at)
    return ticket, expires_at


def consume_ticket(tickets: Tickets, ticket: str, clock: Clock) -> UUID:
    """Whose ticket it was, told once."""
    user_id = tickets.take(_hash(ticket), clock.now())
    if user_id is None:
        raise NotAllowed("the ticket is unknown, used or expired")
    return user_id


def _hash(ticket: str) -> str:
    return sha256(ticket.encode(errors="replace")).hexdigest()


def connect(connections: Connections, socket: Socket, clock: Clock) -> None:
    now = clock.now()
    connections.open(socket, opened_at=now, expires_at=now + policy.CONNECTION_LIFE)


def disconnect(connections: Connections, socket: Socket) -> None:
    connections.close(socket)


def subscribe(stores: Stores, socket: Socket, channel: object) -> Frame:
    """From the position in the answer on, this socket gets what stands in the channel."""
    position = ids.new_position()
    allowed = policy.subscribable(channel, socket.user_id)
    _listen(stores, socket, allowed)
    return control("subscribed", channel=allowed, position=position)


def unsubscribe(stores: Stores, socket: Socket, channel: object) -> Frame:
    allowed = policy.subscribable(channel, socket.user_id)
    stores.connections.unsubscribe(socket.connection_id, allowed)
    return control("unsubscribed", channel=allowed)


def resume(stores: Stores, socket: Socket, positions: dict[str, Any]) -> Iterator[Frame]:
    """What stands in these channels since a little before these positions, each channel in order, then `resumed`.

    A channel that wants a subscription gets it before its past is read, so nothing falls between the two. The
    position in `resumed` was given before anything was read: a channel that brought no frame resumes from there, and so
    do those that come by themselves, which it names.
    A channel of which too much was missed, or too long ago, has to be fetched anew: it answers `resync`. So does what
    is left when the time is up, which runs on while the frames are being sent.

    Raises:
        Unavailable: a channel could not be read. There is no `resumed` then, which would take the client past it.
    """
    position = ids.new_position()
    left, ends_at = policy.RESUME_LIMIT, stores.clock.now() + policy.RESUME_TIME
    for channel, last in positions.items():
        try:
            missed = _missed(stores, socket, channel, last, left, ends_at)
        except Unavailable:
            raise
        except MundoTangoError as refusal:
            yield error_frame(refusal.code, refusal.detail, channel=channel[: policy.LONGEST_ECHO])
            continue
        for appended in missed or ():
            if stores.clock.now() > ends_at:
                missed = None
                break
            left -= 1
            yield frame(appended, channel=channel)
        if missed is None:
            yield control("resync", channel=channel)
    yield control("resumed", position=position, channels=[HOME, user_channel(socket.user_id)])


def _missed(
    stores: Stores, socket: Socket, channel: str, last: object, limit: int, ends_at: datetime
) -> list[Appended] | None:
    policy.resumable(channel, socket.user_id)
    moment = policy.moment_of(last)
    if channel.startswith("post:"):
        _listen(stores, socket, channel)
    if policy.is_too_old(moment, stores.clock.now()):
        return None
    sources = [channel]
    if channel == HOME:
        followed = stores.edges.followed(socket.user_id, policy.RESUME_AUTHORS + 1)
        if len(followed) > policy.RESUME_AUTHORS:
            return None
        sources = [author_channel(author_id) for author_id in followed]
    after = policy.position_at(moment - policy.RESUME_OVERLAP)
    missed: list[Appended] = []
    for source in sources:
        if stores.clock.now() > ends_at:
            return None
        missed += stores.activities.since(source, after, limit + 1)
        if len(missed) > limit:
            return None
    return sorted(missed, key=lambda each: each.position)


def _listen(stores: Stores, socket: Socket, channel: str) -> None:
    if not stores.connections.subscribe(
        socket.connection_id, channel, now=stores.clock.now(), limit=policy.MAX_CHANNELS
    ):
        raise NotAllowed(f"a socket listens to at most {policy.MAX_CHANNELS} channels")


def control(kind: str, **fields: Any) -> Frame:
    """A frame about the conversation itself, not about something that happened."""
    return {"v": FRAME_VERSION, "type": kind, **fields}


def error_frame(code: str, message: str, **fields: Any) -> Frame:
    return control("error", code=code, message=message, **fields)
