"""How many metrics, alarms and dashboards of CloudWatch an expanded template makes: what it asks money for.

A metric is a name with a value of each of its dimensions. Those of the functions' own lines are declared in
`mundotango.observability`; those that filters make of log groups stand in the template.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mundotango.observability import METRICS
from operations.expansion import Template

ALARM = "AWS::CloudWatch::Alarm"


@dataclass(frozen=True, slots=True)
class MetricCount:
    """`alarm_metrics` is what AWS bills of alarms: one with an expression counts each metric in it."""

    custom: int
    alarms: int
    alarm_metrics: int
    composites: int
    dashboards: int


def counted(templates: Sequence[Template]) -> MetricCount:
    """Of all templates of one stack together, the nested ones among them."""
    resources = [resource for template in templates for resource in template.resources.values()]

    def of_type(name: str) -> list[dict[str, Any]]:
        return [resource["Properties"] for resource in resources if resource["Type"] == name]

    alarms = of_type(ALARM)
    return MetricCount(
        custom=len(set(_written()) | set(_filtered(of_type("AWS::Logs::MetricFilter")))),
        alarms=len(alarms),
        alarm_metrics=sum(map(read_by, alarms)),
        composites=len(of_type("AWS::CloudWatch::CompositeAlarm")),
        dashboards=len(of_type("AWS::CloudWatch::Dashboard")),
    )


def _written() -> Iterator[tuple[str, str]]:
    for name, published in METRICS.items():
        yield from ((name, service) for service in published.services)


def _filtered(filters: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """A service writes to a log group of its own, so a dimension of it has one value there."""
    for each in filters:
        for made in each["MetricTransformations"]:
            yield made["MetricName"], str(each["LogGroupName"]) if made.get("Dimensions") else ""


def read_by(alarm: dict[str, Any]) -> int:
    """How many metrics an alarm of these properties is billed for."""
    if "Metrics" not in alarm:
        return 1
    bands = sum("ANOMALY_DETECTION_BAND" in each.get("Expression", "") for each in alarm["Metrics"])
    # A band is a lower and an upper edge.
    return sum("MetricStat" in each for each in alarm["Metrics"]) + 2 * bands
