"""What the board's series are now: from CloudWatch, or from the log of the local cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from math import ceil
from typing import TYPE_CHECKING, Any

from operations.board.layout import BOARD
from operations.board.model import Lines, Metric, Series, Stat, Widget

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDataQueryTypeDef

STEPS = 30
HOUR = 60  # minutes
# A call of GetMetricData takes so many queries.
QUERIES_A_CALL = 500
IN_LOCAL_CLOUD = "AWS measures it, not the local cloud"
ONLY_IN_LOG = "it is only in the log; add --log, which costs $0.005 a GB read"
NOT_HERE = "this stack has none of it"
NO_DATUM = "nothing was measured in this time"


@dataclass(frozen=True, slots=True)
class Span:
    """`STEPS` steps up to `end`, of whole minutes up to an hour and of whole hours above: Logs Insights takes no more
    than 60 minutes for one (docs.aws.amazon.com/AmazonCloudWatch, CWL_QuerySyntax-Functions, 2026-11)."""

    end: datetime
    step: timedelta

    @classmethod
    def of(cls, hours: float, end: datetime) -> Span:
        minutes = max(1, ceil(hours * 60 / STEPS))
        return cls(end, timedelta(minutes=minutes) if minutes <= HOUR else timedelta(hours=ceil(minutes / HOUR)))

    @property
    def begin(self) -> datetime:
        return self.end - STEPS * self.step

    def number(self, at: datetime) -> int:
        """Of the step that a moment falls into; it may lie outside."""
        return int((at - self.begin) // self.step)


@dataclass(frozen=True, slots=True)
class Reading:
    """A value a step; `reason` says why there is none at all."""

    series: Series
    points: tuple[float | None, ...]
    reason: str = ""

    @property
    def now(self) -> float | None:
        return next((point for point in reversed(self.points) if point is not None), None)


@dataclass(frozen=True, slots=True)
class Answer:
    widget: Widget
    readings: tuple[Reading, ...]

    @property
    def worst(self) -> float | None:
        found = [point for reading in self.readings for point in reading.points if point is not None]
        if not found:
            return None
        return min(found) if self.widget.bad == "below" else max(found)

    @property
    def bad_now(self) -> bool:
        return any(is_bad(self.widget, reading.now) for reading in self.readings)


def is_bad(widget: Widget, value: float | None) -> bool:
    if widget.limit is None or value is None:
        return False
    return value < widget.limit if widget.bad == "below" else value > widget.limit


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    service: str
    fields: Mapping[str, Any]


def from_log(lines: Iterable[Line], span: Span) -> dict[Series, Reading]:
    sorted_in: dict[str, list[list[Mapping[str, Any]]]] = {}
    for line in lines:
        number = span.number(line.at)
        if 0 <= number < STEPS:
            sorted_in.setdefault(line.service, [[] for _ in range(STEPS)])[number].append(line.fields)

    def value(wanted: Lines, number: int) -> float | None:
        return statistic(wanted, sorted_in[wanted.service][number]) if wanted.service in sorted_in else None

    def read(series: Series) -> Reading:
        if series.lines is None:
            return Reading(series, (), IN_LOCAL_CLOUD)
        points = []
        for number in range(STEPS):
            counted = value(series.lines, number)
            of = [value(each, number) for each in series.of_lines] if series.of_lines else None
            points.append(scaled(series, counted, None if of is None else sum(filter(None, of))))
        return of_points(series, points)

    return {series: read(series) for series in all_series()}


def from_cloudwatch(client: CloudWatchClient, parts: Mapping[str, str], span: Span) -> dict[Series, Reading]:
    """`parts` are what the dashboard's stack was given, by name."""
    wanted = dict.fromkeys(metric for series in all_series() for metric in (series.metric, series.of) if metric)
    asked = {f"q{number}": metric for number, metric in enumerate(wanted) if is_there(metric, parts)}
    found: dict[Metric, list[float | None]] = {metric: [None] * STEPS for metric in wanted}
    for call in batched(asked.items(), QUERIES_A_CALL, strict=False):
        queries = [query(id, metric, parts, int(span.step.total_seconds())) for id, metric in call]
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=span.begin,
            EndTime=span.end,
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                _put(found[asked[result["Id"]]], span, result["Timestamps"], result["Values"])

    def read(series: Series) -> Reading:
        if series.metric is None:
            return Reading(series, (), ONLY_IN_LOG)
        if not is_there(series.metric, parts):
            return Reading(series, (), NOT_HERE)
        of = found[series.of] if series.of else [float(parts[series.per])] * STEPS if series.per else None
        points = [
            scaled(series, point, None if of is None else of[number] or 0)
            for number, point in enumerate(found[series.metric])
        ]
        return of_points(series, points)

    return {series: read(series) for series in all_series()}


def query(id: str, metric: Metric, parts: Mapping[str, str], period: int) -> MetricDataQueryTypeDef:
    """Of GetMetricData."""
    dimensions: list[DimensionTypeDef] = [
        {"Name": _filled(name, parts), "Value": _filled(value, parts)} for name, value in metric.dimensions
    ]
    return {
        "Id": id,
        "MetricStat": {
            "Metric": {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions},
            "Period": period,
            "Stat": metric.statistic,
        },
    }


def is_there(metric: Metric, parts: Mapping[str, str]) -> bool:
    """Whether the stack has what it is of: an edge, for one, is in one region only."""
    return all(_filled(value, parts) for _, value in metric.dimensions)


def _filled(text: str, parts: Mapping[str, str]) -> str:
    return parts.get(text[2:-1], "") if text.startswith("${") else text


def statistic(wanted: Lines, said: Sequence[Mapping[str, Any]]) -> float | None:
    found = [fields[wanted.field] for fields in said if wanted.field in fields]
    if wanted.stat == "count":
        numbers = [each for each in found if wanted.least is None or each >= wanted.least]
        return float(len(numbers)) if found else None
    values = sorted(float(each) for each in found if isinstance(each, int | float))
    return aggregated(wanted.stat, values) if values else None


def aggregated(stat: Stat, values: Sequence[float]) -> float:
    """Of sorted values. A percentile is the value that so many per cent are not above."""
    match stat:
        case "sum":
            return sum(values)
        case "max":
            return values[-1]
        case "min":
            return values[0]
        case "count":
            return float(len(values))
        case _:
            return values[ceil(len(values) * int(stat[1:]) / 100) - 1]


def all_series() -> list[Series]:
    return [series for row in BOARD for widget in row.widgets for series in widget.series]


def _put(points: list[float | None], span: Span, times: Sequence[datetime], values: Sequence[float]) -> None:
    for at, value in zip(times, values, strict=True):
        number = span.number(at)
        if 0 <= number < STEPS:
            points[number] = value


def scaled(series: Series, value: float | None, of: float | None) -> float | None:
    """`of` is None where the series is no share; a share of nothing is none."""
    if of is None:
        return None if value is None else value * series.scale
    return None if of == 0 else (value or 0) * series.scale / of


def of_points(series: Series, points: Sequence[float | None]) -> Reading:
    nothing = all(point is None for point in points)
    return Reading(series, () if nothing else tuple(points), NO_DATUM if nothing else "")
