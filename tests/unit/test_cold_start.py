"""What functions do before their handler is imported, inside Lambda and nowhere else."""

import subprocess
import sys

import pytest

ASKS = """
import gc, sys
import functions.api.handler
from pydantic import BaseModel, ValidationError

class Asked(BaseModel):
    limit: int

try:
    Asked(limit="many")
except ValidationError:
    pass
left_out = sys.modules.get("pydantic.v1", "not asked for") is None
print(gc.get_threshold()[0], left_out, BaseModel.model_config, Asked.model_json_schema()["type"])
"""


@pytest.mark.parametrize(
    ("environment", "said"),
    [({"AWS_LAMBDA_FUNCTION_NAME": "api"}, "50000 True {} object"), ({}, "2000 False {} object")],
)
def test_a_start_inside_lambda_leaves_out_what_no_request_needs(environment: dict[str, str], said: str) -> None:
    asked = subprocess.run([sys.executable, "-c", ASKS], env=environment, capture_output=True, text=True, check=False)

    assert (asked.stdout.strip(), asked.stderr) == (said, "")
