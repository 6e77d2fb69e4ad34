"""From an activity to the sockets of those it is told to.

The family of its channel says who they are, and which of two ways its frames take. Channels that may have a large
audience (an author's, a post's, an event's, a city's) go in chunks through a queue, in which each shard of a channel's
sockets is a line of its own; a person's and a conversation's are delivered at once. It is the family that decides and
never the size: else a frame could overtake the one before it when a channel grows (0022 in docs/decisions). Where a
stack has no queue, as audiences are small (0062), every family is delivered at once, by whoever found them.

What an activity says is passed on as it is, also of a kind this code does not know yet: clients ignore what they do not
know. A family it does not know is told to nobody. An activity of a later version has to wait for who can read it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import batched
from typing import Protocol
from uuid import UUID
from zlib import crc32

from mundotango.errors import Unavailable
from mundotango.realtime.model import ACTIVITY_VERSION, HOME, Appended, Chunk, Delivery, Outcome, Socket, encoded, frame
from mundotango.realtime.policy import OPENING_TIME, takes_subscription
from mundotango.realtime.ports import Chunks
from mundotango.realtime.service import Stores
from mundotango.threads import side_by_side

# The gateway takes 10,000 frames a second of an account, and one function sends some thousands: more lines would bring
# nothing and cost a message each, for a small audience too.
SHARDS = 8
SOCKETS_A_CHUNK = 500
# Read together; the sockets of 100 people are one call.
FOLLOWERS_A_PAGE = 500

_QUEUED = {"author", "post", "event", "city"}


class Sending(Stores, Protocol):
    """The parts of a platform that who finds the audience needs."""

    @property
    def chunks(self) -> Chunks | None: ...


def in_chunks(appended: Appended) -> bool:
    """Whether it goes through the queue, where there is one."""
    return _family(appended.channel) in _QUEUED


def chunks_of(appended: Appended, audience: Iterable[Socket]) -> Iterator[Chunk]:
    """Of 500 sockets at most, made while the audience is read."""
    channel = HOME if _family(appended.channel) == "author" else appended.channel
    text = encoded(frame(readable(appended), channel=channel))
    shards: defaultdict[int, list[Socket]] = defaultdict(list)

    def cut(shard: int) -> Chunk:
        return Chunk(
            appended.activity.id,
            appended.channel,
            shard,
            text,
            tuple(shards.pop(shard)),
            appended.position,
            appended.activity.correlation_id,
        )

    for socket in audience:
        shard = crc32(socket.connection_id.encode()) % SHARDS
        shards[shard].append(socket)
        if len(shards[shard]) == SOCKETS_A_CHUNK:
            yield cut(shard)
    for shard in list(shards):
        yield cut(shard)


def deliveries_in(chunks: Iterable[Chunk]) -> list[Delivery]:
    return [Delivery(socket, chunk.text) for chunk in chunks for socket in chunk.sockets]


def deliveries_of(stores: Stores, appended: Appended) -> list[Delivery]:
    """One for each open socket of a person's or a conversation's audience. A copy that lags tells too few."""
    text = encoded(frame(readable(appended)))
    return [Delivery(socket, text) for socket in _small_audience(stores, appended)]


def readable(appended: Appended) -> Appended:
    """
    Raises:
        Unavailable: it is of a later version. Retried, it may meet code that knows it, as during a canary.
    """
    if appended.activity.v > ACTIVITY_VERSION:
        raise Unavailable("an activity of a later version")
    return appended


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

    def forget(ended: tuple[Socket, Outcome]) -> None:
        socket, outcome = ended
        with suppress(Unavailable):  # then the next frame to it finds it out again
            if outcome == "gone":
                stores.connections.close(socket, opened_before=opened_before)
            else:
                stores.connections.close(socket, open_still=True)

    _unlisten(stores, deliveries, {socket for socket, outcome in by_socket.items() if outcome == "gone"})
    # Each waits for a table twice, and of a crowd some hundreds may have gone at once.
    side_by_side(forget, [(socket, outcome) for socket, outcome in by_socket.items() if outcome != "sent"])
    return Counter(outcomes)


def _unlisten(stores: Stores, deliveries: Sequence[Delivery], gone: Collection[Socket]) -> None:
    """Their rows in the channels they were told of, which stay when a client closes: each is refused once, so that a
    channel that many looked at does not try them all each time. None is of a socket that is still opening, as who
    listens was answered before."""
    texts: defaultdict[str, set[str]] = defaultdict(set)
    for delivery in deliveries:
        if delivery.socket in gone:
            texts[delivery.text].add(delivery.socket.connection_id)
    for text, connection_ids in texts.items():
        channel = json.loads(text).get("channel")
        if takes_subscription(channel):
            with suppress(Unavailable):
                stores.connections.unlisten(channel, connection_ids)


def large_audience(stores: Stores, channel: str) -> Iterable[Socket]:
    """Of a channel that goes through the queue, read while it is asked for."""
    now = stores.clock.now()
    family, _, name = channel.partition(":")
    match family:
        case "author":
            for page in batched(stores.edges.each_follower(UUID(name)), FOLLOWERS_A_PAGE, strict=False):
                yield from stores.connections.of_users(page, now)
        case "post":
            yield from _of_post(stores, channel, now)
        case _:
            yield from stores.connections.of_channel(channel, now)


def _of_post(stores: Stores, channel: str, now: datetime) -> list[Socket]:
    """Who listens and is not apart from the author by now; their grants are as old as their subscriptions.

    It costs a read unit ($0.125 a million), and half of one more for each 35 blocks, ended ones too, with the author at
    one end; to ask about each listener would cost two units for each.
    """
    listening, author_id = stores.connections.of_post(channel, now)
    if author_id is None or {each.user_id for each in listening} == {author_id}:
        return listening
    apart = stores.edges.all_apart(author_id)
    return [each for each in listening if each.user_id not in apart]


def _small_audience(stores: Stores, appended: Appended) -> list[Socket]:
    now, actor_id = stores.clock.now(), appended.activity.actor_id
    family, _, name = appended.channel.partition(":")
    match family:
        case "user":
            receivers = {UUID(name)}
            sockets = stores.connections.of_users(list(receivers), now)
        case "conversation":
            sockets = stores.connections.of_channel(appended.channel, now)
            receivers = set(stores.edges.members(UUID(name))) if sockets else set()
        case _:
            return []
    receivers &= {socket.user_id for socket in sockets}
    if actor_id is not None and receivers - {actor_id}:
        # To a group one may write right after one has blocked a member, whom this alone keeps from being told.
        receivers -= stores.edges.apart(actor_id, receivers - {actor_id}, fresh=True)
    return [socket for socket in sockets if socket.user_id in receivers]


def _family(channel: str) -> str:
    return channel.partition(":")[0]
