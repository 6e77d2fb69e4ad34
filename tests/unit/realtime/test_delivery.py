import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.realtime import delivery
from mundotango.realtime.chunks import packed, unpacked
from mundotango.realtime.delivery import (
    SHARDS,
    SOCKETS_A_CHUNK,
    chunks_of,
    deliveries_of,
    hand_over,
    in_chunks,
    large_audience,
)
from mundotango.realtime.model import (
    ACTIVITY_VERSION,
    LARGEST_PAYLOAD,
    Appended,
    Chunk,
    Delivery,
    Outcome,
    Socket,
    author_channel,
    conversation_channel,
    encoded,
    post_channel,
    user_channel,
)
from mundotango.realtime.policy import CONNECTION_LIFE, OPENING_TIME
from mundotango.realtime.service import connect
from mundotango.realtime.speech import control, error_frame
from tests.factories.realtime import make_activity, make_end, make_socket
from tests.fakes.realtime import LateEdges
from tests.fakes.stores import FakeStores

PONG = encoded(control("pong"))
SOMETHING = "01a209f0-b660-7abc-8def-0123456789ab"


@pytest.fixture
def stores() -> FakeStores:
    return FakeStores()


def opened(stores: FakeStores, socket: Socket | None = None) -> Socket:
    socket = socket or make_socket()
    connect(stores, socket, make_end(stores.clock))
    stores.clock.advance(OPENING_TIME + timedelta(seconds=1))
    return socket


def chunked(stores: FakeStores, appended: Appended) -> Iterator[Chunk]:
    return chunks_of(appended, large_audience(stores, appended.channel))


def happens(stores: FakeStores, channel: str, **changed: Any) -> Appended:
    return stores.activities.append(replace(make_activity(channel), **changed))


def sent_to(stores: FakeStores, appended: Appended) -> set[Socket]:
    """Whichever way they are told."""
    if in_chunks(appended):
        return {socket for chunk in chunked(stores, appended) for socket in chunk.sockets}
    return {each.socket for each in deliveries_of(stores, appended)}


