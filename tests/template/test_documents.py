"""docs/architecture.md says of each function where it runs and whom it calls; the template decides."""

import re
from typing import Any

from operations.templates import ROOT

SERVICES = {
    "rds-db": "postgresql",
    "elasticache": "valkey",
    "dynamodb": "dynamodb",
    "s3": "s3",
    "sqs": "sqs",
    "execute-api": "api gateway",
    "cognito-idp": "cognito",
    "cloudfront": "cloudfront",
    "ses": "ses",
    "ssm": "systems manager",
    "cloudwatch": "cloudwatch",
    "sns": "sns",
    "xray": "x-ray",
}
# Done by Lambda for the function, which itself calls nobody by them.
BY_LAMBDA = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
}


def documented() -> dict[str, tuple[bool, set[str]]]:
    """The rows of the table with the columns Function, VPC and Services."""
    lines = iter((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines())
    for line in lines:
        if re.match(r"\|\s*Function\s*\|\s*VPC\s*\|\s*Services", line, re.IGNORECASE):
            break
    rows = {}
    for line in lines:
        if not line.startswith("|"):
            break
        if set(line) <= set("|-: "):
            continue
        function, vpc, services = (cell.strip() for cell in line.strip("|").split("|")[:3])
        named = {service for service in SERVICES.values() if service in services.lower()}
        rows[_bare(function)] = (vpc.lower().startswith(("in", "yes")), named)
    return rows


def _bare(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower()).removeprefix("functions").removesuffix("function")


def test_table_of_functions(functions: dict[str, dict[str, Any]], statements: dict[str, list[dict[str, Any]]]) -> None:
    truth = {}
    for name, function in functions.items():
        granted = statements[f"{name.removesuffix('Function')}Role"]
        granted = [each for each in granted if "DeadLetters" not in str(each["Resource"])]  # written to by Lambda too
        actions = {a for s in granted for a in (s["Action"] if isinstance(s["Action"], list) else [s["Action"]])}
        called = {action.partition(":")[0] for action in actions - BY_LAMBDA}
        truth[_bare(name)] = ("VpcConfig" in function, {SERVICES[prefix] for prefix in called & SERVICES.keys()})
    assert documented() == truth
