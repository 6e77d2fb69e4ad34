import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango import ids
from mundotango.realtime.model import (
    city_channel,
    conversation_channel,
    encoded,
    event_channel,
    post_channel,
    user_channel,
)
from mundotango.realtime.policy import (
    FRAMES_A_SECOND,
    GRANT_LIFE,
    LARGEST_FRAME,
    MAX_CHANNELS,
)
from mundotango.realtime.traffic import FLOOD_SECONDS
from tests.factories.clients import Client
from tests.factories.realtime import make_socket

ANYTEXT = st.text(st.characters())  # half surrogate pairs too, as JSON can carry them
SCALARS = st.none() | st.booleans() | st.floats() | ANYTEXT


@pytest.fixture
def client() -> Client:
    return Client()


class TestWhatIsNoFrame:
    @pytest.mark.parametrize(
        "text", ["", "hello", "[]", "7", "null", '"ping"', '{"action":', "[" * 30_000, "1" * 10_000]
    )
    def test_is_answered_with_an_error(self, client: Client, text: str) -> None:
        assert [(each["type"], each["code"]) for each in client.sends(text)] == [("error", "bad-json")]

    @pytest.mark.parametrize(
        "text", ["{}", '{"action":"dance"}', '{"action":null}', '{"action":["ping"]}', '{"action":{"ping":1}}']
    )
    def test_names_no_known_action(self, client: Client, text: str) -> None:
        assert [(each["type"], each["code"]) for each in client.sends(text)] == [("error", "unknown-action")]

    @pytest.mark.parametrize(
        "positions", [[], "home", 7, None, {f"post:{n}": "x" for n in range(MAX_CHANNELS + 3)}], ids=str
    )
    def test_positions_of_the_wrong_kind(self, client: Client, positions: object) -> None:
        assert [each["code"] for each in client.asks("resume", positions=positions)] == ["bad-field"]

    def test_is_not_text(self, client: Client) -> None:
        assert [each["code"] for each in client.sends(None)] == ["binary"]

    def test_is_larger_than_a_frame_may_be(self, client: Client) -> None:
        most = json.dumps({"action": "ping", "x": "é" * 9}, ensure_ascii=False)
        most = most[:-2] + "x" * (LARGEST_FRAME - len(most.encode())) + most[-2:]

        assert client.sends(most) == [{"v": 1, "type": "pong"}]
        assert [each["code"] for each in client.sends(most[:-2] + "x" + most[-2:])] == ["too-large"]

    @given(ANYTEXT | st.recursive(SCALARS, st.lists, max_leaves=10).map(json.dumps))
    def test_whatever_comes_has_an_answer_that_can_be_sent(self, text: str) -> None:
        for answer in Client().sends(text):
            encoded(answer).encode()

    @given(
        st.sampled_from(["resume", "subscribe", "unsubscribe", "ping", "presence", "typing"]),
        st.dictionaries(
            st.sampled_from(["channel", "channels", "grant", "positions", "ref"]),
            st.lists(ANYTEXT | st.integers() | st.just("city:x") | st.lists(st.none()), max_size=3)
            | ANYTEXT
            | st.integers()
            | st.none()
            | st.dictionaries(ANYTEXT | st.just("home"), ANYTEXT, max_size=3),
        ),
    )
    def test_whatever_a_known_action_carries_has_an_answer(self, action: str, fields: dict[str, Any]) -> None:
        answered = Client().asks(action, **fields)

        assert answered
        for answer in answered:
            encoded(answer).encode()