class TestAudience:
    def test_of_an_author_are_the_followers_who_know_it_as_home(self, stores: FakeStores) -> None:
        author = ids.new_id()
        follower, former, _, own = opened(stores), opened(stores), opened(stores), opened(stores, make_socket(author))
        stores.edges.apply("follow", author, follower.user_id, active=True, version=1)
        stores.edges.apply("follow", author, former.user_id, active=False, version=2)

        [chunk] = chunked(stores, happens(stores, author_channel(author)))

        assert chunk.sockets == (follower,)
        assert json.loads(chunk.text)["channel"] == "home"
        assert own.user_id == author

    def test_of_a_person_are_all_their_sockets(self, stores: FakeStores) -> None:
        phone = opened(stores)
        laptop = opened(stores, make_socket(phone.user_id))
        opened(stores)

        assert sent_to(stores, happens(stores, user_channel(phone.user_id))) == {phone, laptop}

    @pytest.mark.parametrize("channel", [f"post:{SOMETHING}", f"event:{SOMETHING}", "city:buenos aires"])
    def test_of_what_is_listened_to_are_those_who_do(self, stores: FakeStores, channel: str) -> None:
        listening, _ = opened(stores), opened(stores)
        stores.connections.subscribe(listening.connection_id, [channel], now=stores.clock.now(), limit=9)
        appended = happens(stores, channel)

        [chunk] = chunked(stores, appended)

        assert chunk.sockets == (listening,)
        assert json.loads(chunk.text) == {
            "v": 1,
            "type": appended.activity.kind,
            "id": str(appended.activity.id),
            "channel": channel,
            "position": appended.position,
            "at": "2026-11-23T20:00:00.123000Z",
            "data": appended.activity.payload,
        }

    def test_of_a_conversation_are_the_members_who_listen_and_are_not_apart(self, stores: FakeStores) -> None:
        conversation = ids.new_id()
        channel = conversation_channel(conversation)
        writer, member, blocked, left, elsewhere = (opened(stores) for _ in range(5))
        for version, socket in enumerate((writer, member, blocked, left, elsewhere)):
            stores.edges.apply("member", conversation, socket.user_id, active=socket is not left, version=version)
            if socket is not elsewhere:
                stores.connections.subscribe(socket.connection_id, [channel], now=stores.clock.now(), limit=9)
        stores.edges.apply("block", blocked.user_id, writer.user_id, active=True, version=9)

        assert sent_to(stores, happens(stores, channel, actor_id=writer.user_id)) == {writer, member}

    @pytest.mark.parametrize("blocker", ["actor", "receiver"])
    def test_a_person_is_told_nothing_of_somebody_apart(self, stores: FakeStores, blocker: str) -> None:
        receiver, actor_id = opened(stores), ids.new_id()
        appended = happens(stores, user_channel(receiver.user_id), actor_id=actor_id)
        assert sent_to(stores, appended) == {receiver}

        ends = (actor_id, receiver.user_id) if blocker == "actor" else (receiver.user_id, actor_id)
        stores.edges.apply("block", *ends, active=True, version=1)

        assert sent_to(stores, appended) == set()
        own = happens(stores, user_channel(receiver.user_id), actor_id=receiver.user_id)
        assert sent_to(stores, own) == {receiver}
        assert sent_to(stores, happens(stores, user_channel(receiver.user_id), actor_id=None)) == {receiver}

    def test_who_was_blocked_a_moment_ago_is_not_told_of_what_was_said_after_it(self, stores: FakeStores) -> None:
        """In a group nothing else keeps it from them."""
        stores.edges = LateEdges()
        member, writer = opened(stores), ids.new_id()
        stores.edges.apply("block", writer, member.user_id, active=True, version=1)
        said = replace(make_activity(user_channel(member.user_id), kind="message.created"), actor_id=writer)

        assert sent_to(stores, stores.activities.append(said)) == set()

    @pytest.mark.parametrize("blocker", ["author", "listener"])
    def test_of_a_post_are_those_who_listen_and_are_not_apart_from_its_author(
        self, stores: FakeStores, blocker: str
    ) -> None:
        author, listener, apart, before = (opened(stores) for _ in range(4))
        channel = post_channel(ids.new_id())
        for socket in (before, author, listener, apart):
            authors = {} if socket is before else {channel: author.user_id}
            now = stores.clock.now()
            stores.connections.subscribe(socket.connection_id, [channel], now=now, limit=9, authors=authors)
        ends = (author.user_id, apart.user_id) if blocker == "author" else (apart.user_id, author.user_id)
        stores.edges.apply("block", *ends, active=True, version=1)

        assert sent_to(stores, happens(stores, channel, actor_id=None)) == {before, author, listener}

        stores.edges.apply("block", *ends, active=False, version=2)
        assert sent_to(stores, happens(stores, channel, actor_id=None)) == {before, author, listener, apart}

    def test_nothing_is_read_of_blocks_for_a_post_that_only_its_author_looks_at(
        self, stores: FakeStores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        author, channel = opened(stores), post_channel(ids.new_id())
        assert sent_to(stores, happens(stores, channel)) == set()
        authors, now = {channel: author.user_id}, stores.clock.now()
        stores.connections.subscribe(author.connection_id, [channel], now=now, limit=9, authors=authors)
        monkeypatch.setattr(stores.edges, "all_apart", pytest.fail)

        assert sent_to(stores, happens(stores, channel)) == {author}

    @pytest.mark.parametrize("family", ["inbox", "moon"])
    def test_an_inbox_and_what_is_not_known_are_told_to_nobody(self, stores: FakeStores, family: str) -> None:
        socket = opened(stores)
        channel = f"{family}:{socket.user_id}"
        stores.connections.subscribe(socket.connection_id, [channel], now=stores.clock.now(), limit=9)

        assert sent_to(stores, happens(stores, channel)) == set()

    def test_a_socket_that_has_ended_is_told_nothing(self, stores: FakeStores) -> None:
        follower, author = opened(stores), ids.new_id()
        stores.edges.apply("follow", author, follower.user_id, active=True, version=1)
        happened = [happens(stores, author_channel(author)), happens(stores, user_channel(follower.user_id))]
        stores.clock.advance(CONNECTION_LIFE)

        assert [sent_to(stores, appended) for appended in happened] == [set(), set()]

    @pytest.mark.parametrize("family", [author_channel, user_channel])
    def test_of_a_later_version_waits_for_who_can_read_it(
        self, stores: FakeStores, family: Callable[[UUID], str]
    ) -> None:
        appended = happens(stores, family(ids.new_id()))
        later = replace(appended, activity=replace(appended.activity, v=ACTIVITY_VERSION + 1))

        with pytest.raises(Unavailable):
            sent_to(stores, later)


class TestChunks:
    def test_every_socket_is_in_one_chunk_and_always_in_the_same_shard(self, stores: FakeStores) -> None:
        author = ids.new_id()
        followers = [opened(stores) for _ in range(60)]
        for version, each in enumerate(followers):
            stores.edges.apply("follow", author, each.user_id, active=True, version=version)

        chunks = list(chunked(stores, happens(stores, author_channel(author))))
        shards = {socket: chunk.shard for chunk in chunks for socket in chunk.sockets}

        assert sorted(str(socket) for chunk in chunks for socket in chunk.sockets) == sorted(map(str, followers))
        assert set(shards.values()) == set(range(SHARDS))
        for chunk in chunked(stores, happens(stores, author_channel(author))):
            assert {shards[socket] for socket in chunk.sockets} == {chunk.shard}

    def test_an_audience_read_again_in_another_order_leaves_out_nobody(
        self, stores: FakeStores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The queue failed between two chunks: it knows the first one already, and drops what has its name."""
        monkeypatch.setattr(delivery, "SOCKETS_A_CHUNK", 2)
        city = "city:rosario"
        listening = [opened(stores) for _ in range(90)]
        for each in listening:
            stores.connections.subscribe(each.connection_id, [city], now=stores.clock.now(), limit=9)
        appended = happens(stores, city)

        stores.chunks.put(list(chunked(stores, appended))[:20])
        stores.connections.rows = dict(reversed(stores.connections.rows.items()))
        stores.chunks.put(chunked(stores, appended))

        assert {socket for chunk in stores.chunks.take() for socket in chunk.sockets} == set(listening)

    def test_followers_are_read_while_chunks_are_made(
        self, stores: FakeStores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of 100,000 followers not all stand in memory."""
        monkeypatch.setattr(delivery, "SOCKETS_A_CHUNK", 2)
        monkeypatch.setattr(delivery, "FOLLOWERS_A_PAGE", 20)
        author = ids.new_id()
        for version in range(200):
            follower = make_socket()
            connect(stores, follower, make_end(stores.clock))
            stores.edges.apply("follow", author, follower.user_id, active=True, version=version)
        read = 0

        def each_follower(author_id: UUID) -> Iterator[UUID]:
            nonlocal read
            for follower in stores.edges.followers(author_id):
                read += 1
                yield follower

        monkeypatch.setattr(stores.edges, "each_follower", each_follower)
        chunks = chunked(stores, happens(stores, author_channel(author)))

        first = next(chunks)
        assert read == 20
        rest = list(chunks)
        assert {len(chunk.sockets) for chunk in [first, *rest]} <= {1, 2}
        assert len({chunk.name for chunk in [first, *rest]}) == len(rest) + 1

    def test_the_largest_fits_a_message_and_comes_out_as_it_went_in(self) -> None:
        """SQS takes 256 KB, and not every character: this one in no message."""
        sockets = tuple(make_socket() for _ in range(SOCKETS_A_CHUNK))
        text = json.dumps({"data": "ñ\uffff" * 6_200}, ensure_ascii=False)
        assert len(text.encode()) > LARGEST_PAYLOAD
        chunk = Chunk(ids.new_id(), "city:münchen", 3, text, sockets, ids.new_position(), "f" * 56)

        message = packed(chunk)

        assert message.isascii()
        assert len(message) < 200_000
        assert unpacked(message) == (text, list(sockets), chunk.position, chunk.correlation_id)

    def test_one_of_the_code_before_says_neither_when_nor_for_whom(self) -> None:
        assert unpacked('{"v":1,"frame":"{}","sockets":{}}') == ("{}", [], None, None)


class TestHandOver:
    def test_forgets_the_connection_that_is_gone_and_not_the_one_that_caused_the_frame(
        self, stores: FakeStores
    ) -> None:
        stale, sender = opened(stores), opened(stores)
        stores.pusher.gone.add(stale.connection_id)

        outcomes = hand_over(stores, [Delivery(stale, PONG), Delivery(sender, PONG), Delivery(stale, PONG)])

        assert outcomes == {"gone": 2, "sent": 1}
        assert list(stores.connections.rows) == [sender.connection_id]

    def test_keeps_a_connection_that_the_gateway_is_still_opening(self, stores: FakeStores) -> None:
        opening = make_socket()
        connect(stores, opening, make_end(stores.clock))
        stores.pusher.gone.add(opening.connection_id)

        hand_over(stores, [Delivery(opening, PONG)])

        assert list(stores.connections.rows) == [opening.connection_id]

    def test_closes_and_forgets_a_connection_that_did_not_take_its_frame(self, stores: FakeStores) -> None:
        hanging, sender = opened(stores), opened(stores)
        stores.connections.subscribe(hanging.connection_id, ["city:lima"], now=stores.clock.now(), limit=9)
        stores.pusher.hanging.add(hanging.connection_id)

        outcomes = hand_over(stores, [Delivery(hanging, PONG), Delivery(sender, PONG), Delivery(hanging, PONG)])

        assert outcomes == {"failed": 2, "sent": 1}
        assert stores.connections.of_channel("city:lima", stores.clock.now()) == []
        assert stores.pusher.closed == [hanging.connection_id]
        assert list(stores.connections.rows) == [sender.connection_id]

    def test_closes_one_that_is_not_open_for_long(self, stores: FakeStores) -> None:
        hanging = make_socket()
        connect(stores, hanging, make_end(stores.clock))
        stores.pusher.hanging.add(hanging.connection_id)

        hand_over(stores, [Delivery(hanging, PONG)])

        assert stores.connections.rows == {}

    def test_closes_none_that_took_its_frame_or_is_gone(self, stores: FakeStores) -> None:
        stale, sender = opened(stores), opened(stores)
        stores.pusher.gone.add(stale.connection_id)

        hand_over(stores, [Delivery(stale, PONG), Delivery(sender, PONG)])

        assert stores.pusher.closed == []

    def test_tries_what_closed_sockets_left_in_a_channel_once_each(
        self, stores: FakeStores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        channel = "city:lima"
        tried: list[Socket] = []
        alive, *closed = [opened(stores) for _ in range(50)]
        for socket in (alive, *closed):
            for named in (channel, "city:cali"):
                stores.connections.subscribe(socket.connection_id, [named], now=stores.clock.now(), limit=9)
        for socket in closed:
            stores.connections.close(socket)
            stores.pusher.gone.add(socket.connection_id)
        send = stores.pusher._send

        def counted(each: Delivery) -> Outcome:
            tried.append(each.socket)
            return send(each)

        monkeypatch.setattr(stores.pusher, "_send", counted)

        for _ in range(3):
            appended = happens(stores, channel)
            chunks = chunks_of(appended, large_audience(stores, channel))
            hand_over(stores, [Delivery(socket, each.text) for each in chunks for socket in each.sockets])

        assert sorted(map(str, tried)) == sorted(map(str, [*closed, *[alive] * 3]))
        assert len(stores.connections.of_channel("city:cali", stores.clock.now())) == 50

    def test_reads_no_channel_out_of_what_is_said_to_a_socket_that_is_gone(
        self, stores: FakeStores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stale = opened(stores)
        stores.pusher.gone.add(stale.connection_id)
        monkeypatch.setattr(stores.connections, "unlisten", pytest.fail)
        mine = user_channel(stale.user_id)

        for channel in ("home", mine, f"post:{SOMETHING}x"):
            hand_over(stores, [Delivery(stale, encoded(error_frame("bad-channel", "none", channel=channel)))])

    def test_what_cannot_be_forgotten_now_is_no_reason_to_send_anything_again(
        self, stores: FakeStores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stale = opened(stores)
        stores.pusher.gone.add(stale.connection_id)

        def away(socket: Socket, **_: object) -> bool:
            raise Unavailable("away")

        monkeypatch.setattr(stores.connections, "close", away)

        assert hand_over(stores, [Delivery(stale, PONG)]) == {"gone": 1}
