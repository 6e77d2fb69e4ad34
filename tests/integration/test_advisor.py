"""The function that looks once a week, held to its role, over moto: what it asks, and what the operator is mailed."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.advisor import handler as advisor
from mundotango import settings
from mundotango.adapters.measurements import DAY, of_days, queries
from mundotango.bootstrap import Platform
from mundotango.errors import Invalid
from mundotango.growth.policy import phase_of
from operations import config_env, measures, parameters
from operations.board.readings import query
from operations.scale import advising, pricing
from operations.templates import load
from tests.fixtures.aws import client

FUNCTION = load("template.yaml")["Resources"]["AdvisorFunction"]["Properties"]
SHOWN = FUNCTION["Environment"]["Variables"]["STACK_PARAMETERS"]["Fn::Sub"]
STACK = settings.Grown("mundo-tango", "abc123", "DBInstanceIdentifier", "tango-db", 60, 1024**3, {})
FIRST = parameters.effective(config_env.load("phase1").parameters)


@pytest.fixture
def inbox(aws: settings.Region, monkeypatch: pytest.MonkeyPatch, held_to_roles: None) -> Any:
    """A queue that hears what the topic is told."""
    session = boto3.Session("test", "test", region_name=aws.name)
    topic = session.client("sns").create_topic(Name="alarms")["TopicArn"]
    queue = session.client("sqs").create_queue(QueueName="heard")["QueueUrl"]
    arn = f"arn:aws:sqs:{aws.name}:123456789012:heard"
    session.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    pool = session.client("cognito-idp").create_user_pool(PoolName="people")["UserPool"]["Id"]
    told = {
        "STACK_NAME": "mundo-tango",
        "STACK_PARAMETERS": re.sub(r"\$\{(\w+)\}", lambda match: FIRST[match[1]], SHOWN),
        "API_ID": "abc123",
        "DATABASE_DIMENSION": "DBInstanceIdentifier",
        "DATABASE_WATCHED": "tango-db",
        "DATABASE_CONNECTIONS": "60",
        "DATABASE_MEMORY": str(1024**3),
        "USER_POOL_ID": pool,
        "ALARMS_TOPIC": topic,
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    platform = Platform()
    monkeypatch.setattr(advisor, "platform", lambda: platform)
    return lambda: _read(session, queue)


def _read(session: boto3.Session, queue: str) -> list[dict[str, Any]]:
    answer = session.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(one["Body"]) for one in answer.get("Messages", [])]


def measured(namespace: str, name: str, value: float, days_ago: float = 1, **dimensions: str) -> None:
    datum: Any = {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": of} for key, of in dimensions.items()],
        "Timestamp": datetime.now(UTC) - timedelta(days=days_ago),
        "Value": value,
    }
    client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


def run() -> dict[str, Any]:
    return advisor.lambda_handler({"job": "advise"}, None)


def busy() -> None:
    measured("AWS/RDS", "DatabaseConnections", 55, DBInstanceIdentifier="tango-db")
    measured("AWS/RDS", "DatabaseConnections", 20, days_ago=5, DBInstanceIdentifier="tango-db")


def test_a_week_of_which_nothing_fires_is_no_mail(inbox: Any) -> None:
    measured("AWS/RDS", "DatabaseConnections", 20, DBInstanceIdentifier="tango-db")
    measured("AWS/RDS", "DatabaseConnections", 60, days_ago=9, DBInstanceIdentifier="tango-db")
    assert run() == {"job": "advise", "fired": [], "changes": 0, "done": True}
    assert inbox() == []


def test_who_has_to_grow_is_told_by_what_and_for_how_much(inbox: Any) -> None:
    busy()
    assert run()["fired"] == ["connections"]
    (mail,) = inbox()
    assert mail["Subject"] == "mundo-tango has to change: connections"
    assert "connections of the database: 91.67 % is over 80 %" in mail["Message"]
    assert "DatabaseInstanceClass from db.t4g.micro to db.t4g.small" in mail["Message"]
    assert "dollars a month" in mail["Message"]
    assert "Not measured here: p95 of answers" in mail["Message"]


def test_a_second_run_says_the_same(inbox: Any) -> None:
    busy()
    run()
    run()
    first, second = inbox()
    assert (first["Subject"], first["Message"]) == (second["Subject"], second["Message"])


@pytest.mark.parametrize(
    ("namespace", "name", "value", "dimensions", "cause"),
    [
        ("AWS/RDS", "FreeableMemory", 50e6, {"DBInstanceIdentifier": "tango-db"}, "memory"),
        ("MundoTango", "MemoryShare", 0.93, {}, "memory"),
    ],
)
def test_each_measure_fires_in_its_unit(
    inbox: Any, namespace: str, name: str, value: float, dimensions: dict[str, str], cause: str
) -> None:
    measured(namespace, name, value, 1, **dimensions)
    assert run()["fired"] == [cause]


def test_percentiles_are_the_worst_days() -> None:
    """Moto publishes none."""
    read = of_days({"p95_ms": [120, 900, 80], "database_cpu_share": [30, 91.0]}, STACK, users=7)
    assert (read.p95_ms, read.cpu_share, read.users, read.error_share) == (900, 0.91, 7, None)


def test_failures_are_a_share_of_the_weeks_requests(inbox: Any) -> None:
    for days_ago, count, failed in ((1, 100, 9), (3, 100, 2)):
        measured("AWS/ApiGateway", "Count", count, days_ago, ApiId="abc123")
        measured("AWS/ApiGateway", "5xx", failed, days_ago, ApiId="abc123")
    assert run()["fired"] == ["failing"]


def test_another_job_is_refused(inbox: Any) -> None:
    with pytest.raises(Invalid):
        advisor.lambda_handler({"job": "recount"}, None)


def test_it_asks_for_what_the_command_asks_for() -> None:
    given = {"ApiId": "abc123", "DatabaseDimension": "DBInstanceIdentifier", "DatabaseInstance": "tango-db"}
    for asked in queries(STACK):
        metric, _ = measures._METRICS[asked["Id"]]
        assert asked == query(asked["Id"], metric, given, DAY)


@pytest.mark.parametrize("name", [name for name in config_env.names() if name != "local"])
def test_the_phase_of_a_stack_is_that_of_its_env(name: str) -> None:
    env = config_env.load(name)
    env = replace(env, parameters=parameters.effective(env.parameters))
    assert phase_of(env.parameters) == advising.phase_of(env)


def test_the_prices_are_those_of_the_model() -> None:
    written = pricing.PATH.read_text(encoding="utf-8")
    assert written == pricing.text(), "python -m operations.scale.pricing"