class TestRef:
    @pytest.mark.parametrize("ref", ["a1", 7])
    def test_comes_back_in_answers_and_errors(self, client: Client, ref: object) -> None:
        assert client.asks("ping", ref=ref) == [{"v": 1, "type": "pong", "ref": ref}]
        assert client.asks("dance", ref=ref)[0]["ref"] == ref

    @pytest.mark.parametrize("ref", [None, ["a"], {"a": 1}, "x" * 65])
    def test_that_is_none_is_left_out(self, client: Client, ref: object) -> None:
        assert client.asks("ping", ref=ref) == [{"v": 1, "type": "pong"}]

    def test_that_is_half_a_surrogate_pair_comes_back_as_a_letter_that_can_be_sent(self, client: Client) -> None:
        [answer] = client.sends('{"action": "ping", "ref": "a\\ud83d"}')
        assert json.loads(encoded(answer).encode())["ref"] == "a?"


class TestFlood:
    def test_a_frame_too_fast_is_refused_and_after_a_second_none_is(self, client: Client) -> None:
        for _ in range(FRAMES_A_SECOND):
            assert client.asks("ping") == [{"v": 1, "type": "pong"}]

        [refusal] = client.asks("ping", ref="r")

        assert (refusal["code"], refusal["retry_after"], refusal["ref"]) == ("too-many", 1, "r")
        client.stores.clock.advance(timedelta(seconds=1))
        assert client.asks("ping") == [{"v": 1, "type": "pong"}]

    def test_who_goes_on_is_closed(self, client: Client) -> None:
        answered = [client.asks("ping")[0] for _ in range(FLOOD_SECONDS * FRAMES_A_SECOND + 1)]

        assert [each["type"] for each in answered].count("closing") == 1
        assert answered[-1] == {"v": 1, "type": "closing", "code": "flood", "reconnect": True}

    def test_so_is_who_keeps_sending_a_little_too_fast(self, client: Client) -> None:
        answered = []
        for _ in range(10 * FRAMES_A_SECOND):
            client.stores.clock.advance(timedelta(seconds=1) / (1.5 * FRAMES_A_SECOND))
            answered += client.asks("ping")

        assert "flood" in {each.get("code") for each in answered}

    def test_who_sends_as_fast_as_one_may_never_is_nor_is_another_counted_with_them(self, client: Client) -> None:
        other = make_socket()
        for _ in range(10 * FRAMES_A_SECOND):
            client.stores.clock.advance(timedelta(seconds=1) / FRAMES_A_SECOND)
            assert client.asks("ping") == [{"v": 1, "type": "pong"}]
            client.stores.traffic.take(other.connection_id, client.stores.clock.now())


class TestAfterTheEnd:
    def test_every_frame_is_told_so_and_closes_the_socket(self, client: Client) -> None:
        client.stores.clock.advance(timedelta(minutes=30))

        for text in ('{"action": "ping"}', "hello", None):
            assert [(each["type"], each["code"]) for each in client.sends(text)] == [
                ("error", "token-expired"),
                ("closing", "token-expired"),
            ]

    def test_its_client_is_told_when_that_is_going_to_be(self, client: Client) -> None:
        [resumed] = client.asks("resume")
        assert datetime.fromisoformat(resumed["ends_at"]) == client.end.at.replace(microsecond=0)


class TestEncoded:
    def test_a_long_post_of_emoji_is_no_longer_than_its_letters(self) -> None:
        text = encoded({"data": {"body": "💃" * 5000}})

        assert len(text.encode()) < 4 * 5000 + 30
        assert json.loads(text) == {"data": {"body": "💃" * 5000}}


