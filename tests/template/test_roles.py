"""Each function may do what it does, and nothing to anything else."""

import re
from typing import Any

from operations.templates import ROOT, references
from tests.roles import named

Functions = dict[str, dict[str, Any]]
Statements = dict[str, list[dict[str, Any]]]

# For these AWS knows no narrower resource; each stands below a comment that says so.
BOUNDLESS = {
    "dynamodb:ListStreams",
    "cloudwatch:GetMetricData",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "xray:PutTraceSegments",
}


def actions(statement: dict[str, Any]) -> list[str]:
    named = statement["Action"]
    return named if isinstance(named, list) else [named]


def test_one_role_a_function(functions: Functions) -> None:
    for name, function in functions.items():
        assert list(references(function["Role"])) == [f"{name.removesuffix('Function')}Role.Arn"]


def test_actions_are_named(statements: Statements) -> None:
    for role, granted in statements.items():
        for statement in granted:
            assert statement["Effect"] == "Allow"
            assert not [action for action in actions(statement) if "*" in action], role


def test_a_statement_is_for_one_resource(statements: Statements) -> None:
    for role, granted in statements.items():
        for statement in granted:
            if statement["Resource"] == "*":
                assert set(actions(statement)) <= BOUNDLESS, role
            elif isinstance(statement["Resource"], list):
                assert actions(statement) == ["elasticache:Connect"], role  # to a cache, as a user


def test_nothing_is_granted_twice(statements: Statements) -> None:
    for role, granted in statements.items():
        written = [str(statement) for statement in granted]
        assert len(written) == len(set(written)), role


def test_a_star_has_its_reason_above_it() -> None:
    lines = (ROOT / "template.yaml").read_text(encoding="utf-8").splitlines()
    stars = [number for number, line in enumerate(lines) if re.fullmatch(r'\s+Resource: "\*"', line)]
    assert stars
    for number in stars:
        start = max(n for n in range(number) if lines[n].lstrip().startswith("- Effect:"))
        assert lines[start - 1].lstrip().startswith("#"), f"template.yaml:{number + 1}"


def test_no_function_reads_what_it_has_no_variable_for(functions: Functions, statements: Statements) -> None:
    for name, function in functions.items():
        granted = statements[f"{name.removesuffix('Function')}Role"]
        tables = {
            table.group()
            for statement in granted
            if not isinstance(statement["Resource"], list)
            and (table := re.match(r"\w+Table", named(statement["Resource"])))
        }
        told = [value for value in function["Environment"]["Variables"].values() if isinstance(value, dict)]
        given = {reference for value in told if (reference := named(value)).endswith("Table")}
        # A stream is read by what brings its records, and the function has no need of the table's name.
        streams = {named(s["Resource"]).split("/")[0] for s in granted if "dynamodb:GetRecords" in actions(s)}
        assert tables - streams == given - streams, name
        assert given <= tables, name


def test_variants_are_listed_and_who_reads_a_bucket_learns_what_is_missing(statements: Statements) -> None:
    """S3 answers 404 and not 403 to whoever may list, and a condition on a prefix might end that."""
    listing = {
        (role, statement["Resource"]["Fn::GetAtt"][0]): statement.get("Condition")
        for role, granted in statements.items()
        if role != "ReplicationRole"  # S3's own
        for statement in granted
        if "s3:ListBucket" in actions(statement)
    }
    variants = {"StringLike": {"s3:prefix": "media/*"}}
    assert listing == {
        ("ApiRole", "MediaBucket"): None,
        ("EffectsRole", "MediaBucket"): variants,
        ("ImageWorkerRole", "UploadsBucket"): None,
        ("ImageWorkerRole", "MediaBucket"): variants,
        ("JobsRole", "UploadsBucket"): None,
        ("JobsRole", "MediaBucket"): None,
    }
