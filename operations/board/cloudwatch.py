"""The board as CloudWatch has it: infra/dashboard.yaml, written by `python -m operations.board.cloudwatch`."""

import json
from pathlib import Path
from typing import Any

from operations.board.layout import BOARD, DEAD_LETTERS, SERVICES, function_of
from operations.board.model import Lines, Row, Series, Widget

PATH = Path(__file__).parents[2] / "infra" / "dashboard.yaml"
RUNBOOK = "${Runbook}"
COLUMNS = 24
HEIGHT = 6

PARAMETERS = {
    "Name": "Of the dashboard",
    "Runbook": "Address of docs/runbook.md",
    "Logs": "What the names of the functions' log groups begin with",
    "ApiId": "The HTTP API",
    "SocketApiId": "The WebSocket API",
    "DistributionId": "The edge",
    "DatabaseDimension": "What the database is to CloudWatch",
    "DatabaseInstance": "Its name there",
    "DatabaseConnections": "Its max_connections",
    **{function_of(service): "A function" for service in SERVICES},
    **{f"{name}DeadLetters": "A queue of what was given up" for name in DEAD_LETTERS},
}


def template() -> str:
    body = json.dumps({"widgets": _widgets()}, indent=1, ensure_ascii=False).replace("\n", "\n        ")
    parameters = "".join(
        f"  {name}:\n    Type: String\n    Description: {described}\n" for name, described in PARAMETERS.items()
    )
    return (
        'AWSTemplateFormatVersion: "2010-09-09"\n'
        "Description: >-\n"
        "  Mundo Tango: one dashboard for a person on call. Written by `python -m operations.board.cloudwatch` from\n"
        "  operations/board/layout.py, which `mundo dashboard` draws too. Up to three in an account are free.\n\n"
        f"Parameters:\n{parameters}\n"
        "Resources:\n"
        "  Board:\n"
        "    Type: AWS::CloudWatch::Dashboard\n"
        "    Properties:\n"
        "      DashboardName: !Ref Name\n"
        "      DashboardBody: !Sub |\n"
        f"        {body}\n"
    )


def aggregate(lines: Lines) -> str:
    """As Logs Insights writes it."""
    if lines.stat == "count":
        return f"count({lines.field})"
    if lines.stat.startswith("p"):
        return f"pct({lines.field}, {lines.stat[1:]})"
    return f"{lines.stat}({lines.field})"


def _widgets() -> list[dict[str, Any]]:
    placed: list[dict[str, Any]] = [_text(0, f"# Mundo Tango\nWhat is red has an entry in the [runbook]({RUNBOOK}).")]
    top = 1
    for row in BOARD:
        placed.append(_text(top, f"## {row.title}"))
        placed += _row(row, top + 1)
        top += 1 + HEIGHT
    return placed


def _text(top: int, markdown: str) -> dict[str, Any]:
    return {"type": "text", "x": 0, "y": top, "width": COLUMNS, "height": 1, "properties": {"markdown": markdown}}


def _row(row: Row, top: int) -> list[dict[str, Any]]:
    width = COLUMNS // len(row.widgets)
    return [
        {"x": number * width, "y": top, "width": width, "height": HEIGHT, **_widget(widget)}
        for number, widget in enumerate(row.widgets)
    ]


def _widget(widget: Widget) -> dict[str, Any]:
    title = f"{widget.title} ({widget.unit}; runbook: {widget.runbook})"
    measured = [series for series in widget.series if series.metric]
    if not measured:
        return {"type": "log", "properties": {**_query(widget), "title": title, "region": "${AWS::Region}"}}
    metrics = [drawn for number, series in enumerate(measured) for drawn in _metrics(series, number)]
    properties = {"title": title, "region": _region(measured[0]), "view": "timeSeries", "period": 300}
    if widget.limit is not None:
        properties["annotations"] = {"horizontal": [{"label": "limit", "value": widget.limit, "fill": widget.bad}]}
    return {"type": "metric", "properties": {**properties, "metrics": metrics}}


def _region(series: Series) -> str:
    """CloudFront tells only us-east-1."""
    return "us-east-1" if series.metric and series.metric.namespace == "AWS/CloudFront" else "${AWS::Region}"


def _metrics(series: Series, number: int) -> list[list[Any]]:
    plain = series.of is None and series.scale == 1
    drawn: list[list[Any]] = []
    for id, metric in (("m", series.metric), ("d", series.of)):
        if metric is not None:
            named = [each for dimension in metric.dimensions for each in dimension]
            shown = {"label": series.label} if plain else {"visible": False}
            drawn.append(
                [metric.namespace, metric.name, *named, {"id": f"{id}{number}", "stat": metric.statistic, **shown}]
            )
    if not plain:
        by = f" / d{number}" if series.of else f" / ${{{series.per}}}" if series.per else ""
        share = f"m{number}{by}"
        drawn.append([{"id": f"e{number}", "expression": f"{series.scale:g} * {share}", "label": series.label}])
    return drawn


def _query(widget: Widget) -> dict[str, Any]:
    """One query for all series of the widget, which then are of one field, or one service."""
    first = widget.series[0].lines
    if first is None:
        raise ValueError(f"{widget.title!r} has neither metrics nor lines")
    groups = sorted({f"SOURCE '${{Logs}}/{each.lines.service}'" for each in widget.series if each.lines})
    if widget.series[0].of_lines:
        share = " + ".join(aggregate(each) for each in widget.series[0].of_lines)
        value = f"{widget.series[0].scale:g} * {aggregate(first)} / ({share})"
        wanted = f"filter ispresent({first.field})" if len(widget.series[0].of_lines) == 1 else "fields @timestamp"
    else:
        scale = "" if widget.series[0].scale == 1 else f"{widget.series[0].scale:g} * "
        value, wanted = f"{scale}{aggregate(first)}", f"filter ispresent({first.field})"
    by = ", service" if len(widget.series) > 1 else ""
    query = " | ".join([*groups, wanted, f"stats {value} as `{widget.unit}` by bin(5m){by}"])
    return {"query": query, "view": "timeSeries"}


if __name__ == "__main__":
    PATH.write_text(template(), encoding="utf-8")