class TestSubscribe:
    def test_from_then_on_the_socket_is_in_the_channels(self, client: Client) -> None:
        channels = [post_channel(ids.new_id()), event_channel(ids.new_id()), city_channel("buenos aires")]

        [answer] = client.subscribes(*channels, grant=client.granted(channels[0]))

        assert (answer["type"], answer["channels"]) == ("subscribed", channels)
        assert all(map(client.listens_to, channels))
        assert all(client.happens(channel).position > answer["position"] for channel in channels)

    def test_and_no_more_after_unsubscribing(self, client: Client) -> None:
        channels = [event_channel(ids.new_id()), city_channel("buenos aires")]
        client.subscribes(*channels)

        answered = client.asks("unsubscribe", channels=channels)

        assert answered == [{"v": 1, "type": "unsubscribed", "channels": channels}]
        assert not any(map(client.listens_to, channels))

    def test_each_that_is_refused_is_named_and_the_rest_is_listened_to(self, client: Client) -> None:
        event, others = event_channel(ids.new_id()), user_channel(ids.new_id())

        answered = client.subscribes(others, "city:Buenos Aires", event, 7, ["x"], "home", ref="r")

        assert [(each.get("code"), each.get("channel")) for each in answered[:-1]] == [
            ("not-allowed", others),
            ("bad-channel", "city:Buenos Aires"),
            ("bad-channel", None),
            ("bad-channel", "home"),
        ]
        assert (answered[-1]["type"], answered[-1]["channels"]) == ("subscribed", [event])
        assert {each["ref"] for each in answered} == {"r"}

    @pytest.mark.parametrize("channels", [None, "post:1", [], {"post:1": 1}, ["event:1"] * (MAX_CHANNELS + 1)], ids=str)
    def test_what_is_no_list_of_channels(self, client: Client, channels: object) -> None:
        for action in ("subscribe", "unsubscribe"):
            assert [each["code"] for each in client.asks(action, channels=channels)] == ["bad-field"]

    def test_more_than_fit_are_refused_together(self, client: Client) -> None:
        client.subscribes(*(event_channel(ids.new_id()) for _ in range(MAX_CHANNELS - 1)))
        two = [event_channel(ids.new_id()), event_channel(ids.new_id())]

        answered = client.subscribes(*two)

        assert [(each["code"], each["channel"]) for each in answered] == [("not-allowed", each) for each in two]
        assert not any(map(client.listens_to, two))
        assert client.subscribes(two[0])[0]["type"] == "subscribed"

    def test_on_a_connection_that_is_closed_since_it_was_heard(self, client: Client) -> None:
        client.asks("ping")
        client.stores.connections.close(client.socket)
        assert [each["code"] for each in client.subscribes(event_channel(ids.new_id()))] == ["not-found"]


class TestGrant:
    @pytest.mark.parametrize("family", [post_channel, conversation_channel])
    def test_is_needed_for_what_is_not_public(self, client: Client, family: Callable[[UUID], str]) -> None:
        channel = family(ids.new_id())

        [answer] = client.subscribes(channel)
        assert (answer["code"], answer["channel"]) == ("not-allowed", channel)
        assert not client.listens_to(channel)

        assert client.subscribes(channel, grant=client.granted(channel))[0]["type"] == "subscribed"

    def test_of_another_channel_or_another_person_or_none_at_all_is_none(self, client: Client) -> None:
        channel = post_channel(ids.new_id())

        for grant in (
            client.granted(post_channel(ids.new_id())),
            client.granted(channel, user_id=ids.new_id()),
            "none",
        ):
            assert [each["code"] for each in client.subscribes(channel, grant=grant)] == ["not-allowed"]
        assert [each["code"] for each in client.subscribes(channel, grant=7)] == ["bad-field"]

    def test_ends_after_ten_minutes_and_may_be_named_again_until_then(self, client: Client) -> None:
        channel = post_channel(ids.new_id())
        grant = client.granted(channel)

        for _ in range(2):
            assert client.subscribes(channel, grant=grant)[0]["type"] == "subscribed"
            client.asks("unsubscribe", channels=[channel])
        client.stores.clock.advance(GRANT_LIFE)

        assert client.subscribes(channel, grant=grant)[0]["code"] == "not-allowed"

    def test_is_needed_to_come_back_to_the_channel_too(self, client: Client) -> None:
        channel = post_channel(ids.new_id())
        missed = client.happens(channel)

        [refusal, resumed] = client.asks("resume", positions={channel: missed.position})

        assert (refusal["code"], refusal["channel"], resumed["type"]) == ("not-allowed", channel, "resumed")
        assert not client.listens_to(channel)
