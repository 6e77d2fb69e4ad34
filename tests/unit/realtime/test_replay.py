import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from functions.api.schemas.examples import SCHEMAS
from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.reactions.model import Standing
from mundotango.realtime.frames import answers
from mundotango.realtime.model import (
    Appended,
    Kind,
    author_channel,
    city_channel,
    conversation_channel,
    event_channel,
    frame,
    post_channel,
    user_channel,
)
from mundotango.realtime.policy import (
    LONGEST_CHANNEL,
    LONGEST_ECHO,
    MAX_OMITTED,
    RESUME_AUTHORS,
    RESUME_EACH,
    RESUME_LIMIT,
    RESUME_TIME,
)
from mundotango.realtime.replay import AUTHORS_AT_ONCE
from tests.factories.clients import Client
from tests.factories.realtime import make_activity
from tests.fakes.realtime import LateEdges


@pytest.fixture
def client() -> Client:
    return Client()


def ids_of(appended: Sequence[Appended]) -> list[str]:
    return [str(each.activity.id) for each in appended]


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

    def test_who_was_blocked_a_moment_ago_is_not_brought_what_was_done_after_it(self, client: Client) -> None:
        edges = client.stores.edges = LateEdges()
        me, author = client.socket.user_id, ids.new_id()
        edges.apply("follow", author, me, active=True, version=1)
        edges.apply("block", author, me, active=True, version=2)
        written = replace(make_activity(author_channel(author)), actor_id=author)
        client.stores.activities.append(written)

        answered = client.asks("resume", positions={"home": client.position(timedelta())})

        assert [(each["type"], each["omitted"]) for each in answered] == [("resumed", [])]

    def test_what_is_too_old_has_to_be_fetched_anew(self, client: Client) -> None:
        answered = client.asks("resume", positions={"home": client.position(timedelta(hours=24))})

        assert answered[0] == {"v": 1, "type": "resync", "channel": "home"}
        assert answered[1]["type"] == "resumed"

    def test_so_has_what_is_too_much_while_the_rest_is_brought(self, client: Client) -> None:
        busy, quiet = user_channel(client.socket.user_id), post_channel(ids.new_id())
        for _ in range(RESUME_LIMIT + 1):
            client.happens(busy)
        client.likes(quiet)
        now = client.position(timedelta())

        answered = client.asks("resume", positions={busy: now, quiet: now}, grant=client.granted(quiet))

        assert [each["type"] for each in answered] == ["resync", "reaction.changed", "resumed"]

    def test_so_has_that_of_which_more_was_left_out_than_a_frame_can_name(self, client: Client) -> None:
        fits, fits_not = user_channel(client.socket.user_id), city_channel("lima")
        post_id = str(ids.new_id())
        before = [client.happens(fits, kind="post.created", id=post_id) for _ in range(MAX_OMITTED)]
        shown = client.happens(fits, kind="post.removed", post_id=post_id)
        client.happens(fits_not, kind="post.created", id=post_id)
        client.happens(fits_not, kind="post.removed", post_id=post_id)
        now = client.position(timedelta())

        answered = client.asks("resume", ref="\x00" * LONGEST_ECHO, positions={fits: now, fits_not: now})

        assert answered[0] == frame(shown)
        assert [(each["type"], each.get("channel")) for each in answered[1:]] == [
            ("resync", fits_not),
            ("resumed", None),
        ]
        assert answered[-1]["omitted"] == ids_of(before)

    def test_so_has_home_of_more_authors_than_can_be_asked_for(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(RESUME_AUTHORS + 1):
            client.stores.edges.apply("follow", ids.new_id(), client.socket.user_id, active=True, version=1)
        monkeypatch.setattr(client.stores.activities, "since", pytest.fail)

        answered = client.asks("resume", positions={"home": client.position(timedelta())})

        assert [each["type"] for each in answered] == ["resync", "resumed"]

    def test_so_has_home_when_reading_it_takes_too_long(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(AUTHORS_AT_ONCE + 1):
            client.stores.edges.apply("follow", ids.new_id(), client.socket.user_id, active=True, version=1)
        asked: list[str] = []

        def slow(channel: str, *_: object) -> list[Appended]:
            asked.append(channel)
            if len(asked) == AUTHORS_AT_ONCE:
                client.stores.clock.advance(RESUME_TIME * 1.1)
            return []

        monkeypatch.setattr(client.stores.activities, "since", slow)

        answered = client.asks("resume", positions={"home": client.position(timedelta())})

        assert [each["type"] for each in answered] == ["resync", "resumed"]
        assert len(asked) == AUTHORS_AT_ONCE

    def test_so_has_what_could_not_be_sent_in_time_while_its_channel_is_listened_to(self, client: Client) -> None:
        mine, later = user_channel(client.socket.user_id), post_channel(ids.new_id())
        for _ in range(20):
            client.happens(mine)
        client.likes(later)
        now = client.position(timedelta())

        question = {"action": "resume", "positions": {mine: now, later: now}, "grant": client.granted(later)}
        sent = []
        for answer in answers(client.stores, client.socket, client.end, json.dumps(question)):
            sent.append((answer["type"], answer.get("channel")))
            client.stores.clock.advance(RESUME_TIME / 10)

        assert sent == [*[("post.created", mine)] * 11, ("resync", mine), ("resync", later), ("resumed", None)]
        assert client.stores.connections.of_channel(later, client.stores.clock.now()) == [client.socket]

    def test_home_is_read_once_in_three_seconds_as_it_costs_most(self, client: Client) -> None:
        question = {"home": client.position(timedelta())}
        assert [each["type"] for each in client.asks("resume", positions=question)] == ["resumed"]

        [refusal] = client.asks("resume", positions=question, ref="r")

        assert (refusal["code"], refusal["ref"]) == ("unavailable", "r")
        assert [each["type"] for each in client.asks("resume")] == ["resumed"]
        client.stores.clock.advance(RESUME_EACH)
        assert [each["type"] for each in client.asks("resume", positions=question)] == ["resumed"]

    def test_a_channel_that_cannot_be_read_ends_it_without_resumed(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mine, other = user_channel(client.socket.user_id), post_channel(ids.new_id())
        missed = client.happens(mine)

        def away(_post_ids: Collection[UUID]) -> dict[UUID, Standing]:
            raise Unavailable("the table does not answer; try again")

        monkeypatch.setattr(client.stores.counters, "standing", away)

        answered = client.asks(
            "resume",
            ref="r1",
            positions={mine: missed.position, other: missed.position},
            grant=client.granted(other),
        )

        assert [each["type"] for each in answered] == ["post.created", "error"]
        assert (answered[-1]["code"], answered[-1]["ref"]) == ("unavailable", "r1")

    def test_of_a_channel_that_is_none_so_much_is_told_again_as_a_channel_is_long(self, client: Client) -> None:
        [refusal, _] = client.asks("resume", positions={"x" * 9999: "y"})

        assert refusal["code"] == "bad-channel"
        assert refusal["channel"] == "x" * LONGEST_CHANNEL

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


class TestWhatTheyMustNoLongerSee:
    def test_is_what_somebody_did_who_is_apart_from_them_by_now(self, client: Client) -> None:
        channel = user_channel(client.socket.user_id)
        theirs, others = client.happens(channel), client.happens(channel)
        assert theirs.activity.actor_id is not None
        client.stores.edges.apply("block", theirs.activity.actor_id, client.socket.user_id, active=True, version=1)

        answered = client.asks("resume", positions={channel: theirs.position})

        assert [each.get("id") for each in answered] == [str(others.activity.id), None]
        assert answered[-1]["omitted"] == [], "not even that there was something"

    @pytest.mark.parametrize("taken_back", ["post.removed", "post.withdrawn"])
    def test_is_a_post_that_was_taken_back_meanwhile(self, client: Client, taken_back: Kind) -> None:
        channel = user_channel(client.socket.user_id)
        before, one, other = client.position(timedelta()), str(ids.new_id()), str(ids.new_id())
        told: list[tuple[Kind, dict[str, str]]] = [
            ("post.created", {"id": one}),
            ("post.created", {"id": other}),
            ("post.updated", {"id": one}),
            (taken_back, {"post_id": one}),
            ("post.created", {"id": one}),
        ]
        stand = [
            client.stores.activities.append(make_activity(channel, kind=kind, **payload)) for kind, payload in told
        ]

        answered = client.asks("resume", positions={channel: before})

        assert [(each["type"], each["data"].get("id") or each["data"]["post_id"]) for each in answered[:-1]] == [
            ("post.created", other),
            (taken_back, one),
            ("post.created", one),
        ]
        assert answered[-1]["omitted"] == ids_of([stand[0], stand[2]])

    def test_is_a_post_that_was_appended_again_after_it_was_taken_back(self, client: Client) -> None:
        channel, post_id = user_channel(client.socket.user_id), str(ids.new_id())
        created = make_activity(channel, kind="post.created", id=post_id)
        removed = make_activity(channel, kind="post.removed", post_id=post_id)
        shown_again = make_activity(channel, kind="post.created", id=post_id)
        before = client.position(timedelta())
        for activity in (created, removed, created, shown_again, removed):
            client.stores.activities.append(activity)

        answered = client.asks("resume", positions={channel: before})

        assert [each["id"] for each in answered[:-1]] == [str(removed.id), str(shown_again.id)]
        assert answered[-1]["omitted"] == [str(created.id)]

    def test_is_what_a_message_said_that_was_deleted_meanwhile_and_a_conversation_with_it(self, client: Client) -> None:
        channel, before = user_channel(client.socket.user_id), client.position(timedelta())
        conversation: dict[str, Any] = SCHEMAS["ConversationBody"]
        one, other = ({**conversation["last_message"], "id": str(ids.new_id())} for _ in range(2))
        told: list[tuple[Kind, dict[str, Any]]] = [
            ("message.created", one),
            ("conversation.updated", {**conversation, "last_message": one}),
            ("message.created", other),
            ("conversation.updated", {**conversation, "last_message": other}),
            ("conversation.updated", {**conversation, "last_message": None}),
            ("message.removed", {"id": one["id"], "conversation_id": conversation["id"]}),
        ]
        for kind, payload in told:
            client.stores.activities.append(replace(make_activity(channel, kind=kind), payload=payload))

        answered = client.asks("resume", positions={channel: before})

        assert [(each["type"], each["data"]) for each in answered[:-1]] == [
            ("message.created", {**one, "text": "", "media": [], "deleted": True}),
            ("conversation.updated", {"id": conversation["id"]}),
            *told[2:],
        ]
        assert answered[-1]["omitted"] == []

    def test_is_a_conversation_they_are_in_no_more_though_they_have_a_grant(self, client: Client) -> None:
        conversation = ids.new_id()
        channel = conversation_channel(conversation)
        missed = client.happens(channel)
        question = {"positions": {channel: missed.position}, "grant": client.granted(channel)}

        [refusal, _] = client.asks("resume", **question)
        assert (refusal["code"], refusal["channel"]) == ("not-allowed", channel)
        assert not client.listens_to(channel)

        client.stores.edges.apply("member", conversation, client.socket.user_id, active=True, version=1)
        assert client.asks("resume", **question)[0]["id"] == str(missed.activity.id)
        assert client.listens_to(channel)

    def test_what_is_public_comes_back_without_a_grant(self, client: Client) -> None:
        channels = [event_channel(ids.new_id()), city_channel("lima")]
        missed = client.happens(channels[1])

        answered = client.asks("resume", positions=dict.fromkeys(channels, missed.position))

        assert [each.get("id") for each in answered[:-1]] == [str(missed.activity.id)]
        assert all(map(client.listens_to, channels))
