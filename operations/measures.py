"""What a deployed stack has measured of itself over some hours: the numbers that say when it has to grow.

A field is None where there is no datum; `reasons` says of each such field why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mundotango.observability import NAMESPACE
from operations.board.model import Metric, Stat
from operations.board.readings import IN_LOCAL_CLOUD, NO_DATUM, Line, aggregated, is_there, query
from operations.board.sources import cloudwatch, is_local, lines, parts, rows_of
from operations.deployed import Deployed
from operations.refusal import aws_errors_explained

DAY = timedelta(days=1)
_API, _DATABASE = (("ApiId", "${ApiId}"),), (("${DatabaseDimension}", "${DatabaseInstance}"),)
# A week is looked at by the day, as CloudWatch takes no longer periods.
_METRICS: dict[str, tuple[Metric, float]] = {
    "requests": (Metric("AWS/ApiGateway", "Count", "sum", _API), 1),
    "failed": (Metric("AWS/ApiGateway", "5xx", "sum", _API), 1),
    "p50_ms": (Metric("AWS/ApiGateway", "Latency", "p50", _API), 1),
    "p95_ms": (Metric("AWS/ApiGateway", "Latency", "p95", _API), 1),
    "p99_ms": (Metric("AWS/ApiGateway", "Latency", "p99", _API), 1),
    "connections_share": (Metric("AWS/RDS", "DatabaseConnections", "max", _DATABASE), 1),
    "database_cpu_share": (Metric("AWS/RDS", "CPUUtilization", "p90", _DATABASE), 0.01),
    "database_memory_free_bytes": (Metric("AWS/RDS", "FreeableMemory", "min", _DATABASE), 1),
    "function_memory_share": (Metric(NAMESPACE, "MemoryShare", "max"), 1),
    "push_p95_ms": (Metric(NAMESPACE, "PushLatency", "p95", (("service", "push"),)), 1),
}
_SUMMED = {"requests", "failed"}
_IN_LOG = "stats sum(cache_hits) as hits, sum(cache_misses) as misses"
_SLOW = (
    "filter feedback = 'slow' | stats count(*) as slow, count_distinct(user_id) as people, "
    "pct(first_byte_ms, 50) as first_byte, pct(loaded_ms, 50) as loaded"
)


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares are from 0 to 1; that of the database's processor is the one that it was not above for nine tenths of the
    time. Of a window longer than a day, all but the sums are the worst day's.

    `users` are those who ever signed up, `feedback_slow` reports of a slow page, `feedback_people` who sent them. Half
    of the reports had their first byte by `feedback_first_byte_ms`, and were loaded by `feedback_loaded_ms`.
    """

    window_hours: float
    requests: int | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    error_share: float | None = None
    connections_share: float | None = None
    database_cpu_share: float | None = None
    database_memory_free_bytes: float | None = None
    function_memory_share: float | None = None
    push_p95_ms: float | None = None
    cache_hit_share: float | None = None
    users: int | None = None
    feedback_slow: int | None = None
    feedback_people: int | None = None
    feedback_first_byte_ms: float | None = None
    feedback_loaded_ms: float | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


def read(found: Deployed, hours: float, end: datetime | None = None) -> Measures:
    """
    Raises:
        Refusal: no credentials, no region, no such stack, or it may not be looked at.
    """
    until = end or datetime.now(UTC)
    begin = until - timedelta(hours=hours)
    with aws_errors_explained(f"reading the metrics of the stack {found.stack_name}"):
        if is_local(found):
            known = of_lines(list(lines(found, begin)))
            return _measures(hours, known | {"users": _users(found)}, IN_LOCAL_CLOUD)
        known = _of_metrics(found, begin, until) | _of_log(found, begin, until) | {"users": _users(found)}
        return _measures(hours, known, NO_DATUM)


