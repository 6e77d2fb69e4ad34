"""The description of the API says all there is to say, and its examples are what it says."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from functions.api.openapi import REFERENCE, contents, describe, operations
from functions.api.schemas.examples import PARAMETERS, SCHEMAS
from functions.api.standing import refuses_suspended

DESCRIPTION = describe()
OPERATIONS = operations()
NAMES = [f"{operation.method} {operation.path}" for operation in OPERATIONS]
DESCRIBED = [DESCRIPTION["paths"][operation.path][operation.method.lower()] for operation in OPERATIONS]
each = pytest.mark.parametrize(("operation", "described"), list(zip(OPERATIONS, DESCRIBED, strict=True)), ids=NAMES)


def valid(example: Any, schema: dict[str, Any]) -> Iterator[str]:
    whole = schema | {"components": DESCRIPTION["components"]}
    for error in jsonschema_rs.validator_for(whole, validate_formats=True).iter_errors(example):
        yield f"{error.instance_path}: {error.message}"


@each
def test_every_route_says_what_it_does(operation: Any, described: dict[str, Any]) -> None:
    assert described["summary"]
    assert described.get("description"), "write the route a docstring"


@each
def test_every_body_has_an_example_that_is_valid(operation: Any, described: dict[str, Any]) -> None:
    """Beside the schemas, in functions/api/schemas/examples.py, under the schema's name."""
    for content in contents(described):
        if content["schema"].get("$ref") == f"{REFERENCE}Problem":
            continue
        assert "example" in content, content["schema"]
        assert list(valid(content["example"], content["schema"])) == []


@each
def test_every_parameter_of_a_path_has_an_example_that_is_valid(operation: Any, described: dict[str, Any]) -> None:
    for parameter in described.get("parameters", []):
        if parameter["in"] == "path" or parameter["required"]:
            assert "example" in parameter, parameter["name"]
        if "example" in parameter:
            assert list(valid(parameter["example"], parameter["schema"])) == []


@each
def test_every_route_says_how_it_refuses(operation: Any, described: dict[str, Any]) -> None:
    said = set(described["responses"])
    private = "security" in described

    assert not private or {"401", "503"} <= said
    assert not (private and refuses_suspended(operation.method, operation.endpoint)) or "403" in said
    assert "requestBody" not in described or {"400", "415", "422"} <= said
    assert any(status[0] in "23" for status in said)


def test_no_example_is_left_of_what_is_gone() -> None:
    bodies = [content["schema"].get("$ref", "") for described in DESCRIBED for content in contents(described)]
    used = {body.removeprefix(REFERENCE) for body in bodies}
    parameters = {parameter["name"] for described in DESCRIBED for parameter in described.get("parameters", [])}

    assert SCHEMAS.keys() - used == set()
    assert PARAMETERS.keys() - parameters == set()
