"""Where the board's numbers come from: a deployed stack's CloudWatch, or the log groups of the local cloud."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from operations.board.cloudwatch import aggregate
from operations.board.layout import SERVICES
from operations.board.model import Series
from operations.board.readings import (
    HOUR,
    STEPS,
    Line,
    Reading,
    Span,
    all_series,
    from_cloudwatch,
    from_log,
    of_points,
    scaled,
)
from operations.deployed import BRISK, Deployed
from operations.refusal import Refusal, aws_errors_explained

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_logs import CloudWatchLogsClient

# A query of Logs Insights is asked after so often, and given up after so long.
PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 60.0


def is_local(found: Deployed) -> bool:
    """The local cloud has no metrics, and is the one that has an address of its own."""
    return found.endpoint is not None


def cloudwatch(found: Deployed) -> CloudWatchClient:
    return found.session.client("cloudwatch", endpoint_url=found.endpoint, config=BRISK)


def logs(found: Deployed) -> CloudWatchLogsClient:
    return found.session.client("logs", endpoint_url=found.endpoint, config=BRISK)


def read(found: Deployed, span: Span, *, with_log: bool) -> dict[Series, Reading]:
    """Raises Refusal when the stack is not there, has no dashboard, or may not be looked at."""
    with aws_errors_explained(f"reading the metrics of the stack {found.stack_name}"):
        if is_local(found):
            return from_log(lines(found, span.begin), span)
        told = from_cloudwatch(cloudwatch(found), parts(found), span)
        return told | from_insights(found, span) if with_log else told


def parts(found: Deployed) -> dict[str, str]:
    """What the stack of the dashboard was given: the names that metrics are published under."""
    board = found.physical_id("Board")
    stacks = found.cloudformation.describe_stacks(StackName=board)["Stacks"]
    if not stacks:
        raise Refusal(f"the stack {found.stack_name} has no dashboard", cure="deploy it with Dashboard=on")
    return {each["ParameterKey"]: each["ParameterValue"] for each in stacks[0].get("Parameters", [])}


def lines(found: Deployed, since: datetime) -> Iterator[Line]:
    """Of all services; one that has not been called yet has no log."""
    client = logs(found)
    for service in SERVICES:
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=f"/{found.stack_name}/{service}", startTime=int(since.timestamp() * 1000)
        )
        try:
            for page in pages:
                yield from (line for event in page["events"] if (line := line_of(event, service)))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise


def line_of(event: Mapping[str, Any], service: str) -> Line | None:
    """None for what Lambda itself says around an invocation."""
    try:
        said = json.loads(event["message"])
    except ValueError:
        return None
    return (
        Line(datetime.fromtimestamp(event["timestamp"] / 1000, UTC), service, said) if isinstance(said, dict) else None
    )


def from_insights(found: Deployed, span: Span) -> dict[Series, Reading]:
    """What is only in the log, by one query a service; $0.005 for each GB that they read."""
    wanted: dict[str, list[Series]] = {}
    for series in all_series():
        if series.metric is None and series.lines is not None:
            wanted.setdefault(series.lines.service, []).append(series)
    told: dict[Series, Reading] = {}
    for service, several in wanted.items():
        rows = rows_of(found, service, question(several, span.step), span.begin, span.end)
        told |= _told(several, rows, span)
    return told


def rows_of(found: Deployed, service: str, query: str, begin: datetime, end: datetime) -> list[dict[str, str]]:
    """What Logs Insights answers about a service's log; nothing where it has none."""
    client = logs(found)
    try:
        started = client.start_query(
            logGroupName=f"/{found.stack_name}/{service}",
            startTime=int(begin.timestamp()),
            endTime=int(end.timestamp()),
            queryString=query,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return []
    return _finished(client, started["queryId"])


def question(several: list[Series], step: timedelta) -> str:
    """One query for all series of a service."""
    counted = [
        f"{aggregate(each)} as s{number}_{place}"
        for number, series in enumerate(several)
        for place, each in enumerate((series.lines, *series.of_lines))
        if each is not None
    ]
    minutes = int(step.total_seconds() // 60)
    period = f"{minutes}m" if minutes <= HOUR else f"{minutes // HOUR}h"
    return f"stats {', '.join(counted)} by bin({period}) as step"


def _finished(client: CloudWatchLogsClient, id: str) -> list[dict[str, str]]:
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = client.get_query_results(queryId=id)
        if answer["status"] == "Complete":
            return [{each["field"]: each["value"] for each in row} for row in answer["results"]]
        if answer["status"] in ("Failed", "Cancelled", "Timeout") or time.monotonic() > ends:
            raise Refusal(f"the log could not be read: {answer['status']}", cure="ask for fewer --hours, or --no-log")
        time.sleep(PAUSE_SECONDS)


def _told(several: list[Series], rows: list[dict[str, str]], span: Span) -> dict[Series, Reading]:
    points: dict[Series, list[float | None]] = {series: [None] * STEPS for series in several}
    for row in rows:
        number = span.number(datetime.fromisoformat(row["step"]).replace(tzinfo=UTC))
        if not 0 <= number < STEPS:
            continue
        for place, series in enumerate(several):
            value = row.get(f"s{place}_0")
            of = [float(row.get(f"s{place}_{each}") or 0) for each in range(1, len(series.of_lines) + 1)]
            points[series][number] = scaled(series, float(value) if value else None, sum(of) if of else None)
    return {series: of_points(series, found) for series, found in points.items()}
