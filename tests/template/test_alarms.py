"""Alarms on what AWS publishes, few enough to be read."""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from functions.effects.handler import JOBS
from mundotango.lateness import WEB_PUSH_LATE
from mundotango.webpush.ports import MOST_DELAY
from mundotango.webpush.sending import OLDEST
from operations import config_env
from operations.board.layout import SERVICES
from operations.config_env import SAMCONFIG, ConfigEnv
from operations.cost.tables import scaled
from operations.expansion import Template, expand, of_env
from operations.metrics import counted
from operations.redrive import QUEUES
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
    ("AWS/Lambda", "Throttles", ()),
    ("AWS/Lambda", "Duration", ("FunctionName",)),
    ("AWS/Lambda", "Errors", ("FunctionName",)),
    ("AWS/Lambda", "Errors", ("FunctionName", "Resource", "ExecutedVersion")),
    ("AWS/Lambda", "Invocations", ("FunctionName",)),
    ("AWS/Lambda", "ConcurrentExecutions", ("FunctionName",)),
    ("AWS/DynamoDB", "WriteThrottleEvents", ("TableName",)),
    ("AWS/DynamoDB", "ReadThrottleEvents", ("TableName",)),
    ("AWS/DynamoDB", "WriteThrottleEvents", ("TableName", "GlobalSecondaryIndexName")),
    ("AWS/DynamoDB", "ReadThrottleEvents", ("TableName", "GlobalSecondaryIndexName")),
}
# By filters of infra/metrics.yaml and infra/alarm-metrics.yaml.
OF_LINES = {"MemoryShare", "FailedCalls", "SocketFailures", "Lateness", "DeadLetters"}
PUBLISHED |= {("MundoTango", name, ()) for name in OF_LINES}
KINDS = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}
# Told by the composite alarm that looks at both.
HALVES = {"FastBurnHour", "FastBurnNow", "SlowBurnHours", "SlowBurnNow"}
ALL_ON = {
    "MetricDetail": "fine", "BurnRates": "on", "AnomalyDetection": "on", "Canary": "true", "TraceShare": 5,
    "TableCapacity": "scaled",
}  # fmt: skip
MOST_METRICS = 10  # of one alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html


def phase1(**changed: Any) -> list[Template]:
    return expand({**config_env.load("phase1").parameters, **changed})


def alarms_of(templates: Sequence[Template]) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for template in templates
        for name, resource in template.resources.items()
        if resource["Type"] in KINDS
    }


def alarms(nested: dict[str, Any]) -> dict[str, dict[str, Any]]:
    resources = nested["monitoring.yaml"]["Resources"]
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}


def envs() -> list[ConfigEnv]:
    named = tomllib.loads(SAMCONFIG.read_text(encoding="utf-8"))
    return [config_env.load(name) for name, one in named.items() if isinstance(one, dict)]


