"""From the edge's mark on a request to X-Ray: the line of the log, and the segment made of it."""

import base64
import gzip
import json
from hashlib import sha256
from typing import Any

import pytest

from functions.effects import handler
from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.tracing.policy import traced
from tests.fakes.traces import FakeTraces
from tests.fixtures.gateway import Gateway, Log
from tests.unit.api.test_errors import SOMEBODY

ROOT = "1-6b0c2663-d273107348b0300c01d29b75"
EDGE = {"x-origin-secret": "the-edge", "x-amz-cf-id": "f3wGm7eC0Y2e5eYhXz0cH7o0lq3mHc9Q5VZb2m1T0b7s1Q=="}
MARKED = EDGE | {"x-amzn-trace-id": f"Root={ROOT};Sampled=1"}


@pytest.fixture
def traces(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> FakeTraces:
    platform.site = settings.Site("https://mundotango.example", sha256(b"the-edge").hexdigest())
    platform.traces = traces = FakeTraces()
    monkeypatch.setattr(handler, "platform", lambda: platform)
    return traces


def delivered(*lines: dict[str, Any] | str, kind: str = "DATA_MESSAGE") -> dict[str, Any]:
    """As a subscription of CloudWatch's logs hands lines on."""
    messages = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    events = [{"id": str(at), "timestamp": 0, "message": message} for at, message in enumerate(messages)]
    data = gzip.compress(json.dumps({"messageType": kind, "logEvents": events}).encode())
    return {"awslogs": {"data": base64.b64encode(data).decode()}}


@pytest.mark.parametrize(
    "header",
    [
        f"Root={ROOT};Sampled=1",
        f"Self=1-6b0c2664-000000000000000000000000;Root={ROOT};Sampled=1",
        f"Root={ROOT}; Parent=53995c3f42cd8ad8; Sampled=1",
    ],
)
def test_a_mark_is_read_whatever_the_gateway_adds(header: str) -> None:
    assert traced(header) == ROOT


@pytest.mark.parametrize(
    "header",
    [
        "", f"Root={ROOT}", f"Root={ROOT};Sampled=0", "Sampled=1", f"Root={ROOT}0;Sampled=1", "Root=1;Sampled=1",
        f"Root={ROOT.upper()};Sampled=1", f"Self={ROOT};Sampled=1", "Root;Sampled", f"Root={ROOT},Sampled=1",
    ],
)  # fmt: skip
def test_whatever_else_is_none(header: str) -> None:
    assert traced(header) is None


def test_the_line_of_a_marked_request_says_its_trace(traces: FakeTraces, gateway: Gateway, log: Log) -> None:
    gateway.get("/api/public/health", headers=MARKED)
    gateway.get("/api/public/health", headers=MARKED | {"x-amzn-trace-id": f"Root={ROOT};Sampled=0"})
    gateway.get("/api/public/health", headers=EDGE)

    assert [line.get("trace_id") for line in log.lines()] == [ROOT, None, None]


@pytest.mark.parametrize("secret", ["", "guessed"])
def test_who_comes_past_the_edge_can_have_nothing_traced(
    traces: FakeTraces, gateway: Gateway, log: Log, secret: str
) -> None:
    gateway.get("/api/public/health", headers=MARKED | {"x-origin-secret": secret})

    assert "trace_id" not in log.lines()[0]


def test_without_an_edge_nothing_is_traced(gateway: Gateway, log: Log) -> None:
    gateway.get("/api/public/health", headers=MARKED)

    assert "trace_id" not in log.lines()[0]


def test_x_ray_is_told_what_the_line_says(traces: FakeTraces, gateway: Gateway, log: Log) -> None:
    gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY, headers=MARKED)
    (line,) = log.lines()

    assert handler.lambda_handler(delivered(line), None) == {}
    assert handler.lambda_handler(delivered(line), None) == {}

    (told,) = traces.segments.values()
    assert {name: told[name] for name in ("name", "trace_id", "error", "throttle", "fault")} == {
        "name": line["service"], "trace_id": ROOT, "error": True, "throttle": False, "fault": False,
    }  # fmt: skip
    assert told["http"] == {
        "request": {"method": "GET"},
        "response": {"status": 404},
    }
    assert told["annotations"] == {"correlation_id": EDGE["x-amz-cf-id"], "route": "/api/media/{media_id}"}
    assert told["end_time"] - told["start_time"] == pytest.approx(line["ms"] / 1000, abs=0.001)
    assert told["metadata"]["request"]["ms"] == line["ms"]


def test_a_segment_has_amounts_and_no_texts(traces: FakeTraces, gateway: Gateway, log: Log) -> None:
    """X-Ray keeps traces for a month, and the log its lines for as long as the stack says."""
    gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY, headers=MARKED)
    line = log.lines()[0] | {"exception": "a traceback", "exception_name": "ValueError"}

    handler.lambda_handler(delivered(line), None)

    (told,) = traces.segments.values()
    assert "a traceback" not in json.dumps(told)
    assert all(isinstance(value, int | float) for value in told["metadata"]["request"].values())


@pytest.mark.parametrize(("status", "kinds"), [(200, ""), (404, "error"), (429, "error throttle"), (503, "fault")])
def test_what_went_wrong_is_told_in_x_rays_words(
    traces: FakeTraces, gateway: Gateway, log: Log, status: int, kinds: str
) -> None:
    gateway.get("/api/public/health", headers=MARKED)

    handler.lambda_handler(delivered(log.lines()[0] | {"status": status}), None)

    (told,) = traces.segments.values()
    assert {kind for kind in ("error", "throttle", "fault") if told[kind]} == set(kinds.split())


def test_a_trace_that_is_not_taken_is_lost_and_said(
    traces: FakeTraces, platform: Platform, gateway: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> list[str]:
        raise ConnectionError

    monkeypatch.setattr(traces, "put", fail)
    gateway.get("/api/public/health", headers=MARKED)

    assert handler.lambda_handler(delivered(log.lines()[0]), None) == {}

    assert log.lines()[-1]["message"] == "not traced"


def test_a_line_that_is_none_fails_no_call(traces: FakeTraces, log: Log) -> None:
    """What a call leaves undone is a dead letter, and rings."""
    assert handler.lambda_handler(delivered("START RequestId: 1"), None) == {}

    assert log.lines()[-1]["message"] == "not traced"


def test_that_the_log_asks_whether_anybody_is_there_is_no_line(traces: FakeTraces, log: Log) -> None:
    asked = delivered("CWL CONTROL MESSAGE: Checking health of destination.", kind="CONTROL_MESSAGE")

    assert handler.lambda_handler(asked, None) == {}
    assert log.lines() == []


def test_what_x_ray_refuses_is_said(
    traces: FakeTraces, gateway: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "put", lambda segments: ["ThrottlingException" for _ in segments])
    gateway.get("/api/public/health", headers=MARKED)

    handler.lambda_handler(delivered(log.lines()[0]), None)

    *_, warned, told = log.lines()
    assert (warned["level"], warned["message"], warned["refused"]) == ("WARNING", "not traced", ["ThrottlingException"])
    assert (told["message"], told["traces"]) == ("traced", 0)
