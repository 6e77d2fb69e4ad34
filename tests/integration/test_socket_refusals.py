"""What of a client is refused: always by an answer, and counted in the log line."""

import json
from base64 import b64encode
from datetime import timedelta
from types import ModuleType
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.ws_connect import authorizer, handler
from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.realtime.service import connect
from tests.factories.realtime import make_end, make_socket
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakePusher
from tests.fakes.stores import FakeStores
from tests.fixtures.sockets import Sockets, payload


class TestALogLine:
    """Of a frame that was refused counts by its code, as an operator finds it."""

    @pytest.mark.parametrize(
        ("body", "event", "refused"),
        [
            ("hello", {}, {"bad-json": 1}),
            ("AAECAw==", {"isBase64Encoded": True}, {"binary": 1}),
            ("x" * 40_000, {}, {"too-large": 1}),
            ('{"action":"subscribe","channels":["a","b","user:x"]}', {}, {"bad-channel": 3}),
            ('{"action":"ping"}', {}, {}),
        ],
        ids=["bad-json", "binary", "too-large", "bad-channel", "none"],
    )
    def test_counts_what_was_refused(
        self,
        sockets: Sockets,
        monkeypatch: pytest.MonkeyPatch,
        body: str,
        event: dict[str, Any],
        refused: dict[str, int],
    ) -> None:
        lines = kept_lines(monkeypatch, handler)
        socket = sockets.connect()

        sockets.send(socket, body, **event)

        assert lines[-1]["refused"] == refused

    def test_of_floods_and_of_ended_sockets(
        self, sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = kept_lines(monkeypatch, handler)
        socket = sockets.connect()
        for _ in range(61):
            sockets.send(socket, {"action": "ping"})
        assert [line["refused"] for line in lines[-2:]] == [{"too-many": 1}, {"flood": 1}]
        assert sockets.pusher.closed == [socket.connection_id]

        ended = sockets.connect()
        clock.advance(timedelta(minutes=30))
        sockets.send(ended, {"action": "ping"})
        assert lines[-1]["refused"] == {"token-expired": 2}

    def test_of_handshakes(self, sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = kept_lines(monkeypatch, authorizer)

        sockets.authorize(ticket="unknown")
        sockets.authorize(ticket="unknown", headers={"Origin": "https://evil.example"})

        assert [line["refused"] for line in lines] == [{"ticket": 1}, {"origin": 1}]

    def test_of_a_handshake_while_others_open_again_and_again(
        self, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = kept_lines(monkeypatch, handler)
        monkeypatch.setattr(sockets.platform.connections, "open", lambda *_, **__: False)

        assert handler.lambda_handler(opening(), None) == {"statusCode": 503}

        assert lines == [{"message": "socket refused", "status": 503, "refused": {"unavailable": 1}}]


def opening() -> dict[str, Any]:
    """A handshake as the gateway brings it, admitted by the authorizer."""
    event = payload("websocket_connect")
    admitted = {"user_id": str(ids.new_id()), "ends_at": "2030-01-01T00:00:00+00:00", "ends_as": "ended"}
    return event | {"requestContext": event["requestContext"] | {"authorizer": admitted}}


def kept_lines(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> list[dict[str, Any]]:
    """What it logs from now on, field by field."""
    lines: list[dict[str, Any]] = []

    class Lines:
        def info(self, message: str, **fields: Any) -> None:
            lines.append({"message": message} | fields)

    monkeypatch.setattr(module, "logger", Lines)
    return lines


@given(st.binary(max_size=200) | st.text(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
@settings(max_examples=40)
def test_whatever_the_gateway_hands_on_is_answered(sent: bytes | str) -> None:
    platform = cast(Platform, FakeStores())
    socket = make_socket()
    end = make_end(platform.clock)
    connect(platform, socket, end)
    body, binary = (b64encode(sent).decode(), True) if isinstance(sent, bytes) else (sent, False)
    context = {"user_id": str(socket.user_id), "ends_at": end.at.isoformat(), "ends_as": end.code}
    request = payload("websocket_default")["requestContext"] | {"authorizer": context}
    request |= {"connectionId": socket.connection_id, "domainName": socket.domain, "stage": socket.stage}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(handler, "platform", lambda: platform)
        event = {"requestContext": request, "body": body, "isBase64Encoded": binary}
        assert handler.lambda_handler(event, None) == {"statusCode": 200}

    assert [delivery.socket for delivery in cast(FakePusher, platform.pusher).sent]
