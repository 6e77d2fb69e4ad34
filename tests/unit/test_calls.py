"""What the lines of a call say of its environment."""

import json
import os
import subprocess
import sys
from typing import Any

CALLS = """
import sys
from types import SimpleNamespace
from mundotango.observability import logger, observed

@observed
def handler(event, context):
    sum(range(event))
    logger().info("first")
    logger().info("second")

for number in (1_000_000, 0):
    handler(number, SimpleNamespace(aws_request_id=f"call-{number}"))
logger().info("between calls")
"""


def lines(**environment: str) -> list[dict[str, Any]]:
    """Of a process of its own, as only its first call is a cold one."""
    env = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ} | environment
    ran = subprocess.run([sys.executable, "-c", CALLS], env=env, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_the_first_line_of_an_environment_says_what_the_start_cost() -> None:
    first, *others = lines(POWERTOOLS_SERVICE_NAME="x", AWS_LAMBDA_FUNCTION_MEMORY_SIZE="256")
    assert first["cold_start"] == 1
    assert 5 < first["init_ms"] < 60_000
    assert not any("cold_start" in line or "init_ms" in line for line in others)


def test_nobody_waited_for_what_was_started_before() -> None:
    first, *_ = lines(POWERTOOLS_SERVICE_NAME="x", AWS_LAMBDA_INITIALIZATION_TYPE="provisioned-concurrency")
    assert "cold_start" not in first
    assert "init_ms" in first


def test_each_line_says_what_its_call_has_cost_by_then() -> None:
    first, second, third, *_ = lines(POWERTOOLS_SERVICE_NAME="x", AWS_LAMBDA_FUNCTION_MEMORY_SIZE="1024")
    assert 0 < first["cpu_ms"] <= second["cpu_ms"]
    assert third["cpu_ms"] < second["cpu_ms"]
    assert 0.005 < first["memory_share"] < 0.5


def test_without_a_better_id_it_belongs_to_the_call() -> None:
    assert [line.get("correlation_id") for line in lines(POWERTOOLS_SERVICE_NAME="x")] == [
        "call-1000000",
        "call-1000000",
        "call-0",
        "call-0",
        None,
    ]


def test_outside_of_lambda_nothing_is_said_of_memory() -> None:
    assert "memory_share" not in lines(POWERTOOLS_SERVICE_NAME="x")[0]
