"""What X-Ray is told of a request."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from mundotango.adapters.traces import TOGETHER, XRayTraces
from mundotango.tracing.policy import segment
from tests.fakes.traces import FakeTraces
from tests.fixtures.aws import REGION


def made(number: int) -> dict[str, Any]:
    return segment({
        "timestamp": "2026-11-29T13:00:00.250+00:00", "service": "api", "level": "INFO", "message": "GET /api/feed",
        "method": "GET", "route": "/api/feed", "status": 200, "ms": 250.0, "correlation_id": "f3wGm7eC0Y2e5eYhXz0cH7o0",
        "trace_id": f"1-6b0c2663-{number:024x}",
    })  # fmt: skip


@pytest.fixture(params=["fake", "x-ray"])
def traces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTraces | XRayTraces]:
    if request.param == "fake":
        yield FakeTraces()
        return
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield XRayTraces(REGION)


def kept(traces: FakeTraces | XRayTraces, segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if isinstance(traces, FakeTraces):
        return [dict(traces.segments[one["id"]]) for one in segments]
    found = boto3.client("xray", REGION.name).batch_get_traces(TraceIds=[one["trace_id"] for one in segments])["Traces"]
    return [json.loads(part["Document"]) for one in found for part in one["Segments"]]


def test_every_segment_arrives_as_it_is_however_many(traces: FakeTraces | XRayTraces) -> None:
    segments = [made(number) for number in range(TOGETHER + 1)]

    assert traces.put(segments) == []

    assert kept(traces, segments) == segments


def test_of_nothing_nothing_is_told(traces: FakeTraces | XRayTraces) -> None:
    assert traces.put([]) == []
