import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.realtime.frames import answers
from mundotango.realtime.model import Appended, author_channel, encoded, frame, post_channel, user_channel
from mundotango.realtime.policy import (
    LONGEST_ECHO,
    MAX_CHANNELS,
    RESUME_AUTHORS,
    RESUME_LIMIT,
    RESUME_TIME,
    position_at,
)
from mundotango.realtime.service import connect
from tests.factories.realtime import make_activity, make_socket
from tests.fakes.stores import FakeStores

ANYTEXT = st.text(st.characters())  # half surrogate pairs too, as JSON can carry them
SCALARS = st.none() | st.booleans() | st.floats() | ANYTEXT


class Client:
    """One open socket, and what it is answered."""

    def __init__(self) -> None:
        self.stores, self.socket = FakeStores(), make_socket()
        connect(self.stores.connections, self.socket, self.stores.clock)

    def sends(self, text: str) -> list[dict[str, Any]]:
        return list(answers(self.stores, self.socket, text))

    def asks(self, action: str, **fields: Any) -> list[dict[str, Any]]:
        return self.sends(json.dumps({"action": action, **fields}))

    def happens(self, channel: str) -> Appended:
        return self.stores.activities.append(make_activity(channel))

    def position(self, ago: timedelta) -> str:
        return position_at(self.stores.clock.now() - ago)


@pytest.fixture
def client() -> Client:
    return Client()


