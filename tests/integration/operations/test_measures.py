"""What a stack measured of itself, read from moto's CloudWatch and from recorded lines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations import dashboard, measures
from operations.board import sources
from operations.board.readings import Line, Span
from operations.deployed import Deployed
from operations.refusal import Refusal

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
PARTS = {
    "ApiId": "abc123",
    "DatabaseDimension": "DBInstanceIdentifier",
    "DatabaseInstance": "tango-db",
    "DatabaseConnections": "60",
}
API = [{"Name": "ApiId", "Value": "abc123"}]
DATABASE = [{"Name": "DBInstanceIdentifier", "Value": "tango-db"}]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with mock_aws():
        monkeypatch.setattr(measures, "parts", lambda _: PARTS)
        monkeypatch.setattr(sources, "parts", lambda _: PARTS)
        monkeypatch.setattr(measures, "rows_of", lambda *_: [])
        monkeypatch.setattr(measures, "_users", lambda _: 812)
        session = boto3.Session(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        yield Deployed(session, "mundo-tango")


def published(found: Deployed, namespace: str, name: str, dimensions: Any, *values: float, days_ago: float = 0) -> None:
    sources.cloudwatch(found).put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": dimensions,
                "Timestamp": NOW - timedelta(days=days_ago, minutes=5),
                "Value": value,
            }
            for value in values
        ],
    )


def test_a_quiet_stack_says_of_each_that_nothing_was_measured(found: Deployed) -> None:
    read = measures.read(found, 24, NOW)
    assert (read.requests, read.p95_ms, read.error_share, read.connections_share) == (None, None, None, None)
    assert read.users == 812
    assert {"requests", "p95_ms", "cache_hit_share", "feedback_slow"} <= read.reasons.keys()
    assert "users" not in read.reasons


def test_shares_are_of_what_they_are_of(found: Deployed) -> None:
    published(found, "AWS/ApiGateway", "Count", API, 150, 50)
    published(found, "AWS/ApiGateway", "5xx", API, 4, 6)
    published(found, "AWS/RDS", "DatabaseConnections", DATABASE, 12, 54, 30)
    published(found, "AWS/RDS", "FreeableMemory", DATABASE, 400e6, 140e6)
    published(found, "MundoTango", "MemoryShare", [], 0.4, 0.91)

    read = measures.read(found, 24, NOW)

    assert (read.requests, read.error_share) == (200, 0.05)
    assert read.connections_share == 0.9
    assert read.database_memory_free_bytes == 140e6
    assert read.function_memory_share == 0.91
    assert not {"requests", "error_share", "connections_share"} & read.reasons.keys()


def test_of_a_week_sums_are_the_weeks_and_the_rest_the_worst_days(found: Deployed) -> None:
    for days_ago, count, memory in ((0, 10, 300e6), (3, 20, 100e6), (6, 30, 200e6)):
        published(found, "AWS/ApiGateway", "Count", API, count, days_ago=days_ago)
        published(found, "AWS/RDS", "FreeableMemory", DATABASE, memory, days_ago=days_ago)
    published(found, "AWS/ApiGateway", "Count", API, 1000, days_ago=8)

    read = measures.read(found, 168, NOW)

    assert (read.requests, read.database_memory_free_bytes) == (60, 100e6)


def test_what_is_only_in_the_log_is_asked_of_it(found: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(_: Deployed, _service: str, query: str, *_between: datetime) -> list[dict[str, str]]:
        if query.startswith("filter feedback"):
            return [{"slow": "7", "people": "5", "first_byte": "640"}]
        return [{"hits": "90", "misses": "30"}]

    monkeypatch.setattr(measures, "rows_of", rows)
    read = measures.read(found, 24, NOW)
    assert (read.cache_hit_share, read.feedback_slow, read.feedback_people) == (0.75, 7, 5)
    assert (read.feedback_first_byte_ms, read.feedback_loaded_ms) == (640, None)


def test_nobody_who_says_that_it_is_slow_is_an_answer(found: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        measures, "rows_of", lambda *asked: [] if asked[2].startswith("filter") else [{"hits": "9", "misses": "1"}]
    )
    read = measures.read(found, 24, NOW)
    assert (read.feedback_slow, read.feedback_people) == (0, 0)


def test_the_local_clouds_log_tells_the_same() -> None:
    lines = [
        Line(NOW, "api", {"status": status, "ms": ms, "cache_hits": 3, "cache_misses": 1, "memory_share": 0.2})
        for status, ms in ((200, 10.0), (201, 20.0), (404, 30.0), (500, 900.0))
    ]
    pushed = Line(NOW, "push", {"push_ms": 120, "memory_share": 0.5})
    slow = [
        Line(NOW, "api", {"feedback": "slow", "user_id": person, "first_byte_ms": ms, "loaded_ms": 4 * ms})
        for person, ms in (("ana", 300), ("ana", 500), ("beto", 900))
    ]
    slow.append(Line(NOW, "api", {"feedback": "slow", "user_id": "beto", "first_byte_ms": None}))

    read = measures.of_lines([*lines, pushed, *slow])

    assert (read["requests"], read["error_share"], read["p99_ms"], read["p50_ms"]) == (4, 0.25, 900.0, 20.0)
    assert (read["function_memory_share"], read["push_p95_ms"], read["cache_hit_share"]) == (0.5, 120, 0.75)
    assert (read["feedback_slow"], read["feedback_people"]) == (4, 2)
    assert (read["feedback_first_byte_ms"], read["feedback_loaded_ms"]) == (500, 2000)
    assert measures.of_lines([])["error_share"] is None


def test_the_board_reads_metrics_as_they_were_published(found: Deployed) -> None:
    published(found, "AWS/ApiGateway", "Count", API, 80)
    published(found, "AWS/ApiGateway", "5xx", API, 8)
    published(found, "AWS/RDS", "DatabaseConnections", DATABASE, 54)

    rows = dashboard.answers(found, Span.of(3, NOW), with_log=False)

    answered = {answer.widget.title: answer for _, widgets in rows for answer in widgets}
    assert answered["Do answers fail?"].readings[0].now == 10
    assert answered["Are connections running out?"].readings[0].now == 90
    red = {answer.widget.runbook for answer in answered.values() if answer.bad_now}
    assert red == {"FailedAnswers", "ManyConnections", "FastBurn"}
    assert "add --log," in answered["Who waits for a start?"].readings[0].reason


class TestInsights:
    """Recorded in the form of the API's reference: values are text, and a field that no line has is left out."""

    def test_a_row_is_a_step_of_its_series(self, found: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
        span = Span.of(3, NOW)
        asked: dict[str, str] = {}

        def rows(_: Deployed, service: str, query: str, *_between: datetime) -> list[dict[str, str]]:
            asked[service] = query
            step = (span.begin + span.step).strftime("%Y-%m-%d %H:%M:%S.000")
            return [{"step": step, "s0_0": "120.5"}] if service == "api" else []

        monkeypatch.setattr(sources, "rows_of", rows)
        told = sources.from_insights(found, span)

        waits = next(series for series in told if series.label == "p95 wait")
        assert told[waits].points[1] == 120.5
        assert told[waits].points[0] is None
        assert asked["api"].startswith("stats pct(database_wait_ms, 95) as s0_0, sum(cache_hits) as s1_0")
        assert asked["api"].endswith("by bin(6m) as step")


class TestBadInput:
    def test_no_such_stack(self, found: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        with mock_aws(), pytest.raises(Refusal, match="mundo-tango"):
            measures.read(Deployed(found.session, "mundo-tango"), 24, NOW)

    def test_no_credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
        with pytest.raises(Refusal, match="no AWS credentials"):
            measures.read(Deployed(boto3.Session(region_name="us-east-1"), "mundo-tango"), 24, NOW)
