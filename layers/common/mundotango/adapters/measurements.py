"""A week of what AWS measured of the stack, by the day, and who is told by its alarms' topic."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from mundotango import settings
from mundotango.adapters.client import make_client
from mundotango.growth.model import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

DAYS = 7
DAY = 86_400  # seconds; the longest period, so of each measure there is a value a day
# SNS takes so many characters of a subject: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
LONGEST_SUBJECT = 100


class CloudWatchMeasurements:
    """What only the log knows, the cache's hits and who said that it is slow, stays unknown: to read a week of lines
    costs by the gigabyte, and an operator who is told looks there."""

    def __init__(self, stack: settings.Grown, pool: settings.UserPool, region: settings.Region) -> None:
        self._stack = stack
        self._pool = pool.id
        self._region = region

    def week(self, end: datetime) -> Measured:
        values: dict[str, list[float]] = {}
        pages = self._client.get_paginator("get_metric_data")
        for page in pages.paginate(
            MetricDataQueries=queries(self._stack), StartTime=end - timedelta(days=DAYS), EndTime=end
        ):
            for result in page["MetricDataResults"]:
                values.setdefault(result["Id"], []).extend(result["Values"])
        return of_days(values, self._stack, self._users())

    def _users(self) -> int | None:
        """Cognito's estimate."""
        pool = make_client("cognito-idp", self._region).describe_user_pool(UserPoolId=self._pool)["UserPool"]
        estimated: int | None = pool.get("EstimatedNumberOfUsers")
        return estimated

    @cached_property
    def _client(self) -> CloudWatchClient:
        return cast("CloudWatchClient", make_client("cloudwatch", self._region))


class TopicOperator:
    def __init__(self, topic: str, region: settings.Region) -> None:
        self._topic = topic
        self._region = region

    def tell(self, subject: str, text: str) -> None:
        client: Any = make_client("sns", self._region)
        client.publish(TopicArn=self._topic, Subject=subject[:LONGEST_SUBJECT], Message=text)


def queries(stack: settings.Grown) -> list[MetricDataQueryTypeDef]:
    api, database = ("ApiId", stack.api_id), (stack.database_dimension, stack.database_watched)
    asked: tuple[tuple[str, str, str, str, tuple[str, str] | None], ...] = (
        ("requests", "AWS/ApiGateway", "Count", "Sum", api),
        ("failed", "AWS/ApiGateway", "5xx", "Sum", api),
        ("p95_ms", "AWS/ApiGateway", "Latency", "p95", api),
        ("connections_share", "AWS/RDS", "DatabaseConnections", "Maximum", database),
        ("database_cpu_share", "AWS/RDS", "CPUUtilization", "p90", database),
        ("database_memory_free_bytes", "AWS/RDS", "FreeableMemory", "Minimum", database),
        ("function_memory_share", "MundoTango", "MemoryShare", "Maximum", None),
    )
    return [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": metric,
                    "Dimensions": [{"Name": of[0], "Value": of[1]}] if of else [],
                },
                "Period": DAY,
                "Stat": stat,
            },
        }
        for name, namespace, metric, stat, of in asked
    ]


def of_days(values: Mapping[str, Sequence[float]], stack: settings.Grown, users: int | None) -> Measured:
    """`values` are one a day. Of each the worst day; failures are those of the week."""

    def most(name: str, whole: float = 1) -> float | None:
        found = values.get(name)
        return max(found) / whole if found else None

    requests, free = sum(values.get("requests", [])), values.get("database_memory_free_bytes")
    return Measured(
        p95_ms=most("p95_ms"),
        error_share=sum(values.get("failed", [])) / requests if requests else None,
        connections_share=most("connections_share", stack.database_connections),
        cpu_share=most("database_cpu_share", 100),
        memory_share=1 - min(free) / stack.database_memory if free else None,
        function_memory_share=most("function_memory_share"),
        users=users,
    )