def of_lines(said: Sequence[Line]) -> dict[str, float | None]:
    """What the log of the local cloud tells by itself."""
    asked = [line.fields for line in said if line.service == "api" and "status" in line.fields]
    hits, misses = _summed(asked, "cache_hits"), _summed(asked, "cache_misses")
    failed = sum(line["status"] >= 500 for line in asked)
    slow = [line.fields for line in said if line.fields.get("feedback") == "slow"]
    return {
        "requests": len(asked),
        "p50_ms": _statistic(asked, "ms", "p50"),
        "p95_ms": _statistic(asked, "ms", "p95"),
        "p99_ms": _statistic(asked, "ms", "p99"),
        "error_share": failed / len(asked) if asked else None,
        "function_memory_share": _statistic([line.fields for line in said], "memory_share", "max"),
        "push_p95_ms": _statistic([line.fields for line in said], "push_ms", "p95"),
        "cache_hit_share": hits / (hits + misses) if hits + misses else None,
        "feedback_slow": len(slow),
        "feedback_people": len({each.get("user_id") for each in slow}),
        "feedback_first_byte_ms": _statistic(slow, "first_byte_ms", "p50"),
        "feedback_loaded_ms": _statistic(slow, "loaded_ms", "p50"),
    }


def _of_metrics(found: Deployed, begin: datetime, end: datetime) -> dict[str, float | None]:
    given = parts(found)
    days = ceil((end - begin) / DAY)
    # The end is not in it; minutes are the finest that CloudWatch keeps for two weeks.
    period = 60 * ceil((end - begin) / days / timedelta(minutes=1))
    asked = [query(name, metric, given, period) for name, (metric, _) in _METRICS.items() if is_there(metric, given)]
    values: dict[str, list[float]] = {name: [] for name in _METRICS}
    pages = cloudwatch(found).get_paginator("get_metric_data")
    for page in pages.paginate(MetricDataQueries=asked, StartTime=begin, EndTime=end):
        for result in page["MetricDataResults"]:
            values[result["Id"]] += result["Values"]
    known = {name: _whole(name, several) for name, several in values.items()}
    failed, requests, open_ = known.pop("failed"), known["requests"], known["connections_share"]
    most = float(given.get("DatabaseConnections") or 0)
    return known | {
        "error_share": (failed or 0) / requests if requests else None,
        "connections_share": open_ / most if open_ is not None and most else None,
    }


def _whole(name: str, values: list[float]) -> float | None:
    if not values:
        return None
    if name in _SUMMED:
        return sum(values)
    metric, scale = _METRICS[name]
    return scale * (min(values) if metric.stat == "min" else max(values))


def _of_log(found: Deployed, begin: datetime, end: datetime) -> dict[str, float | None]:
    """Nobody who says that it is slow is an answer too, where there is a log of anything."""
    (row, *_) = [*rows_of(found, "api", _IN_LOG, begin, end), {}]
    (slow, *_) = [*rows_of(found, "api", _SLOW, begin, end), {}]
    hits, misses = (float(row.get(name) or 0) for name in ("hits", "misses"))
    return {
        "cache_hit_share": hits / (hits + misses) if hits + misses else None,
        "feedback_slow": float(slow.get("slow", 0)) if row else None,
        "feedback_people": float(slow.get("people", 0)) if row else None,
        "feedback_first_byte_ms": float(slow["first_byte"]) if slow.get("first_byte") else None,
        "feedback_loaded_ms": float(slow["loaded"]) if slow.get("loaded") else None,
    }


def _users(found: Deployed) -> int | None:
    """Cognito's estimate; None where the pool is in another region, or the caller may not ask."""
    pool = found.outputs.get("UserPoolId")
    try:
        described = found.cognito.describe_user_pool(UserPoolId=pool)["UserPool"] if pool else {}
    except (ClientError, BotoCoreError):
        return None
    return described.get("EstimatedNumberOfUsers")


def _measures(hours: float, known: Mapping[str, float | None], why: str) -> Measures:
    whole = {"requests", "users", "feedback_slow", "feedback_people"}
    given: dict[str, Any] = {
        name: int(value) if name in whole else value for name, value in known.items() if value is not None
    }
    named = [each.name for each in fields(Measures) if each.name not in ("window_hours", "reasons")]
    told = {name: NO_DATUM if name in known else why for name in named if name not in given}
    return Measures(hours, **given, reasons=told)


def _statistic(said: Sequence[Mapping[str, Any]], name: str, stat: Stat) -> float | None:
    values = sorted(float(fields[name]) for fields in said if fields.get(name) is not None)
    return aggregated(stat, values) if values else None


def _summed(said: Sequence[Mapping[str, Any]], name: str) -> float:
    return sum(float(fields.get(name, 0)) for fields in said)
