"""The lines of the functions, and what alarms make of them: each rings for what it is there for, and for no less."""

from datetime import timedelta
from typing import Any

import pytest

from functions.effects import handler as effects
from functions.ws_connect import handler as ws_connect
from mundotango.errors import Unavailable
from mundotango.lateness import STREAM_LATE, WEB_PUSH_LATE
from tests.factories.realtime import make_end
from tests.fakes.clock import A_MONDAY_EVENING, FakeClock
from tests.filters import published, rings
from tests.fixtures.gateway import Log
from tests.fixtures.sockets import Sockets, payload
from tests.unit.api.test_errors import SOMEBODY

QUIET: list[float] = []
KILLED = payload("platform_report")


class TestFailedCalls:
    def test_a_call_is_counted_by_its_line_and_a_failed_one_by_lambdas(self, sockets: Sockets, log: Log) -> None:
        sockets.run("close_sockets")

        assert published("effects", [*log.lines(), KILLED])["FailedCalls"] == [0, 1]

    @pytest.mark.parametrize("status", ["error", "failure", "timeout"])
    def test_however_it_failed(self, status: str) -> None:
        ended = KILLED | {"record": KILLED["record"] | {"status": status}}
        for service in ("api", "ws-connect", "ws-authorizer", "push", "counters", "effects", "image-worker", "jobs"):
            assert published(service, [ended])["FailedCalls"] == [1], service

    def test_a_job_that_fails_each_minute_rings_on_a_quiet_night(self) -> None:
        minute = [0.0] * 6 + [1]
        assert rings("FailedCalls", [minute, QUIET, minute, QUIET, minute])
        assert not rings("FailedCalls", [[0] * 7, minute, [0] * 7, [0] * 7, minute])


class TestSocketFailures:
    def test_what_is_answered_is_no_failure_and_what_is_refused_for_our_sake_is(
        self, sockets: Sockets, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        socket = sockets.connect()
        sockets.send(socket, "no JSON at all")
        assert published("ws-connect", log.lines())["SocketFailures"] == [0, 0]

        def away(*_: object) -> None:
            raise Unavailable("the table does not answer; try again")

        monkeypatch.setattr("mundotango.realtime.service.connect", away)
        assert ws_connect.lambda_handler(_opening(sockets), None) == {"statusCode": 503}
        assert sorted(published("ws-connect", log.lines())["SocketFailures"]) == [0, 1]

    def test_those_who_are_not_let_in_are_no_failure_and_a_dead_authorizer_is(self, sockets: Sockets, log: Log) -> None:
        sockets.authorize(ticket="forged")
        assert "SocketFailures" not in published("ws-authorizer", log.lines())

        assert published("ws-authorizer", [KILLED])["SocketFailures"] == [1]

    def test_rings_where_every_handshake_fails_and_those_inside_go_on(self) -> None:
        minute = [0.0] * 10 + [1]
        assert rings("SocketFailures", [minute, minute, QUIET, minute, QUIET])
        assert not rings("SocketFailures", [[0] * 10] * 5)


class TestLateStreams:
    @pytest.mark.parametrize("stream", ["activities", "media", "reactions"])
    def test_a_batch_in_time_says_nothing_and_a_late_one_how_late(
        self, sockets: Sockets, clock: FakeClock, log: Log, stream: str
    ) -> None:
        records = payload(f"dynamodb_stream_{stream}")["Records"]
        service = "counters" if stream == "reactions" else "push"
        work_off = sockets.count if stream == "reactions" else sockets.push

        clock.advance(STREAM_LATE)
        work_off(records)
        assert "Lateness" not in published(service, log.lines())

        clock.advance(STREAM_LATE / 2)
        work_off(records)
        (lateness,) = published(service, log.lines())["Lateness"]
        assert lateness == pytest.approx(1.5)
        assert rings("LateStreams", [[lateness], QUIET, [lateness], QUIET, [lateness]])

    def test_commands_too(self, sockets: Sockets, clock: FakeClock, log: Log) -> None:
        clock.advance(3 * STREAM_LATE)
        expired = {"eventName": "REMOVE", "dynamodb": {"ApproximateCreationDateTime": A_MONDAY_EVENING.timestamp()}}

        effects.lambda_handler({"Records": [expired]}, None)

        assert published("effects", log.lines())["Lateness"] == [3]

    def test_it_is_said_before_a_call_is_killed(
        self, sockets: Sockets, clock: FakeClock, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object) -> None:
            raise MemoryError

        clock.advance(2 * STREAM_LATE)
        monkeypatch.setattr("mundotango.reactions.counting.count_changes", killed)
        with pytest.raises(MemoryError):
            sockets.count(payload("dynamodb_stream_reactions")["Records"])

        assert published("counters", log.lines())["Lateness"] == [2]

    def test_a_web_push_is_late_after_half_an_hour(
        self, sockets: Sockets, clock: FakeClock, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(effects, "_sent", lambda *_: True)
        for name in ("inbox", "edges", "devices", "turns", "waiting_pushes", "push_service"):
            setattr(sockets.platform, name, _Nothing())

        clock.advance(WEB_PUSH_LATE)
        effects.lambda_handler({"Records": [_web_push()]}, None)
        assert "Lateness" not in published("effects", log.lines())

        clock.advance(timedelta(minutes=3))
        effects.lambda_handler({"Records": [_web_push()]}, None)
        assert published("effects", log.lines())["Lateness"] == [1.1]

    def test_what_an_operator_sends_by_hand_has_no_age(self, sockets: Sockets, clock: FakeClock, log: Log) -> None:
        records = payload("dynamodb_stream_activities")["Records"]
        for record in records:
            del record["dynamodb"]["ApproximateCreationDateTime"]
        clock.advance(timedelta(days=1))

        sockets.push(records)

        assert "Lateness" not in published("push", log.lines())


class _Nothing:
    def hang_up(self) -> None:
        pass


def _opening(sockets: Sockets) -> dict[str, Any]:
    event = payload("websocket_connect")
    end = make_end(sockets.platform.clock)
    user = {"user_id": str(SOMEBODY), "ends_at": end.at.isoformat(), "ends_as": end.code}
    event["requestContext"] |= {"authorizer": user}
    return event


def _web_push() -> dict[str, Any]:
    sent = str(int(A_MONDAY_EVENING.timestamp() * 1000))
    return {"messageId": "1", "body": f"web_push#{SOMEBODY}#likes", "attributes": {"SentTimestamp": sent}}