class TestWhatIsNoFrame:
    @pytest.mark.parametrize(
        "text", ["", "hello", "[]", "7", "null", '"ping"', '{"action":', "[" * 100_000, "1" * 10_000]
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

    @given(ANYTEXT | st.recursive(SCALARS, st.lists, max_leaves=10).map(json.dumps))
    def test_whatever_comes_has_an_answer_that_can_be_sent(self, text: str) -> None:
        for answer in Client().sends(text):
            encoded(answer).encode()

    @given(
        st.sampled_from(["resume", "subscribe", "unsubscribe", "ping"]),
        st.dictionaries(
            st.sampled_from(["channel", "positions", "ref"]),
            ANYTEXT | st.integers() | st.none() | st.dictionaries(ANYTEXT | st.just("home"), ANYTEXT, max_size=3),
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


class TestEncoded:
    def test_a_long_post_of_emoji_is_no_longer_than_its_letters(self) -> None:
        text = encoded({"data": {"body": "💃" * 5000}})

        assert len(text.encode()) < 4 * 5000 + 30
        assert json.loads(text) == {"data": {"body": "💃" * 5000}}


class TestSubscribe:
    def test_from_then_on_the_socket_is_in_the_channel(self, client: Client) -> None:
        channel = post_channel(ids.new_id())

        [answer] = client.asks("subscribe", channel=channel)

        assert (answer["type"], answer["channel"]) == ("subscribed", channel)
        assert client.stores.connections.of_channel(channel, client.stores.clock.now()) == [client.socket]
        assert client.happens(channel).position > answer["position"]

    def test_and_no_more_after_unsubscribing(self, client: Client) -> None:
        channel = post_channel(ids.new_id())
        client.asks("subscribe", channel=channel)

        assert client.asks("unsubscribe", channel=channel) == [{"v": 1, "type": "unsubscribed", "channel": channel}]

        assert client.stores.connections.of_channel(channel, client.stores.clock.now()) == []

    def test_another_persons_channel_is_refused(self, client: Client) -> None:
        [answer] = client.asks("subscribe", channel=user_channel(ids.new_id()))
        assert (answer["type"], answer["code"]) == ("error", "not-allowed")

    def test_no_channel_is_refused(self, client: Client) -> None:
        assert [each["code"] for each in client.asks("subscribe")] == ["bad-channel"]

    def test_one_too_many_is_refused(self, client: Client) -> None:
        for _ in range(MAX_CHANNELS):
            client.asks("subscribe", channel=post_channel(ids.new_id()))

        assert [each["code"] for each in client.asks("subscribe", channel=post_channel(ids.new_id()))] == [
            "not-allowed"
        ]

    def test_on_a_connection_that_is_closed(self, client: Client) -> None:
        client.stores.connections.close(client.socket)
        assert [each["code"] for each in client.asks("subscribe", channel=post_channel(ids.new_id()))] == ["not-found"]


class TestResume:
    def test_without_positions_only_says_where_now_is(self, client: Client) -> None:
        client.happens(user_channel(client.socket.user_id))

        [answer] = client.asks("resume")

        assert answer["type"] == "resumed"
        assert answer["position"] > client.stores.activities.appended[0].position

    def test_brings_what_was_missed_in_order_and_then_says_so(self, client: Client) -> None:
        channel = user_channel(client.socket.user_id)
        seen = client.happens(channel)
        missed = [client.happens(channel) for _ in range(3)]
        client.happens(user_channel(ids.new_id()))

        answered = client.asks("resume", positions={channel: seen.position})

        # The one already seen stands within the overlap; its receiver knows its id.
        assert answered[:-1] == [frame(each) for each in [seen, *missed]]
        assert answered[-1]["type"] == "resumed"

    def test_leaves_out_what_is_older_than_the_overlap(self, client: Client) -> None:
        channel = user_channel(client.socket.user_id)
        client.happens(channel)
        client.stores.clock.advance(timedelta(minutes=5))

        answered = client.asks("resume", positions={channel: client.position(timedelta(minutes=3))})

        assert [each["type"] for each in answered] == ["resumed"]

    def test_home_is_what_the_followed_did_merged(self, client: Client) -> None:
        ana, bruno, stranger = ids.new_id(), ids.new_id(), ids.new_id()
        for author in (ana, bruno):
            client.stores.edges.apply("follow", author, client.socket.user_id, active=True, version=1)
        happened = [client.happens(author_channel(author)) for author in (ana, bruno, ana)]
        client.happens(author_channel(stranger))

        answered = client.asks("resume", positions={"home": client.position(timedelta())})

        assert [each["id"] for each in answered[:-1]] == [str(each.activity.id) for each in happened]
        assert {each["channel"] for each in answered[:-1]} == {"home"}

    def test_a_post_is_subscribed_to_before_its_past_is_read(self, client: Client) -> None:
        channel = post_channel(ids.new_id())
        missed = client.happens(channel)

        answered = client.asks("resume", positions={channel: missed.position})

        assert [each["type"] for each in answered] == ["post.created", "resumed"]
        assert client.stores.connections.of_channel(channel, client.stores.clock.now()) == [client.socket]

    def test_what_is_too_old_has_to_be_fetched_anew(self, client: Client) -> None:
        answered = client.asks("resume", positions={"home": client.position(timedelta(hours=24))})

        assert answered[0] == {"v": 1, "type": "resync", "channel": "home"}
        assert answered[1]["type"] == "resumed"

    def test_so_has_what_is_too_much_while_the_rest_is_brought(self, client: Client) -> None:
        busy, quiet = user_channel(client.socket.user_id), post_channel(ids.new_id())
        for _ in range(RESUME_LIMIT + 1):
            client.happens(busy)
        client.happens(quiet)
        now = client.position(timedelta())

        answered = client.asks("resume", positions={busy: now, quiet: now})

        assert [each["type"] for each in answered] == ["resync", "post.created", "resumed"]

    def test_so_has_home_of_more_authors_than_can_be_asked_for(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(RESUME_AUTHORS + 1):
            client.stores.edges.apply("follow", ids.new_id(), client.socket.user_id, active=True, version=1)
        monkeypatch.setattr(client.stores.activities, "since", pytest.fail)

        answered = client.asks("resume", positions={"home": client.position(timedelta())})

        assert [each["type"] for each in answered] == ["resync", "resumed"]

    def test_so_has_home_when_reading_it_takes_too_long(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(20):
            client.stores.edges.apply("follow", ids.new_id(), client.socket.user_id, active=True, version=1)
        asked: list[str] = []

        def slow(channel: str, *_: object) -> list[Appended]:
            asked.append(channel)
            client.stores.clock.advance(RESUME_TIME / 10)
            return []

        monkeypatch.setattr(client.stores.activities, "since", slow)

        answered = client.asks("resume", positions={"home": client.position(timedelta())})

        assert [each["type"] for each in answered] == ["resync", "resumed"]
        assert len(asked) == 11

    def test_so_has_what_could_not_be_sent_in_time_while_its_channel_is_listened_to(self, client: Client) -> None:
        mine, later = user_channel(client.socket.user_id), post_channel(ids.new_id())
        for _ in range(20):
            client.happens(mine)
        client.happens(later)
        now = client.position(timedelta())

        sent = []
        for answer in answers(
            client.stores, client.socket, json.dumps({"action": "resume", "positions": {mine: now, later: now}})
        ):
            sent.append((answer["type"], answer.get("channel")))
            client.stores.clock.advance(RESUME_TIME / 10)

        assert sent == [*[("post.created", mine)] * 11, ("resync", mine), ("resync", later), ("resumed", None)]
        assert client.stores.connections.of_channel(later, client.stores.clock.now()) == [client.socket]

    def test_a_channel_that_cannot_be_read_ends_it_without_resumed(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mine, other = user_channel(client.socket.user_id), post_channel(ids.new_id())
        missed = client.happens(mine)
        since = client.stores.activities.since

        def away(channel: str, position: str, limit: int) -> list[Appended]:
            if channel == other:
                raise Unavailable("the table does not answer; try again")
            return since(channel, position, limit)

        monkeypatch.setattr(client.stores.activities, "since", away)

        answered = client.asks("resume", ref="r1", positions={mine: missed.position, other: missed.position})

        assert [each["type"] for each in answered] == ["post.created", "error"]
        assert (answered[-1]["code"], answered[-1]["ref"]) == ("unavailable", "r1")

    def test_of_a_channel_that_is_none_so_much_is_told_again_as_a_channel_is_long(self, client: Client) -> None:
        [refusal, _] = client.asks("resume", positions={"x" * 9999: "y"})

        assert refusal["code"] == "bad-channel"
        assert refusal["channel"] == "x" * LONGEST_ECHO

    def test_channels_that_cannot_be_resumed_are_refused_one_by_one(self, client: Client) -> None:
        channel, others = user_channel(client.socket.user_id), user_channel(ids.new_id())
        missed = client.happens(channel)

        answered = client.asks(
            "resume",
            ref="r1",
            positions={others: missed.position, "home": "x", "author:1": "y", channel: missed.position},
        )

        assert [(each.get("code"), each.get("channel")) for each in answered[:3]] == [
            ("not-allowed", others),
            ("bad-position", "home"),
            ("bad-channel", "author:1"),
        ]
        assert [each["type"] for each in answered[3:]] == ["post.created", "resumed"]
        assert answered[-1]["ref"] == "r1"
