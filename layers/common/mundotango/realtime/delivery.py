"""From an activity to the sockets of those it is told to."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from mundotango.errors import Unavailable
from mundotango.realtime.model import HOME, Appended, Delivery, Outcome, Socket, encoded, frame
from mundotango.realtime.policy import OPENING_TIME
from mundotango.realtime.service import Stores


def deliveries_of(stores: Stores, appended: Appended) -> list[Delivery]:
    """One for each open socket of the audience. A copy of the follows that lags tells too few, never the wrong ones."""
    sockets, channel = _audience(stores, appended.channel)
    text = encoded(frame(appended, channel=channel))
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

    What failed is not tried again later: a stream must not wait for one socket. Its connection is closed instead, so
    that its client comes back and asks for what it missed, which the next frame would have taken it past.
    """
    outcomes = stores.pusher.send(deliveries)
    # Of one socket the last tells: after a frame that was not sent there is no other that was.
    by_socket = {delivery.socket: outcome for delivery, outcome in zip(deliveries, outcomes, strict=True)}
    stores.pusher.close([socket for socket, outcome in by_socket.items() if outcome == "failed"])
    opened_before = stores.clock.now() - OPENING_TIME
    with suppress(Unavailable):  # then the next frame to them finds it out again
        for socket, outcome in by_socket.items():
            if outcome == "failed":
                stores.connections.close(socket)
            elif outcome == "gone":
                stores.connections.close(socket, opened_before=opened_before)
    return Counter(outcomes)
