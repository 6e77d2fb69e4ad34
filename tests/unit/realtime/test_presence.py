"""Who is here, and who is typing: told to those who may know, and by those who show themselves."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.realtime.model import Socket, conversation_channel, encoded, post_channel
from mundotango.realtime.policy import (
    HEARD_EACH,
    HERE_FOR,
    LARGEST_FRAME,
    LONGEST_ECHO,
    LOOKING_EACH,
    MAX_HERE,
    TYPING_EACH,
    TYPING_FOR,
)
from mundotango.realtime.service import connect
from tests.factories.clients import Client
from tests.factories.realtime import make_end, make_socket

SOMETHING = UUID("01968b5e-7c00-7a31-9a52-3f6d1c2b4e60")


@pytest.fixture
def client() -> Client:
    return Client()


def opens(client: Client, user_id: UUID | None = None) -> Socket:
    socket = make_socket(user_id)
    connect(client.stores, socket, make_end(client.stores.clock))
    return socket


def relates(client: Client, relation: Any, one: UUID, other: UUID) -> None:
    client.stores.edges.apply(relation, one, other, active=True, version=1)


def here(client: Client) -> set[str]:
    client.stores.connections.rows[client.socket.connection_id].asked_at.clear()
    [answer] = client.asks("presence")
    assert answer["type"] == "presence"
    return set(answer["here"])


class TestPresence:
    def test_is_of_those_one_follows_and_of_nobody_else(self, client: Client) -> None:
        followed, stranger, away = opens(client).user_id, opens(client).user_id, ids.new_id()
        for person in (followed, away):
            relates(client, "follow", person, client.socket.user_id)
        relates(client, "follow", client.socket.user_id, stranger)

        assert here(client) == {str(followed)}

    def test_ends_when_nothing_came_for_two_minutes_and_a_frame_brings_it_back(self, client: Client) -> None:
        followed = opens(client)
        relates(client, "follow", followed.user_id, client.socket.user_id)

        client.stores.clock.advance(HERE_FOR)
        assert here(client) == {str(followed.user_id)}
        client.stores.clock.advance(timedelta(seconds=1))
        assert here(client) == set()

        theirs = Client.__new__(Client)
        theirs.stores, theirs.socket, theirs.end = client.stores, followed, make_end(client.stores.clock)
        theirs.asks("ping")
        assert here(client) == {str(followed.user_id)}

    def test_ends_with_the_last_socket(self, client: Client) -> None:
        followed = opens(client)
        relates(client, "follow", followed.user_id, client.socket.user_id)
        client.stores.connections.close(followed)

        assert here(client) == set()

    @pytest.mark.parametrize("which", ["followed", "follower"])
    def test_who_hides_is_shown_to_nobody_and_is_shown_nobody(self, client: Client, which: str) -> None:
        followed = opens(client).user_id
        relates(client, "follow", followed, client.socket.user_id)
        hides = followed if which == "followed" else client.socket.user_id
        relates(client, "hidden", hides, hides)

        assert here(client) == set()

    def test_is_not_of_somebody_who_is_apart_though_the_copy_still_says_one_follows(self, client: Client) -> None:
        followed = opens(client).user_id
        relates(client, "follow", followed, client.socket.user_id)
        relates(client, "block", followed, client.socket.user_id)

        assert here(client) == set()

    def test_of_very_many_is_told_what_a_frame_holds(self, client: Client) -> None:
        for _ in range(MAX_HERE + 1):
            relates(client, "follow", opens(client).user_id, client.socket.user_id)

        [answer] = client.asks("presence", ref="x" * LONGEST_ECHO)

        assert len(answer["here"]) == MAX_HERE
        assert len(encoded(answer).encode()) <= LARGEST_FRAME

    def test_is_looked_for_once_in_ten_seconds(self, client: Client) -> None:
        assert client.asks("presence")[0]["type"] == "presence"
        [refusal] = client.asks("presence")
        assert (refusal["code"], refusal["retry_after"]) == ("too-many", 10)

        client.stores.clock.advance(LOOKING_EACH)
        assert client.asks("presence")[0]["type"] == "presence"

    def test_a_heartbeat_is_asked_about_once_in_three_minutes(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[datetime] = []

        def hear(_: Socket, now: datetime, **__: object) -> bool:
            asked.append(now)
            return True

        monkeypatch.setattr(client.stores.connections, "hear", hear)

        for _ in range(25):
            client.asks("ping")
            client.stores.clock.advance(HEARD_EACH / 10)

        assert len(asked) == 3

    def test_that_cannot_be_noted_is_no_reason_not_to_answer(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object, **__: object) -> None:
            raise Unavailable("away")

        monkeypatch.setattr(client.stores.connections, "hear", away)

        assert client.asks("ping") == [{"v": 1, "type": "pong"}]


class Conversation:
    """The client and another are in it, and have it open; a third has it open who left."""

    def __init__(self, client: Client) -> None:
        self.id = ids.new_id()
        self.channel = conversation_channel(self.id)
        self.other, self.former = opens(client), opens(client)
        for member in (client.socket, self.other):
            relates(client, "member", self.id, member.user_id)
        for socket in (client.socket, self.other, self.former):
            client.stores.connections.subscribe(
                socket.connection_id, [self.channel], now=client.stores.clock.now(), limit=9
            )


@pytest.fixture
def conversation(client: Client) -> Conversation:
    return Conversation(client)


class TestTyping:
    def test_is_told_to_the_members_who_have_the_conversation_open(
        self, client: Client, conversation: Conversation
    ) -> None:
        [answer] = client.asks("typing", channel=conversation.channel)

        assert [each.socket for each in client.stores.pusher.sent] == [conversation.other]
        assert answer == {
            "v": 1,
            "type": "typing",
            "channel": conversation.channel,
            "user_id": str(client.socket.user_id),
            "until": answer["until"],
        }
        ends = client.stores.clock.now() + TYPING_FOR
        assert abs(datetime.fromisoformat(answer["until"]) - ends) < timedelta(milliseconds=1)

    def test_is_told_once_in_three_seconds(self, client: Client, conversation: Conversation) -> None:
        client.asks("typing", channel=conversation.channel)
        [refusal] = client.asks("typing", channel=conversation.channel)
        assert (refusal["code"], refusal["retry_after"]) == ("too-many", 3)

        client.stores.clock.advance(TYPING_EACH)
        assert client.asks("typing", channel=conversation.channel)[0]["type"] == "typing"
        assert len(client.stores.pusher.sent) == 2

    @pytest.mark.parametrize("relation", ["block", "hidden"])
    def test_is_not_told_to_who_is_apart_or_hides(
        self, client: Client, conversation: Conversation, relation: str
    ) -> None:
        other = conversation.other.user_id
        relates(client, relation, other, client.socket.user_id if relation == "block" else other)

        assert client.asks("typing", channel=conversation.channel)[0]["type"] == "typing"
        assert client.stores.pusher.sent == []

    def test_is_refused_to_who_hides_or_is_not_in_it(self, client: Client, conversation: Conversation) -> None:
        [stranger] = client.asks("typing", channel=conversation_channel(ids.new_id()))
        relates(client, "hidden", client.socket.user_id, client.socket.user_id)
        [hidden] = client.asks("typing", channel=conversation.channel)

        assert (stranger["code"], hidden["code"]) == ("not-allowed", "not-allowed")
        assert client.stores.pusher.sent == []

    @pytest.mark.parametrize("channel", [None, 7, "home", "conversation:1", post_channel(SOMETHING)])
    def test_anywhere_else_is_refused(self, client: Client, channel: object) -> None:
        assert [each["code"] for each in client.asks("typing", channel=channel)] == ["bad-channel"]
