"""What CloudWatch would make of lines of the log: filters of infra/alarm-metrics.yaml, and the alarms that read them.

Of a filter's syntax what ours use: comparisons of a field with a number or a quoted text, `&&` before `||`, brackets.
A field that is not there matches nothing.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
"""

import json
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import mean
from typing import Any

from operations.templates import load

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {"Average": mean, "Maximum": max}
_TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||[<>!]?=|[<>]|\$[\w.]+|"[^"]*"|-?[\d.]+)')

Line = dict[str, Any]


def published(service: str, lines: Iterable[Line]) -> dict[str, list[float]]:
    """The values of each metric that the filters of a service's log group make of these lines."""
    values: defaultdict[str, list[float]] = defaultdict(list)
    filters = [one["Properties"] for one in load("infra/alarm-metrics.yaml")["Resources"].values()]
    for line in lines:
        for one in filters:
            if one["LogGroupName"]["Fn::Sub"] == f"${{Logs}}/{service}" and matches(one["FilterPattern"], line):
                (made,) = one["MetricTransformations"]
                value = made["MetricValue"]
                values[made["MetricName"]].append(float(_field(line, value) if value.startswith("$") else value))
    return dict(values)


def rings(name: str, periods: Sequence[Sequence[float]]) -> bool:
    """Whether an alarm on such a metric is red; of each of its evaluation periods the values, of none an empty list.
    Where periods have none, CloudWatch may take points from before these; here they are as it is set."""
    alarm = load("infra/monitoring.yaml")["Resources"][name]["Properties"]
    assert len(periods) == alarm["EvaluationPeriods"]
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    missing = alarm["TreatMissingData"] == "breaching"
    of_period = STATISTICS[alarm["Statistic"]]
    beyond: list[bool] = [of_period(values) > alarm["Threshold"] if values else missing for values in periods]
    needed: int = alarm.get("DatapointsToAlarm", len(periods))
    return sum(beyond) >= needed


def matches(pattern: str, line: Line) -> bool:
    tokens = _TOKEN.findall(pattern.strip().removeprefix("{").removesuffix("}"))
    found = _either(tokens, line)
    assert not tokens, f"not understood: {pattern}"
    return found


def _either(tokens: list[str], line: Line) -> bool:
    found = _both(tokens, line)
    while tokens[:1] == ["||"]:
        del tokens[0]
        found = _both(tokens, line) or found
    return found


def _both(tokens: list[str], line: Line) -> bool:
    found = _term(tokens, line)
    while tokens[:1] == ["&&"]:
        del tokens[0]
        found = _term(tokens, line) and found
    return found


def _term(tokens: list[str], line: Line) -> bool:
    if tokens[0] == "(":
        del tokens[0]
        found = _either(tokens, line)
        assert tokens.pop(0) == ")"
        return found
    selector, comparison, wanted = tokens[:3]
    del tokens[:3]
    value, literal = _field(line, selector), json.loads(wanted)
    alike = isinstance(value, str if isinstance(literal, str) else int | float)
    return bool(alike and COMPARED[comparison](value, literal))


def _field(line: Line, selector: str) -> Any:
    """None where it is not there."""
    value: Any = line
    for name in selector.removeprefix("$.").split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
