"""Of posts a socket that comes back is told how they are counted by now."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.reactions.model import Standing
from mundotango.realtime.model import frame, post_channel, user_channel
from mundotango.realtime.policy import RESUME_LIMIT, RESUME_OVERLAP
from mundotango.realtime.totals import totals_told
from tests.factories.clients import Client


@pytest.fixture
def client() -> Client:
    return Client()


def test_brings_of_a_post_the_totals_of_now_once_however_often_they_were_told(client: Client) -> None:
    channel = post_channel(ids.new_id())
    first, *_, last = [client.likes(channel) for _ in range(3)]

    told, resumed = client.asks("resume", positions={channel: first}, grant=client.granted(channel))

    assert (told["type"], told["channel"], told["position"]) == ("reaction.changed", channel, last)
    assert told["data"]["totals"]["like"] == 3
    assert resumed["omitted"] == []


def test_brings_no_totals_of_posts_that_were_told_before_the_overlap_never_or_are_gone(client: Client) -> None:
    before, never, gone = (post_channel(ids.new_id()) for _ in range(3))
    client.likes(before)
    client.likes(gone)
    client.stores.counters.end(UUID(gone.partition(":")[2]), client.stores.clock.now())
    positions = dict.fromkeys((never, gone), client.position(timedelta()))
    positions[before] = client.position(-2 * RESUME_OVERLAP)

    answered = client.asks("resume", positions=positions, grant=client.granted(before, never, gone))

    assert [each["type"] for each in answered] == ["resumed"]


def test_a_late_live_frame_does_not_stand_after_totals_that_were_replayed(client: Client) -> None:
    """The live frame of these totals follows it, and is shown: a replayed one has an id of its own."""
    channel = post_channel(ids.new_id())
    client.likes(channel)
    post_id = UUID(channel.partition(":")[2])
    live = totals_told(post_id, client.stores.counters.standing([post_id])[post_id])
    question = {"positions": {channel: client.position(timedelta())}, "grant": client.granted(channel)}

    replayed = [client.asks("resume", **question)[0] for _ in range(2)]

    assert live is not None
    assert [each | {"id": ""} for each in replayed] == [frame(live) | {"id": ""}] * 2
    assert len({str(live.activity.id), *(each["id"] for each in replayed)}) == 3


def test_all_posts_are_one_read_and_none_that_is_not_listened_to(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    listened, refused = [post_channel(ids.new_id()) for _ in range(9)], post_channel(ids.new_id())
    for channel in (*listened, refused):
        client.likes(channel)
    asked: list[set[str]] = []
    standing = client.stores.counters.standing

    def read(post_ids: Collection[UUID]) -> dict[UUID, Standing]:
        asked.append({post_channel(each) for each in post_ids})
        return standing(post_ids)

    monkeypatch.setattr(client.stores.counters, "standing", read)
    positions = dict.fromkeys((*listened, refused), client.position(timedelta()))

    answered = client.asks("resume", positions=positions, grant=client.granted(*listened))

    assert asked == [set(listened)]
    assert [each.get("channel") for each in answered] == [refused, *listened, None]
    client.asks("resume", positions={"home": client.position(timedelta())})
    assert len(asked) == 1


def test_a_post_is_subscribed_to_before_its_past_is_read(client: Client) -> None:
    channel = post_channel(ids.new_id())
    missed = client.likes(channel)

    answered = client.asks("resume", positions={channel: missed}, grant=client.granted(channel))

    assert [each["type"] for each in answered] == ["reaction.changed", "resumed"]
    assert client.stores.connections.of_channel(channel, client.stores.clock.now()) == [client.socket]


def test_so_have_totals_beyond_what_a_client_can_know(client: Client) -> None:
    mine, first, second = user_channel(client.socket.user_id), *(post_channel(ids.new_id()) for _ in range(2))
    for _ in range(RESUME_LIMIT - 1):
        client.happens(mine)
    client.likes(first)
    client.likes(second)

    positions = dict.fromkeys((first, mine, second), client.position(timedelta()))
    answered = client.asks("resume", positions=positions, grant=client.granted(first, second))

    assert [(each["type"], each.get("channel")) for each in answered[-3:]] == [
        ("reaction.changed", first),
        ("resync", second),
        ("resumed", None),
    ]


def test_are_totals_of_somebody_apart_by_now_while_live_ones_may_come_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    authors = {post_channel(ids.new_id()): ids.new_id() for _ in range(20)}
    blocker, blocked, *others = authors
    client.stores.edges.apply("block", authors[blocker], client.socket.user_id, active=True, version=1)
    client.stores.edges.apply("block", client.socket.user_id, authors[blocked], active=True, version=1)
    mine = post_channel(ids.new_id())
    whose, before = authors | {mine: client.socket.user_id}, client.position(timedelta())
    for channel in whose:
        client.likes(channel)
    asked: list[set[UUID]] = []
    apart = client.stores.edges.apart

    def counted(user_id: UUID, others: Collection[UUID], *, fresh: bool = False) -> set[UUID]:
        asked.append(set(others))
        return apart(user_id, others, fresh=fresh)

    monkeypatch.setattr(client.stores.edges, "apart", counted)

    grant = client.granted(*whose, authors=whose)
    answered = client.asks("resume", positions=dict.fromkeys(whose, before), grant=grant)

    assert [each.get("channel") for each in answered] == [*others, mine, None]
    assert all(map(client.listens_to, whose))
    assert asked == [set(authors.values())]