def metrics(alarm: dict[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for metric in (
        [alarm] if "MetricName" in alarm else [m["MetricStat"]["Metric"] for m in alarm["Metrics"] if "MetricStat" in m]
    ):
        yield metric["Namespace"], metric["MetricName"], tuple(d["Name"] for d in metric.get("Dimensions", ()))


def test_each_metric_is_published() -> None:
    for name, alarm in alarms_of(phase1(**ALL_ON, ReservedConcurrency=10)).items():
        if "AlarmRule" not in alarm:
            assert set(metrics(alarm)) <= PUBLISHED, name


def test_phase_1_has_ten_that_read_eleven_metrics_and_few_of_its_own() -> None:
    """The plan's four among them; ten of each are free, and of what they read: the share of answers is of two."""
    templates = phase1()
    count = counted(templates)
    assert set(alarms_of(templates)) == {
        "SlowAnswers", "FailedAnswers", "ManyConnections", "LittleMemory",
        "DeadLetters", "FailedCalls", "Throttled", "LateStreams", "LittleDatabaseMemory", "SocketFailures",
    }  # fmt: skip
    assert (count.alarms, count.composites) == (10, 0)
    assert count.alarm_metrics <= 11
    assert count.custom <= 10
    assert count.dashboards <= 3


@pytest.mark.parametrize("env", envs(), ids=lambda env: env.name)
def test_each_env_is_counted(env: ConfigEnv) -> None:
    count = counted(of_env(env))
    if env.name in ("local", "phase1"):
        assert count.custom <= 10
        assert count.alarms <= 10
        assert count.alarm_metrics <= 11
    assert count.custom <= 60
    assert count.alarms <= 30
    assert count.dashboards <= 3


@pytest.mark.parametrize("env", envs(), ids=lambda env: env.name)
def test_each_table_and_index_that_is_scaled_is_watched(env: ConfigEnv) -> None:
    """In each region, also where another stack made the table; the same tables as the stack of home makes."""
    templates = of_env(env)
    found = alarms_of(templates)
    if env.parameters.get("TableCapacity") != "scaled":
        assert not {"ThrottledWrites", "ThrottledReads"} & found.keys()
        return
    home = config_env.load(f"{env.name.partition('-')[0]}-us-east-1")
    wanted = {one.unit for one in scaled(of_env(home))}
    for name in ("ThrottledWrites", "ThrottledReads"):
        asked = [one["MetricStat"]["Metric"] for one in found[name]["Metrics"] if "MetricStat" in one]
        assert len(asked) <= MOST_METRICS
        assert {_unit(metric["Dimensions"], env.stack_name) for metric in asked} == wanted
        (expression,) = (one["Expression"] for one in found[name]["Metrics"] if "Expression" in one)
        assert all(f"FILL({one['Id']}, 0)" in expression for one in found[name]["Metrics"] if "MetricStat" in one)


def _unit(dimensions: list[dict[str, Any]], stack_name: str) -> str:
    values = [one["Value"] for one in dimensions]
    table = "connections" if values[0] == {"Ref": "ConnectionsTable"} else values[0].removeprefix(f"{stack_name}-")
    return " ".join([table, *values[1:]])


def test_finer_metrics_are_counted_by_what_they_are_split_into() -> None:
    plain, fine = counted(phase1()), counted(phase1(MetricDetail="fine"))
    by_function = 3 * len(SERVICES)
    assert fine.custom == plain.custom + by_function + len(["CacheHits", "CacheMisses", "DatabaseWait", "FramesFailed"])
    assert counted(phase1(Monitoring="off")).alarms == 0


def test_an_expression_is_billed_by_its_metrics() -> None:
    templates = phase1(BurnRates="on")
    count = counted(templates)
    plain = [alarm for alarm in alarms_of(templates).values() if "AlarmRule" not in alarm]
    assert count.alarm_metrics == sum(len(list(metrics(alarm))) for alarm in plain)
    assert count.alarm_metrics > count.alarms


def test_each_has_its_entry_in_the_runbook_and_each_entry_its_alarm() -> None:
    """Of whatever env: those of all together are those that the runbook has, but for what has no alarm."""
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    part, _, others = runbook.partition("# What has no alarm")
    assert others
    entries = re.findall(r"^## (\w+)$", part, re.MULTILINE)
    known = set(alarms_of(phase1(**ALL_ON, ReservedConcurrency=10)))
    for env in envs():
        assert set(alarms_of(of_env(env))) <= known, env.name
    assert sorted(entries) == sorted(known)


def test_the_thresholds_of_the_plan(nested: dict[str, Any]) -> None:
    thresholds = {name: alarm.get("Threshold") for name, alarm in alarms_of(phase1(**ALL_ON)).items()}
    plan = {"SlowAnswers": 500, "FailedAnswers": 5, "ManyConnections": 80, "LittleMemory": 0.85, "BusyDatabase": 80}
    assert plan.items() <= thresholds.items()
    assert thresholds["LittleDatabaseMemory"] == 150_000_000


def test_burn_rates_are_the_workbooks() -> None:
    """Of 99.9 %, 0.1 % may fail: 14.4 times as much over an hour and over five minutes, 6 times over 6 h and 30 min."""
    found = alarms_of(phase1(BurnRates="on", Canary="false"))
    told = {
        name: (found[name]["Threshold"], {each["MetricStat"]["Period"] for each in found[name]["Metrics"][1:]})
        for name in HALVES
    }
    assert told == {
        "FastBurnHour": (1.44, {3600}),
        "FastBurnNow": (1.44, {300}),
        "SlowBurnHours": (0.6, {21600}),
        "SlowBurnNow": (0.6, {1800}),
    }
    assert set(found) - set(alarms_of(phase1())) == HALVES | {"FastBurn", "SlowBurn"}


def test_near_a_time_out_is_near_the_one_that_is_set(functions: dict[str, dict[str, Any]]) -> None:
    (expression, *_) = alarms_of(phase1(**ALL_ON))["NearTimeout"]["Metrics"]
    found = dict(re.findall(r"FILL\((\w+), 0\) / (\d+)", expression["Expression"]))
    set_to = {name.removesuffix("Function"): one["Timeout"] * 1000 for name, one in functions.items()}
    del set_to["Migrate"]  # a deploy waits for it, and fails by itself
    del set_to["Advisor"]  # once a week, and tried again; given up, it is a dead letter
    assert {name[0].upper() + name[1:]: int(limit) for name, limit in found.items()} == set_to


def test_web_pushes_are_late_after_what_they_wait_on_purpose() -> None:
    assert MOST_DELAY < WEB_PUSH_LATE < OLDEST


def test_each_metric_of_lines_that_an_alarm_reads_is_made(nested: dict[str, Any]) -> None:
    made = [
        one
        for name in ("metrics.yaml", "alarm-metrics.yaml")
        for each in nested[name]["Resources"].values()
        for one in each["Properties"]["MetricTransformations"]
        if "Dimensions" not in one
    ]
    assert {one["MetricName"] for one in made} == OF_LINES
    assert {str(one["MetricNamespace"]) for one in made} == {str({"Ref": "Namespace"})}


def test_calls_of_each_function_that_people_wait_for_or_events_wake_are_counted(
    functions: dict[str, dict[str, Any]], nested: dict[str, Any]
) -> None:
    """Both those that went well and those that failed."""
    counted_of: dict[str, set[str]] = {}
    for each in nested["alarm-metrics.yaml"]["Resources"].values():
        (one,) = each["Properties"]["MetricTransformations"]
        if one["MetricName"] == "FailedCalls":
            service = each["Properties"]["LogGroupName"]["Fn::Sub"].removeprefix("${Logs}/")
            counted_of.setdefault(service, set()).add(one["MetricValue"])
    services = {one["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for one in functions.values()}
    # A deploy waits for the one and fails with it; the other is called once a week, and its failure is a dead letter.
    assert counted_of == {each: {"0", "1"} for each in services - {"migrate", "advisor"}}


def test_every_queue_of_dead_letters_is_counted_more_often_than_its_alarm_looks(
    resources: dict[str, Any], nested: dict[str, Any]
) -> None:
    effects = resources["EffectsFunction"]["Properties"]
    told = re.findall(r"\w+", effects["Environment"]["Variables"]["DEAD_LETTER_QUEUES"]["Fn::Sub"])
    assert sorted(told) == sorted(queue.dead_letters for queue in QUEUES)
    schedule = effects["Events"]["CountDeadLetters"]["Properties"]
    assert json.loads(schedule["Input"])["job"] in JOBS
    (minutes,) = re.findall(r"rate\((\d+) minutes\)", schedule["ScheduleExpression"])
    alarm = alarms(nested)["DeadLetters"]
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] >= 2 * 60 * int(minutes)


def test_lines_that_alarms_read_cannot_be_left_out(template: dict[str, Any]) -> None:
    """At WARN a function would write none of them, and each alarm would be red or silent for ever."""
    assert set(template["Parameters"]["LogLevel"]["AllowedValues"]) == {"DEBUG", "INFO"}
    assert template["Globals"]["Function"]["LoggingConfig"]["SystemLogLevel"] == "WARN"


def test_somebody_is_told(nested: dict[str, Any]) -> None:
    for name, alarm in alarms_of(phase1(**ALL_ON)).items():
        if name in HALVES:
            assert "AlarmActions" not in alarm, name
        else:
            assert len(alarm["AlarmActions"]) == 1, name


def test_max_connections_is_the_one_that_is_set(resources: dict[str, Any], nested: dict[str, Any]) -> None:
    parameters = resources["Alarms"]["Properties"]["Parameters"]
    assert parameters["DatabaseConnections"] == {"Fn::GetAtt": ["Database", "Outputs.Connections"]}
    for template in (nested["database.yaml"], nested["aurora.yaml"]):
        set_to = template["Resources"]["ParameterGroup"]["Properties"]["Parameters"]["max_connections"]
        told = template["Outputs"]["Connections"]["Value"]
        assert set_to in (told, told["Fn::If"][-1])


@pytest.mark.parametrize("env", envs(), ids=lambda env: env.name)
def test_a_cluster_is_watched_whole_and_where_it_is_worst(env: ConfigEnv) -> None:
    """A failover makes another instance the writer; an average over them all hides one that is at its end."""
    templates = of_env(env)
    watched = {
        name: alarm
        for name, alarm in alarms_of(templates).items()
        if "AWS/RDS"
        in (
            alarm.get("Namespace"),
            *(one.get("MetricStat", {}).get("Metric", {}).get("Namespace") for one in alarm.get("Metrics", [])),
        )
    }
    if env.parameters.get("DatabaseKind") != "aurora":
        assert env.name == "local" or "LittleDatabaseMemory" in watched
        assert "DBClusterIdentifier" not in str(watched)
        return
    assert set(watched) == {"ManyConnections", "LittleDatabaseMemory", "BusyDatabase"}
    assert "DBInstanceIdentifier" not in str(watched)
    assert watched["LittleDatabaseMemory"]["Statistic"] == "Minimum"
    assert watched["BusyDatabase"]["Statistic"] == "Maximum"
    board = templates[0].resources["Board"]["Properties"]["Parameters"]
    assert board["DatabaseDimension"] == "DBClusterIdentifier"
    outputs = {one.path: one.outputs for one in templates}
    assert board["DatabaseInstance"] == {"Fn::GetAtt": ["Database", "Outputs.WatchedId"]}
    assert outputs["Database"]["WatchedId"]["Value"] == {"Fn::GetAtt": ["Aurora", "Outputs.ClusterId"]}


def test_regions_have_dashboards_of_their_own() -> None:
    """A name is the account's: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html"""
    named = [
        one.resources["Board"]["Properties"]["DashboardName"]
        for env in envs()
        if env.name.startswith("phase3-") and env.name != "phase3-prepare"
        for one in of_env(env)
        if one.path == "Board"
    ]
    assert len(set(named)) == len(named) == 3


def test_of_several_regions_one_watches_the_budget() -> None:
    watching = [
        env.name
        for env in envs()
        if env.name.startswith("phase4-")
        for one in of_env(replace(env, parameters={**env.parameters, "OperatorMail": "ana@example.org"}))
        if "Budget" in one.resources
    ]
    assert watching == ["phase4-us-east-1"]


def test_the_budget_mails_thrice(nested: dict[str, Any]) -> None:
    budget = nested["monitoring.yaml"]["Resources"]["Budget"]["Properties"]
    assert [one["Notification"]["Threshold"] for one in budget["NotificationsWithSubscribers"]] == [50, 80, 100]
