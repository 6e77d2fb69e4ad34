"""From what is written to what is counted and delivered, through the functions as the streams call them."""

import json
import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.notifications.inbox import unread
from mundotango.reactions.counters import told_anew
from mundotango.reactions.model import Tally, zeros
from mundotango.reactions.service import react, tallies, totals, unreact
from mundotango.realtime.model import Chunk, author_channel, inbox_channel, post_channel, user_channel
from mundotango.realtime.policy import OPENING_TIME
from tests.factories.realtime import make_activity
from tests.fakes.clock import FakeClock
from tests.fixtures.aws import is_known, rows
from tests.fixtures.sockets import Sockets, message_of, payload

POST = ids.new_id()


def away(*_: object, **__: object) -> Any:
    raise Unavailable("the table does not answer; try again")


class TestPush:
    def test_a_recorded_batch_reaches_the_followers(self, sockets: Sockets) -> None:
        records = payload("dynamodb_stream_activities")["Records"]
        author = UUID(records[0]["dynamodb"]["Keys"]["channel"]["S"].removeprefix("author:"))
        follower, stranger = sockets.connect(), sockets.connect()
        sockets.platform.edges.apply("follow", author, follower.user_id, active=True, version=1)

        assert sockets.push(records) == []

        [frame] = sockets.received(follower)
        assert (frame["type"], frame["channel"]) == ("post.created", "home")
        assert frame["data"]["body"] == "¿Quién está en La Viruta?"
        assert sockets.received(stranger) == []

    def test_what_is_appended_is_delivered_in_order(self, sockets: Sockets) -> None:
        socket = sockets.connect()
        appended = [
            sockets.platform.activities.append(make_activity(user_channel(socket.user_id), version=number))
            for number in range(10)
        ]

        assert sockets.push(sockets.stream("activities")) == []

        assert [each["position"] for each in sockets.received(socket)] == [each.position for each in appended]

    def test_what_expires_is_no_news(self, sockets: Sockets) -> None:
        socket = sockets.connect()
        sockets.platform.activities.append(make_activity(user_channel(socket.user_id)))
        [record] = sockets.stream("activities")
        removed = {**record, "eventName": "REMOVE", "userIdentity": {"principalId": "dynamodb.amazonaws.com"}}

        assert sockets.push([removed]) == []
        assert sockets.received(socket) == []

    def test_the_gone_connection_is_forgotten_and_not_the_one_who_caused_the_frame(
        self, sockets: Sockets, clock: FakeClock
    ) -> None:
        sender, stale, alive = sockets.connect(), sockets.connect(), sockets.connect()
        channel = post_channel(POST)
        for socket in (sender, stale, alive):
            sockets.subscribe(socket, channel)
        sockets.pusher.gone.add(stale.connection_id)
        clock.advance(OPENING_TIME + timedelta(seconds=1))
        react(sockets.platform.reactions, sockets.platform.counters, POST, sender.user_id, "like", clock)
        sockets.count(sockets.stream("reactions"))

        assert sockets.push(sockets.stream("counters")) == []

        assert not is_known(stale.connection_id)
        for socket in (sender, alive):
            assert sockets.received(socket)[-1]["type"] == "reaction.changed"
        assert set(sockets.platform.connections.of_channel(channel, clock.now())) == {sender, alive}

    def test_a_record_that_cannot_be_worked_off_comes_again_with_all_after_it(
        self, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        author, socket = ids.new_id(), sockets.connect()
        mine = user_channel(socket.user_id)
        first, _, third = [
            sockets.platform.activities.append(make_activity(channel))
            for channel in (mine, author_channel(author), mine)
        ]
        records = sockets.stream("activities")

        with monkeypatch.context() as broken:
            broken.setattr(sockets.platform.edges, "each_follower", away)
            failed = sockets.push(records)

        assert failed == [records[1]["dynamodb"]["SequenceNumber"]]
        assert [each["position"] for each in sockets.received(socket)] == [first.position]
        assert sockets.push(records[1:]) == []
        assert [each["position"] for each in sockets.received(socket)] == [first.position, third.position]

    def test_a_socket_that_hangs_is_no_reason_to_send_anything_again(self, sockets: Sockets) -> None:
        hanging = sockets.connect()
        alive = sockets.connect(hanging.user_id)
        sockets.pusher.hanging.add(hanging.connection_id)
        sockets.platform.activities.append(make_activity(user_channel(hanging.user_id)))

        assert sockets.push(sockets.stream("activities")) == []
        assert len(sockets.received(alive)) == 1


class TestChunks:
    """Frames to large audiences, from the queue."""

    def test_a_recorded_message_is_delivered(self, sockets: Sockets) -> None:
        messages = payload("chunk_in_sqs")["Records"]

        assert sockets.deliver(messages) == []

        [delivery] = sockets.pusher.sent
        assert delivery.socket.connection_id == "L0SM9cOFHHcCIhw="
        assert json.loads(delivery.text)["type"] == "post.removed"

    @pytest.mark.parametrize("body", ["", "[]", '{"v":2,"frame":"{}","sockets":{}}', '{"v":1,"frame":"{}"}'])
    def test_one_that_cannot_be_read_holds_up_no_other(self, sockets: Sockets, body: str) -> None:
        def message(group: str, number: int, **changed: Any) -> dict[str, Any]:
            text = f'{{"v":1,"type":"pong","ref":{number}}}'
            chunk = Chunk(ids.new_id(), group, 1, text, (socket,), ids.new_position())
            return message_of(chunk, **changed)

        socket = sockets.connect()
        one, poison, other, behind = (
            message("sad", 1),
            message("sad", 2, body=body),
            message("fine", 3),
            message("sad", 4),
        )

        assert sockets.deliver([one, poison, other, behind]) == [poison["messageId"]]

        assert [frame["ref"] for frame in sockets.received(socket)] == [1, 3, 4]

    @pytest.mark.parametrize("seed", range(6))
    def test_what_comes_again_in_any_way_is_nothing_new_to_a_client(self, sockets: Sockets, seed: int) -> None:
        """The stream repeats batches, in whole and in halves; the queue repeats messages, group by group in order."""
        chance = random.Random(seed)
        author, city = ids.new_id(), "city:bogota"
        listeners = [sockets.connect() for _ in range(5)]
        for version, socket in enumerate(listeners):
            sockets.platform.edges.apply("follow", author, socket.user_id, active=True, version=version)
            sockets.subscribe(socket, city)
        channels = [author_channel(author), city, user_channel(listeners[0].user_id)]
        for _ in range(30):
            sockets.platform.activities.append(make_activity(chance.choice(channels)))
        records = sockets.stream("activities")

        for start in range(0, 30, 10):
            batch = records[start : start + 10]
            for part in (batch, batch[chance.randrange(10) :], batch):
                assert sockets._push(part) == []
            messages = [message_of(chunk) for chunk in sockets.chunks.take()]
            assert sockets.deliver(messages) == []
            assert sockets.deliver(messages[chance.randrange(len(messages)) :]) == []

        for socket in listeners:
            expected_of = {
                name: [each["dynamodb"]["Keys"]["position"]["S"] for each in records if _channel(each) == channel]
                for name, channel in (("home", channels[0]), (city, city), (channels[2], channels[2]))
                if channel != channels[2] or socket is listeners[0]
            }
            assert shown_to(sockets.received(socket)) == expected_of


def _channel(record: dict[str, Any]) -> str:
    return str(record["dynamodb"]["Keys"]["channel"]["S"])


def shown_to(frames: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The positions that a client which drops ids it knows shows of each channel, in its order."""
    known: set[str] = set()
    shown: dict[str, list[str]] = {}
    for frame in frames:
        if "id" in frame and frame["id"] not in known:
            known.add(frame["id"])
            shown.setdefault(frame["channel"], []).append(frame["position"])
    return shown


class TestPictures:
    def test_a_recorded_outcome_becomes_an_activity_of_the_owner(self, sockets: Sockets) -> None:
        records = payload("dynamodb_stream_media")["Records"]
        owner = sockets.connect(UUID(records[0]["dynamodb"]["NewImage"]["owner_id"]["S"]))

        assert sockets.push(records) == []
        assert sockets.push(sockets.stream("activities")) == []

        [frame] = sockets.received(owner)
        assert (frame["type"], frame["data"]["status"]) == ("media.ready", "ready")
        assert [variant["width"] for variant in frame["data"]["variants"]] == [320, 800, 1600]
        assert "q1w2e3r4" not in json.dumps(frame)

    def test_a_replay_has_the_same_id(self, sockets: Sockets) -> None:
        records = payload("dynamodb_stream_media")["Records"]

        sockets.push(records)
        sockets.push(records)

        assert list(Counter(row["id"]["S"] for row in rows("activities")).values()) == [2]

    def test_failed_is_told_and_other_changes_are_not(self, sockets: Sockets) -> None:
        [record] = payload("dynamodb_stream_media")["Records"]
        images = record["dynamodb"]
        pending, ready = images["OldImage"], images["NewImage"]
        failed = {**pending, "status": {"S": "failed"}, "reason": {"S": "This file is empty."}}

        received = {**pending, "status": {"S": "received"}}
        steps = [(None, pending), (pending, received), (received, failed), (failed, failed), (ready, ready)]
        for old, new in (*steps, (ready, None)):
            chosen = {name: image for name, image in (("OldImage", old), ("NewImage", new)) if image is not None}
            kept = {name: value for name, value in images.items() if not name.endswith("Image")}
            assert sockets.push([{**record, "dynamodb": kept | chosen}]) == []

        assert [row["kind"]["S"] for row in rows("activities")] == ["media.received", "media.failed"]

    def test_comes_again_when_it_could_not_be_announced(
        self, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        records = payload("dynamodb_stream_media")["Records"]
        monkeypatch.setattr(sockets.platform.activities, "append", away)

        assert sockets.push(records) == [records[0]["dynamodb"]["SequenceNumber"]]


class TestCounters:
    def test_a_recorded_batch_is_counted(self, sockets: Sockets) -> None:
        records = payload("dynamodb_stream_reactions")["Records"]
        post_id = UUID(records[0]["dynamodb"]["Keys"]["target"]["S"].split("#")[1])

        assert sockets.count(records) == []
        assert sockets.count(records) == []

        assert totals(sockets.platform.counters, [post_id], fresh=True) == {post_id: zeros() | {"like": 1}}

    def test_people_who_like_and_some_who_do_not_any_more(self, sockets: Sockets, clock: FakeClock) -> None:
        platform = sockets.platform
        people = [ids.new_id() for _ in range(25)]
        for person in people:
            clock.advance(timedelta(seconds=1))
            react(platform.reactions, platform.counters, POST, person, "like", clock)
        for person in people[:5]:
            unreact(platform.reactions, platform.counters, POST, person)
        records = sockets.stream("reactions")
        assert len(records) == 30

        for start in range(0, 30, 7):
            batch = records[start : start + 7]
            assert sockets.count(batch) == []
            assert sockets.count(batch[len(batch) // 2 :]) == []
            assert sockets.count(records[: start + 3]) == []
        twenty = zeros() | {"like": 20}

        assert totals(platform.counters, [POST], fresh=True) == {POST: twenty}
        assert tallies(platform.reactions, platform.counters, [POST], people[9])[POST] == Tally(twenty, "like")
        assert tallies(platform.reactions, platform.counters, [POST], people[0])[POST] == Tally(twenty, None)

    def test_a_batch_that_was_counted_but_not_claimed_comes_again(
        self, sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        platform = sockets.platform
        monkeypatch.setattr("mundotango.reactions.announcing.sleep", lambda _: None)
        for _ in range(2):
            react(platform.reactions, platform.counters, POST, ids.new_id(), "like", clock)
        first, second = sockets.stream("reactions")
        assert sockets.count([first]) == []

        with monkeypatch.context() as broken:
            broken.setattr(platform.counters, "claim", away)
            assert sockets.count([second]) == [second["dynamodb"]["SequenceNumber"]]
        for _ in range(2):
            assert sockets.count([second]) == []

        assert totals(platform.counters, [POST], fresh=True) == {POST: zeros() | {"like": 2}}
        assert [told_anew(record["dynamodb"]) for record in sockets.stream("counters")] == [POST, None, POST]
        assert rows("activities") == []


class TestNotifications:
    def test_from_reactions_to_one_item_and_its_frames(self, sockets: Sockets, clock: FakeClock) -> None:
        platform, author = sockets.platform, sockets.connect()
        ana, bruno = ids.new_id(), ids.new_id()
        for person, told in ((ana, author.user_id), (bruno, author.user_id), (author.user_id, None)):
            react(platform.reactions, platform.counters, POST, person, "like", clock, told=told)
        react(platform.reactions, platform.counters, POST, ana, "love", clock, told=author.user_id)
        unreact(platform.reactions, platform.counters, POST, bruno)

        for _ in range(2):
            assert sockets.count(sockets.stream("reactions")) == []
        for _ in range(2):
            assert sockets.push(sockets.stream("activities")) == []

        (item,) = platform.inbox.newest(author.user_id, since="0", before=None, limit=9)
        assert (item.kind, item.actor_ids) == ("like", [ana])
        frames = [frame for frame in sockets.received(author) if frame["type"] == "notification.updated"]
        assert {frame["id"] for frame in frames} == {frames[0]["id"]}
        assert frames[0]["data"]["notification"]["actor_ids"] == [str(ana)]
        assert [frame["type"] for frame in sockets.received(author) if "inbox" in frame["channel"]] == []

    def test_an_author_whose_inbox_was_away_is_told_by_an_activity(
        self, sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        platform, author = sockets.platform, ids.new_id()
        for post in (POST, ids.new_id()):
            react(platform.reactions, platform.counters, post, ids.new_id(), "like", clock, told=author)
        records = sockets.stream("reactions")

        with monkeypatch.context() as broken:
            broken.setattr(platform.inbox, "put", away)
            assert sockets.count(records) == []
            # Where that cannot be written either, the batch comes again.
            append = platform.activities.append
            broken.setattr(
                platform.activities, "append", lambda one: away() if one.kind == "reaction.received" else append(one)
            )
            assert sockets.count(records) == [records[0]["dynamodb"]["SequenceNumber"]]

        told = [row["channel"]["S"] for row in rows("activities") if row["kind"]["S"] == "reaction.received"]
        assert told == [inbox_channel(author)] * 2
        assert sockets.push(sockets.stream("activities")) == []
        assert unread(platform.inbox, author, platform.clock) == 2

    def test_what_cannot_be_noted_now_comes_again(self, sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
        socket = sockets.connect()
        author = {"id": str(ids.new_id()), "handle": "ana", "display_name": "Ana", "avatar": None}
        mention = {"post_id": str(POST), "comment_id": None, "author": author}
        sockets.platform.activities.append(
            make_activity(user_channel(socket.user_id), kind="mention.created", **mention)
        )
        records = sockets.stream("activities")

        with monkeypatch.context() as broken:
            broken.setattr(sockets.platform.inbox, "put", away)
            assert sockets.push(records) == [records[0]["dynamodb"]["SequenceNumber"]]
        assert sockets.push(records) == []

        assert unread(sockets.platform.inbox, socket.user_id, sockets.platform.clock) == 1
