"""Opening, using and losing a socket, through the functions as the gateway calls them."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from functions.ws_connect import handler
from mundotango import ids
from mundotango.adapters.clock import SystemClock
from mundotango.errors import Unavailable
from mundotango.realtime.model import (
    Delivery,
    Outcome,
    author_channel,
    conversation_channel,
    post_channel,
    user_channel,
)
from mundotango.realtime.policy import OPENING_TIME, RESUME_TIME
from mundotango.realtime.service import issue_ticket
from tests.factories.realtime import make_activity, make_end, make_ticket
from tests.fakes.clock import FakeClock
from tests.fixtures.aws import is_known
from tests.fixtures.sockets import Sockets, payload

SITE = "https://mundotango.example"


def effect(answer: dict[str, Any]) -> str:
    [statement] = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == payload("authorizer_request")["methodArn"]
    assert statement["Action"] == "execute-api:Invoke"
    return str(statement["Effect"])


class TestAuthorizer:
    def test_admits_a_page_of_ours_with_a_fresh_ticket(self, sockets: Sockets, clock: FakeClock) -> None:
        user_id = ids.new_id()
        ticket, _ = issue_ticket(sockets.platform.tickets, make_ticket(user_id, clock), clock)

        answer = sockets.authorize(ticket=ticket)

        assert effect(answer) == "Allow"
        ends_at = make_end(clock).at
        assert answer["context"] == {
            "user_id": str(user_id),
            "ends_at": ends_at.isoformat(),
            "ends_as": "token-expired",
        }
        assert answer["principalId"] == str(user_id)

    def test_refuses_a_used_ticket(self, sockets: Sockets, clock: FakeClock) -> None:
        ticket, _ = issue_ticket(sockets.platform.tickets, make_ticket(ids.new_id(), clock), clock)
        sockets.authorize(ticket=ticket)

        answer = sockets.authorize(ticket=ticket)

        assert effect(answer) == "Deny"
        assert "context" not in answer

    def test_refuses_an_expired_ticket(self, sockets: Sockets, clock: FakeClock) -> None:
        ticket, _ = issue_ticket(sockets.platform.tickets, make_ticket(ids.new_id(), clock), clock)
        clock.advance(timedelta(seconds=61))

        assert effect(sockets.authorize(ticket=ticket)) == "Deny"

    @pytest.mark.parametrize("ticket", [None, "", "unknown", "\ud800", "x" * 5000])
    def test_refuses_what_is_no_ticket(self, sockets: Sockets, ticket: str | None) -> None:
        assert effect(sockets.authorize(ticket=ticket)) == "Deny"

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://mundotango.example"])
    def test_refuses_a_foreign_origin_and_leaves_the_ticket_good(
        self, sockets: Sockets, clock: FakeClock, origin: str
    ) -> None:
        ticket, _ = issue_ticket(sockets.platform.tickets, make_ticket(ids.new_id(), clock), clock)

        assert effect(sockets.authorize(ticket=ticket, headers={"Origin": origin})) == "Deny"
        assert effect(sockets.authorize(ticket=ticket)) == "Allow"

    def test_believes_no_header_about_the_host_where_the_site_has_a_name(
        self, sockets: Sockets, clock: FakeClock
    ) -> None:
        ticket, _ = issue_ticket(sockets.platform.tickets, make_ticket(ids.new_id(), clock), clock)
        claimed = {"Origin": "https://evil.example", "x-viewer-host": "evil.example"}

        assert effect(sockets.authorize(ticket=ticket, headers=claimed)) == "Deny"

    @pytest.mark.parametrize(
        ("host", "secret", "expected"),
        [
            ("d111.cloudfront.net", "the edge's secret", "Allow"),
            ("d111.cloudfront.net", "a guess", "Deny"),
            ("d111.cloudfront.net", "", "Deny"),
            ("d222.cloudfront.net", "the edge's secret", "Deny"),
            ("", "the edge's secret", "Deny"),
        ],
    )
    def test_believes_the_edge_when_it_proves_to_be_it(
        self, sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, host: str, secret: str, expected: str
    ) -> None:
        monkeypatch.setenv("SITE_URL", "")
        monkeypatch.setenv("ORIGIN_SECRET_SHA256", sha256(b"the edge's secret").hexdigest())
        ticket, _ = issue_ticket(sockets.platform.tickets, make_ticket(ids.new_id(), clock), clock)
        headers = {"Origin": "https://d111.cloudfront.net", "x-viewer-host": host, "x-origin-secret": secret}

        assert effect(sockets.authorize(ticket=ticket, headers=headers)) == expected

    def test_believes_nobody_when_no_secret_was_agreed(
        self, sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SITE_URL", "")
        ticket, _ = issue_ticket(sockets.platform.tickets, make_ticket(ids.new_id(), clock), clock)
        headers = {
            "Origin": "https://d111.cloudfront.net",
            "x-viewer-host": "d111.cloudfront.net",
            "x-origin-secret": "",
        }

        assert effect(sockets.authorize(ticket=ticket, headers=headers)) == "Deny"


class TestLifeOfASocket:
    def test_opens_answers_and_leaves_nothing_behind(self, sockets: Sockets, clock: FakeClock) -> None:
        socket = sockets.connect()
        other = sockets.connect(socket.user_id)
        assert set(sockets.platform.connections.of_users([socket.user_id], clock.now())) == {socket, other}

        assert sockets.send(socket, {"action": "ping", "ref": "1"}) == [{"v": 1, "type": "pong", "ref": "1"}]
        sockets.disconnect(socket)
        sockets.disconnect(socket)

        assert sockets.platform.connections.of_users([socket.user_id], clock.now()) == [other]
        assert not is_known(socket.connection_id)

    def test_is_found_at_this_regions_gateway_by_whatever_name_it_came(
        self, sockets: Sockets, clock: FakeClock
    ) -> None:
        """A name below the platform's domain may be another region's by the time that something is sent."""
        event = payload("websocket_connect")
        user_id = ids.new_id()
        end = make_end(clock)
        event["requestContext"]["domainName"] = "ws.mundotango.example"
        event["requestContext"]["authorizer"] |= {
            "user_id": str(user_id),
            "ends_at": end.at.isoformat(),
            "ends_as": end.code,
        }

        assert handler.lambda_handler(event, None) == {"statusCode": 200}

        [socket] = sockets.platform.connections.of_users([user_id], clock.now())
        assert socket.domain == f"{event['requestContext']['apiId']}.execute-api.us-east-1.amazonaws.com"

    @pytest.mark.parametrize(
        ("body", "event", "code"),
        [
            ("hello", {}, "bad-json"),
            ("", {}, "bad-json"),
            ('"ping"', {}, "bad-json"),
            ('{"action":"dance"}', {}, "unknown-action"),
            ('{"action":"subscribe","channels":["post:1"]}', {}, "bad-channel"),
            ("AAECAw==", {"isBase64Encoded": True}, "binary"),
        ],
    )
    def test_a_bad_frame_gets_an_error_frame_and_the_socket_stays_open(
        self, sockets: Sockets, body: str, event: dict[str, Any], code: str
    ) -> None:
        socket = sockets.connect()

        assert [(each["type"], each["code"]) for each in sockets.send(socket, body, **event)] == [("error", code)]

        assert sockets.send(socket, {"action": "ping"}) == [{"v": 1, "type": "pong"}]

    def test_a_frame_without_a_body(self, sockets: Sockets) -> None:
        socket = sockets.connect()
        event = payload("websocket_default")
        del event["body"]
        event["requestContext"] |= {"connectionId": socket.connection_id}

        assert handler.lambda_handler(event, None) == {"statusCode": 200}

    def test_a_table_that_is_away_is_an_error_frame_too(
        self, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        socket = sockets.connect()

        def away(*_: object, **__: object) -> bool:
            raise Unavailable("the table does not answer; try again")

        monkeypatch.setattr(sockets.platform.connections, "subscribe", away)

        assert [
            each["code"]
            for each in sockets.send(socket, {"action": "subscribe", "channels": [f"event:{ids.new_id()}"]})
        ] == ["unavailable"]

    def test_whose_answer_finds_it_gone_is_forgotten(self, sockets: Sockets, clock: FakeClock) -> None:
        socket = sockets.connect()
        clock.advance(OPENING_TIME + timedelta(seconds=1))
        sockets.pusher.gone.add(socket.connection_id)

        sockets.send(socket, {"action": "ping"})

        assert not is_known(socket.connection_id)

    def test_that_does_not_take_its_answer_gets_no_other_and_is_closed_and_forgotten(
        self, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        socket = sockets.connect()
        tried: list[Delivery] = []

        def hang(delivery: Delivery) -> Outcome:
            tried.append(delivery)
            return "failed"

        monkeypatch.setattr(sockets.pusher, "_send", hang)

        sockets.send(socket, {"action": "resume", "positions": {"x": "y", "z": "y"}})

        assert len(tried) == 1
        assert sockets.pusher.closed == [socket.connection_id]
        assert not is_known(socket.connection_id)

    def test_is_sent_each_frame_of_a_replay_as_it_is_made(
        self, sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock.advance(SystemClock().now() - clock.now())  # positions are made from the real one
        socket = sockets.connect()
        mine = user_channel(socket.user_id)
        missed = [sockets.platform.activities.append(make_activity(mine)) for _ in range(20)]
        send = sockets.pusher._send

        def slow(delivery: Delivery) -> Outcome:
            clock.advance(RESUME_TIME / 10)
            return send(delivery)

        monkeypatch.setattr(sockets.pusher, "_send", slow)

        answered = sockets.send(socket, {"action": "resume", "positions": {mine: missed[0].position}})

        assert [each["type"] for each in answered] == [*["post.created"] * 11, "resync", "resumed"]

    def test_gets_a_long_post_again_in_what_the_gateway_takes(self, sockets: Sockets) -> None:
        sockets.platform.clock = SystemClock()  # positions are made from the real one
        socket = sockets.connect()
        mine = user_channel(socket.user_id)
        missed = sockets.platform.activities.append(make_activity(mine, body="💃" * 5000))

        [answer, _] = sockets.send(socket, {"action": "resume", "positions": {mine: missed.position}})

        assert answer["data"]["body"] == "💃" * 5000
        assert max(len(each.text.encode()) for each in sockets.pusher.sent) < 32_000

    def test_is_answered_whatever_its_frame_was_made_of(self, sockets: Sockets) -> None:
        socket = sockets.connect()

        sockets.send(socket, '{"action": "ping", "ref": "\\ud83d"}')

        assert json.loads(sockets.pusher.sent[-1].text.encode()) == {"v": 1, "type": "pong", "ref": "?"}

    def test_who_comes_back_gets_what_was_missed(self, sockets: Sockets) -> None:
        sockets.platform.clock = SystemClock()  # positions are made from the real one
        position = ids.new_position()
        author, reader = ids.new_id(), sockets.connect()
        sockets.platform.edges.apply("follow", author, reader.user_id, active=True, version=1)
        sockets.disconnect(reader)
        missed = [
            sockets.platform.activities.append(make_activity(channel))
            for channel in (author_channel(author), author_channel(ids.new_id()), author_channel(author))
        ]
        back = sockets.connect(reader.user_id)

        answered = sockets.send(back, {"action": "resume", "positions": {"home": position}})

        assert [(each["id"], each["channel"]) for each in answered[:-1]] == [
            (str(missed[0].activity.id), "home"),
            (str(missed[2].activity.id), "home"),
        ]
        assert answered[-1]["type"] == "resumed"
        assert answered[-1]["channels"] == ["home", f"user:{reader.user_id}"]

    def test_subscribed_to_a_post_is_in_its_channel_until_a_frame_finds_it_closed(
        self, sockets: Sockets, clock: FakeClock
    ) -> None:
        socket, channel = sockets.connect(), post_channel(ids.new_id())
        assert sockets.subscribe(socket, channel)[0]["type"] == "subscribed"
        assert sockets.platform.connections.of_channel(channel, clock.now()) == [socket]

        sockets.disconnect(socket)
        sockets.pusher.gone.add(socket.connection_id)
        sockets.platform.activities.append(make_activity(channel))
        sockets.push(sockets.stream("activities"))

        assert sockets.platform.connections.of_channel(channel, clock.now()) == []

    def test_asks_who_is_here_and_tells_a_conversation_of_typing(self, sockets: Sockets) -> None:
        reader, author, conversation = sockets.connect(), sockets.connect(), ids.new_id()
        channel = conversation_channel(conversation)
        for version, each in enumerate((reader, author)):
            sockets.platform.edges.apply("member", conversation, each.user_id, active=True, version=version)
            sockets.subscribe(each, channel)
        sockets.platform.edges.apply("follow", author.user_id, reader.user_id, active=True, version=9)

        [presence] = sockets.send(reader, {"action": "presence"})
        assert presence["here"] == [str(author.user_id)]
        [typing] = sockets.send(author, {"action": "typing", "channel": channel})
        assert sockets.received(reader)[-1]["user_id"] == typing["user_id"] == str(author.user_id)
