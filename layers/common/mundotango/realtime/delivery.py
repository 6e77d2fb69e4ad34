"""From an activity to the sockets of those it is told to."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from mundotango.errors import Unavailable
from mundotango.ports import Clock, Connections, Edges, Pusher
from mundotango.realtime.model import HOME, Appended, Delivery, Outcome, Socket, frame
from mundotango.realtime.policy import OPENING_TIME


class Stores(Protocol):
    @property
    def clock(self) -> Clock: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def edges(self) -> Edges: ...
    @property
    def pusher(self) -> Pusher: ...


def deliveries_of(stores: Stores, appended: Appended) -> list[Delivery]:
    """One for each open socket of the audience. A copy of the follows that lags tells too few, never the wrong ones."""
    sockets, channel = _audience(stores, appended.channel)
    text = json.dumps(frame(appended, channel=channel), ensure_ascii=False, separators=(",", ":"))
    return [Delivery(socket, text) for socket in sockets]


def _audience(stores: Stores, channel: str) -> tuple[list[Socket], str]:
    now = stores.clock.now()
    family, _, name = channel.partition(":")
    match family:
        case "author":
            return stores.connections.of_users(stores.edges.followers(UUID(name)), now), HOME
        case "user":
            return stores.connections.of_users([UUID(name)], now), channel
        case _:
            return stores.connections.of_channel(channel, now), channel


def hand_over(stores: Stores, deliveries: Sequence[Delivery]) -> Counter[Outcome]:
    """Send, and forget the connections that turn out to be gone: theirs, whoever caused the frame.

    What failed is not tried again later: its client asks for what it missed when it comes back, and a stream must
    not wait for one socket.
    """
    outcomes = stores.pusher.send(deliveries)
    gone = {delivery.socket for delivery, outcome in zip(deliveries, outcomes, strict=True) if outcome == "gone"}
    opened_before = stores.clock.now() - OPENING_TIME
    with suppress(Unavailable):  # then the next frame to them finds it out again
        for socket in gone:
            stores.connections.close(socket, opened_before=opened_before)
    return Counter(outcomes)
