"""Sockets: the ticket that opens one, how many a person has, and what each listens to."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from mundotango import ids
from mundotango.errors import BadFrame, MundoTangoError, NotAllowed, Unavailable
from mundotango.ports import Clock
from mundotango.reactions.ports import Counters
from mundotango.realtime import policy
from mundotango.realtime.closing import end_sockets
from mundotango.realtime.model import End, Grant, Socket, Ticket
from mundotango.realtime.ports import Activities, Connections, Edges, Grants, Pusher, Tickets
from mundotango.realtime.speech import Frame, control, error_frame, refused
from mundotango.realtime.traffic import Traffic

_OPENING_ATTEMPTS = 3


class Stores(Protocol):
    """The parts of a platform that sockets need; each is asked for only when it is used."""

    @property
    def clock(self) -> Clock: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def counters(self) -> Counters: ...
    @property
    def edges(self) -> Edges: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def pusher(self) -> Pusher: ...
    @property
    def traffic(self) -> Traffic: ...


def issue_ticket(tickets: Tickets, ticket: Ticket, clock: Clock) -> tuple[str, datetime]:
    """A secret that opens one socket, and until when; only its hash is stored."""
    secret = ids.new_secret()
    expires_at = min(clock.now() + policy.TICKET_LIFE, ticket.token_ends_at)
    tickets.put(hashed(secret), ticket, expires_at)
    return secret, expires_at


def consume_ticket(tickets: Tickets, secret: str, clock: Clock) -> Ticket:
    """What the ticket says, told once."""
    ticket = tickets.take(hashed(secret), clock.now())
    if ticket is None:
        raise NotAllowed("the ticket is unknown, used or expired")
    return ticket


def hashed(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def connect(stores: Stores, socket: Socket, end: End) -> int:
    """Open it, and close the oldest of its person's others that are too many; how many those were.

    The new one is written before it is counted, and only where there is at most one too many: so of any number that
    open at once the last one sees them all, and there are never more than one too many.

    Raises:
        Unavailable: others open at once, again and again.
    """
    now, replaced = stores.clock.now(), 0
    for _ in range(_OPENING_ATTEMPTS):
        opened = stores.connections.open(
            socket, opened_at=now, expires_at=end.at, code=end.code, limit=policy.MAX_SOCKETS
        )
        oldest = stores.connections.beyond(socket.user_id, policy.MAX_SOCKETS, now)
        end_sockets(stores, oldest, "replaced")
        replaced += len(oldest)
        if opened:
            return replaced
    raise Unavailable("too many sockets open at once; try again")


def disconnect(connections: Connections, socket: Socket) -> None:
    connections.close(socket)


def subscribe(stores: Stores, socket: Socket, channels: Sequence[object], grant: object) -> Iterator[Frame]:
    """From the position in `subscribed` on, this socket gets what stands in the channels it names.

    Each other is refused for itself; those that are too many together all are.
    """
    position, allowed = ids.new_position(), []
    granted = granted_to(stores, socket, grant)
    for channel in dict.fromkeys(map(_hashable, channels)):
        try:
            allowed.append(listenable(channel, granted))
        except MundoTangoError as refusal:
            yield refused(refusal, channel)
    yield from listen(stores, socket, allowed, granted)
    if allowed:
        yield control("subscribed", channels=allowed, position=position)


def unsubscribe(stores: Stores, socket: Socket, channels: Sequence[object]) -> Iterator[Frame]:
    known = []
    for channel in dict.fromkeys(map(_hashable, channels)):
        try:
            known.append(policy.subscribable(channel, socket.user_id))
        except MundoTangoError as refusal:
            yield refused(refusal, channel)
    if known:
        stores.connections.unsubscribe(socket.connection_id, known)
        yield control("unsubscribed", channels=known)


def granted_to(stores: Stores, socket: Socket, grant: object) -> Grant:
    """What the grant a frame names gives to this person; nothing without one, or with another's."""
    nothing = Grant(socket.user_id, frozenset())
    if grant is None:
        return nothing
    if not isinstance(grant, str):
        raise BadFrame("bad-field", "grant is what POST /api/realtime/grants answered")
    found = stores.grants.find(hashed(grant), stores.clock.now())
    return found if found is not None and found.user_id == socket.user_id else nothing


def listenable(channel: object, granted: Grant) -> str:
    """The channel, if the person of the grant may listen to it."""
    name = policy.subscribable(channel, granted.user_id)
    if policy.needs_grant(name) and name not in granted.channels:
        raise NotAllowed("this channel needs a grant of the last ten minutes: POST /api/realtime/grants")
    return name


def listen(stores: Stores, socket: Socket, channels: list[str], granted: Grant) -> Iterator[Frame]:
    """Subscribe to all of them at once; where that is too many each is refused, and none is left in the list.

    Raises:
        NotFound: the connection is closed.
    """
    now, limit = stores.clock.now(), policy.MAX_CHANNELS
    if channels and not stores.connections.subscribe(
        socket.connection_id, channels, now=now, limit=limit, authors=granted.authors
    ):
        for channel in channels:
            yield error_frame("not-allowed", f"a socket listens to at most {limit} channels", channel=channel)
        channels.clear()


def _hashable(channel: object) -> object:
    """What is no text is no channel, whatever it is."""
    return channel if isinstance(channel, str) else None
