"""What functions do before their handler is imported, inside Lambda and nowhere else."""

import subprocess
import sys

import pytest

ASKS = "import gc, functions.push; print(gc.get_threshold()[0])"


@pytest.mark.parametrize(("environment", "said"), [({"AWS_LAMBDA_FUNCTION_NAME": "push"}, "50000"), ({}, "2000")])
def test_a_start_inside_lambda_looks_for_garbage_less_often(environment: dict[str, str], said: str) -> None:
    asked = subprocess.run([sys.executable, "-c", ASKS], env=environment, capture_output=True, text=True, check=False)

    assert (asked.stdout.strip(), asked.stderr) == (said, "")
