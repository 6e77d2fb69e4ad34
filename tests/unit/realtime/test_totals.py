"""Totals told to those who listen, from the rows that count them."""

import json
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.reactions.model import Standing
from mundotango.realtime.model import post_channel
from mundotango.realtime.totals import tell_totals
from mundotango.settings import Region
from tests.factories.clients import Client
from tests.fakes.reactions import FakeCounters
from tests.fakes.realtime import FakeChunks

POSTS = [UUID(int=1), UUID(int=2)]
CHANNELS = [post_channel(post_id) for post_id in POSTS]


@pytest.fixture(params=["through the queue", "at once"])
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Who listens to both posts."""
    client = Client()
    client.subscribes(*CHANNELS, grant=client.granted(*CHANNELS))
    if request.param == "at once":
        monkeypatch.setattr(client.stores, "chunks", None)
    return client


def frames(client: Client) -> list[dict[str, Any]]:
    """What the client was told since this was asked last."""
    queue: FakeChunks | None = client.stores.chunks
    if queue is not None:
        return [json.loads(chunk.text) for chunk in queue.take()]
    told = [json.loads(delivery.text) for delivery in client.stores.pusher.sent]
    client.stores.pusher.sent.clear()
    return told


def test_whoever_listens_is_told_what_is_counted_when_it_is_told(client: Client) -> None:
    client.likes(CHANNELS[0])
    position = client.likes(CHANNELS[0])

    assert tell_totals(client.stores, POSTS[:1]) == 1

    (frame,) = frames(client)
    assert (frame["type"], frame["channel"], frame["position"]) == ("reaction.changed", CHANNELS[0], position)
    assert (frame["data"]["post_id"], frame["data"]["totals"]["like"]) == (str(POSTS[0]), 2)


def test_what_comes_again_is_told_under_the_same_id(client: Client) -> None:
    def told() -> dict[str, Any]:
        queue: FakeChunks | None = client.stores.chunks
        if queue is not None:
            client.stores.chunks = FakeChunks()  # as after five minutes; until then the queue drops it
        tell_totals(client.stores, POSTS[:1])
        (frame,) = frames(client)
        return frame

    client.likes(CHANNELS[0])
    first, again = told(), told()
    client.likes(CHANNELS[0])
    news = told()

    assert first == again
    assert news["id"] != first["id"]
    assert news["position"] > first["position"]


def test_of_posts_that_nobody_listens_to_no_counts_are_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Collection[UUID]] = []
    standing = client.stores.counters.standing
    for channel in CHANNELS:
        client.likes(channel)

    def counted(post_ids: Collection[UUID]) -> dict[UUID, Standing]:
        read.append(list(post_ids))
        return standing(post_ids)

    monkeypatch.setattr(client.stores.counters, "standing", counted)

    assert tell_totals(client.stores, [ids.new_id() for _ in range(5)]) == 0
    assert read == []
    assert tell_totals(client.stores, [ids.new_id(), *POSTS]) == 2
    assert read == [POSTS]


def test_of_a_post_that_is_gone_nothing_is_told(client: Client) -> None:
    client.likes(CHANNELS[0])
    client.stores.counters.end(POSTS[0], client.stores.clock.now())

    tell_totals(client.stores, POSTS[:1])

    assert frames(client) == []


class Overtaken(FakeCounters):
    """After each look, what the shard of another region's row does meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Callable[[], object]] = []

    def standing(self, target_ids: Collection[UUID]) -> dict[UUID, Standing]:
        found = super().standing(target_ids)
        if self.meanwhile:
            self.meanwhile.pop()()
        return found


@pytest.mark.parametrize("times", [1, 3])
def test_who_read_first_and_tells_last_tells_again(client: Client, times: int) -> None:
    """Of two regions' records of one post, which two shards bring at once."""
    stores = client.stores
    stores.region = Region("us-east-1", "", "us-east-1", ("us-east-1", "eu-west-1"))
    counters = stores.counters = Overtaken()
    client.likes(CHANNELS[0])

    def other_shard() -> None:
        waiting, counters.meanwhile = counters.meanwhile, []
        client.likes(CHANNELS[0])
        tell_totals(stores, POSTS[:1])
        counters.meanwhile = waiting

    counters.meanwhile = [other_shard] * times
    tell_totals(stores, POSTS[:1])

    shown: dict[str, dict[str, Any]] = {}
    for frame in frames(client):
        shown.setdefault(frame["id"], frame)
    assert list(shown.values())[-1]["data"]["totals"]["like"] == 1 + times
