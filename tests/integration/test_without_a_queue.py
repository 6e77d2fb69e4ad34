"""Large audiences where there is no queue: whoever finds them sends to them (0062 in docs/decisions)."""

import random
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Any

import pytest

from mundotango import ids, settings
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.reactions.service import react
from mundotango.realtime import delivery
from mundotango.realtime.chunks import SqsChunks
from mundotango.realtime.model import author_channel, conversation_channel, post_channel, user_channel
from mundotango.realtime.policy import OPENING_TIME
from tests.factories.realtime import make_activity
from tests.fakes.clock import FakeClock
from tests.fixtures.aws import is_known
from tests.fixtures.sockets import Sockets

POST = ids.new_id()


def away(*_: object, **__: object) -> Any:
    raise Unavailable("the table does not answer; try again")


def test_a_function_that_is_told_of_no_queue_has_none(aws: settings.Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHUNKS_QUEUE", raising=False)
    assert Platform().chunks is None
    monkeypatch.setenv("CHUNKS_QUEUE", "https://sqs.us-east-1.amazonaws.com/123456789012/chunks.fifo")
    assert isinstance(Platform().chunks, SqsChunks)


@pytest.mark.parametrize("seed", range(6))
def test_the_same_sockets_are_told_the_same_in_the_same_order(
    sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance, platform = random.Random(seed), sockets.platform
    monkeypatch.setattr(delivery, "SOCKETS_A_CHUNK", 2)
    monkeypatch.setattr(delivery, "FOLLOWERS_A_PAGE", 3)
    listeners, author, conversation = [sockets.connect() for _ in range(9)], ids.new_id(), ids.new_id()
    channels = [post_channel(POST), "city:lima", "city:bogota", conversation_channel(conversation)]
    for version, socket in enumerate(listeners):
        sockets.subscribe(socket, *chance.sample(channels, 3))
        platform.edges.apply("follow", author, socket.user_id, active=chance.random() < 0.8, version=version)
        platform.edges.apply("member", conversation, socket.user_id, active=True, version=version)
    for _ in range(40):
        told = chance.choice([*channels, author_channel(author), user_channel(chance.choice(listeners).user_id)])
        platform.activities.append(make_activity(told))
    react(platform.reactions, platform.counters, POST, ids.new_id(), "like", clock)
    sockets.count(sockets.stream("reactions"))
    records = [*sockets.stream("activities"), *sockets.stream("counters")]
    sizes = [chance.randint(1, 20) for _ in records]

    def told_to_each() -> list[dict[str, list[dict[str, Any]]]]:
        sockets.pusher.sent.clear()
        for start, end in pairwise(accumulate(sizes, initial=0)):
            assert sockets.push(records[start:end]) == []
        return [by_channel(sockets.received(socket)) for socket in listeners]

    through_the_queue = told_to_each()
    platform.chunks = None
    at_once = told_to_each()

    assert at_once == through_the_queue
    assert {channel for each in at_once for channel in each} >= {*channels, "home"}


def test_what_comes_again_was_not_told_yet(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two channels the one fails, and what the other has behind it waits too."""
    sockets.platform.chunks = None
    author, listener = ids.new_id(), sockets.connect()
    sockets.subscribe(listener, "city:bogota")
    sockets.platform.edges.apply("follow", author, listener.user_id, active=True, version=1)
    appended = [
        sockets.platform.activities.append(make_activity(channel))
        for channel in ("city:bogota", author_channel(author), "city:bogota")
    ]
    records, before = sockets.stream("activities"), len(sockets.received(listener))

    with monkeypatch.context() as broken:
        broken.setattr(sockets.platform.edges, "each_follower", away)
        assert sockets.push(records) == [records[1]["dynamodb"]["SequenceNumber"]]
    assert sockets.push(records[1:]) == []

    told = [frame["position"] for frame in sockets.received(listener)[before:]]
    assert told == [each.position for each in appended]


def test_who_is_gone_is_forgotten_and_who_hangs_is_closed_once(sockets: Sockets, clock: FakeClock) -> None:
    sockets.platform.chunks = None
    gone, hanging, alive = (sockets.connect() for _ in range(3))
    for socket in (gone, hanging, alive):
        sockets.subscribe(socket, "city:bogota")
    clock.advance(OPENING_TIME + timedelta(seconds=1))
    sockets.pusher.gone.add(gone.connection_id)
    sockets.pusher.hanging.add(hanging.connection_id)
    for _ in range(3):
        sockets.platform.activities.append(make_activity("city:bogota"))

    assert sockets.push(sockets.stream("activities")) == []

    assert sockets.platform.connections.of_channel("city:bogota", clock.now()) == [alive]
    assert not is_known(gone.connection_id)
    assert sockets.pusher.closed == [hanging.connection_id]
    assert [each["type"] for each in sockets.received(alive)][-3:] == ["event.created"] * 3


def by_channel(frames: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    told: dict[str, list[dict[str, Any]]] = {}
    for frame in frames:
        told.setdefault(frame["channel"], []).append(frame)
    return told
