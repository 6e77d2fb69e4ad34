"""Alarms on what AWS publishes, few enough to be read."""

import re
from collections.abc import Iterator
from typing import Any

from mundotango.webpush.ports import MOST_DELAY
from mundotango.webpush.sending import OLDEST
from operations.templates import ROOT

# Published by AWS itself, under these dimensions. What a function would have to publish has no alarm until it does.
PUBLISHED = {
    ("AWS/ApiGateway", "Latency", ("ApiId",)),
    ("AWS/ApiGateway", "Count", ("ApiId",)),
    ("AWS/ApiGateway", "5xx", ("ApiId",)),
    ("AWS/RDS", "CPUUtilization", ("DBInstanceIdentifier",)),
    ("AWS/RDS", "DatabaseConnections", ("DBInstanceIdentifier",)),
    ("AWS/RDS", "FreeableMemory", ("DBInstanceIdentifier",)),
    ("AWS/RDS", "FreeStorageSpace", ("DBInstanceIdentifier",)),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", ("QueueName",)),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", ("QueueName",)),
    ("AWS/Lambda", "Errors", ()),
    ("AWS/Lambda", "Invocations", ()),
    ("AWS/Lambda", "Throttles", ()),
    ("AWS/Lambda", "IteratorAge", ("FunctionName",)),
}


def alarms(nested: dict[str, Any]) -> dict[str, dict[str, Any]]:
    resources = nested["monitoring.yaml"]["Resources"]
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}


def metrics(alarm: dict[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for metric in (
        [alarm] if "MetricName" in alarm else [m["MetricStat"]["Metric"] for m in alarm["Metrics"] if "MetricStat" in m]
    ):
        yield metric["Namespace"], metric["MetricName"], tuple(d["Name"] for d in metric.get("Dimensions", ()))


def test_each_metric_is_published(nested: dict[str, Any]) -> None:
    for name, alarm in alarms(nested).items():
        assert set(metrics(alarm)) <= PUBLISHED, name


def test_there_are_ten(nested: dict[str, Any]) -> None:
    assert len(alarms(nested)) == 10


def test_each_has_its_entry_in_the_runbook(nested: dict[str, Any]) -> None:
    entries = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    assert sorted(entries) == sorted(alarms(nested))


def test_the_thresholds_of_the_plan(nested: dict[str, Any]) -> None:
    thresholds = {name: alarm["Threshold"] for name, alarm in alarms(nested).items()}
    plan = {"SlowAnswers": 500, "FailedAnswers": 5, "ManyConnections": 80, "LittleMemory": 85, "BusyDatabase": 80}
    assert plan.items() <= thresholds.items()


def test_web_pushes_are_late_after_what_they_wait_on_purpose(nested: dict[str, Any]) -> None:
    late = alarms(nested)["LateStreams"]
    (expression,) = (each["Expression"] for each in late["Metrics"] if "Expression" in each)
    (factor,) = re.findall(r"FILL\(webpushes, 0\) \* (60000 / \d+)", expression)
    milliseconds, seconds = map(int, factor.split(" / "))
    assert milliseconds == late["Threshold"]
    assert MOST_DELAY.total_seconds() < seconds < OLDEST.total_seconds()


def test_somebody_is_told(nested: dict[str, Any]) -> None:
    for name, alarm in alarms(nested).items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name


def test_max_connections_is_the_one_that_is_set(resources: dict[str, Any], nested: dict[str, Any]) -> None:
    parameters = resources["Alarms"]["Properties"]["Parameters"]
    assert parameters["DatabaseConnections"] == {"Fn::GetAtt": ["Database", "Outputs.Connections"]}
    assert parameters["DatabaseMemory"] == {"Fn::GetAtt": ["Database", "Outputs.Memory"]}
    for template in (nested["database.yaml"], nested["aurora.yaml"]):
        set_to = template["Resources"]["ParameterGroup"]["Properties"]["Parameters"]["max_connections"]
        told = template["Outputs"]["Connections"]["Value"]
        assert set_to in (told, told["Fn::If"][-1])


def test_the_budget_mails_thrice(nested: dict[str, Any]) -> None:
    budget = nested["monitoring.yaml"]["Resources"]["Budget"]["Properties"]
    assert [one["Notification"]["Threshold"] for one in budget["NotificationsWithSubscribers"]] == [50, 80, 100]
