"""What functions do before their handler is imported, inside Lambda and nowhere else."""

import subprocess
import sys

import pytest

ASKS = "import gc, sys, functions.push; print(gc.get_threshold()[0], 'dataclasses' in sys.modules)"


@pytest.mark.parametrize(
    ("environment", "said"), [({"AWS_LAMBDA_FUNCTION_NAME": "push"}, "150000 False"), ({}, "2000 False")]
)
def test_a_start_makes_no_dataclasses_and_inside_lambda_looks_for_garbage_less_often(
    environment: dict[str, str], said: str
) -> None:
    asked = subprocess.run([sys.executable, "-c", ASKS], env=environment, capture_output=True, text=True, check=False)

    assert (asked.stdout.strip(), asked.stderr) == (said, "")


# The function that brings most before its first call: its handler's imports, and what is made ready behind them.
LOOKS = """
import gc, functions
def looks(): return sum(generation["collections"] for generation in gc.get_stats())
before = looks()
from functions.push import handler
print("inbox" in vars(handler.platform()), looks() - before)
"""


@pytest.mark.parametrize(("home", "warm"), [("us-east-1", True), ("eu-west-1", False)])
def test_a_start_asks_for_inboxes_where_their_table_is_and_looks_for_no_garbage(home: str, *, warm: bool) -> None:
    told = {
        "AWS_LAMBDA_FUNCTION_NAME": "push",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "HOME_REGION": home,
        "CHUNKS_QUEUE": "https://sqs.us-east-1.amazonaws.com/000000000000/chunks",
        **{
            f"{table}_TABLE": table.lower()
            for table in ("CONNECTIONS", "COUNTERS", "EDGES", *(["NOTIFICATIONS"] if warm else []))
        },
    }
    asked = subprocess.run([sys.executable, "-c", LOOKS], env=told, capture_output=True, text=True, check=False)

    assert (asked.stdout.strip(), asked.stderr) == (f"{warm} 0", "")
