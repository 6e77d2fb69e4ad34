"""The template and its nested templates, and the parts of them that several tests look at."""

from typing import Any

import pytest

from operations.templates import ROOT, load


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    return load("template.yaml")


@pytest.fixture(scope="session")
def nested() -> dict[str, dict[str, Any]]:
    found = sorted((ROOT / "infra").rglob("*.yaml"))
    return {str(path.relative_to(ROOT / "infra")): load(str(path.relative_to(ROOT))) for path in found}


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = template["Resources"]
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="session")
def everything(template: dict[str, Any], nested: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every resource of every template, by `template.yaml/LogicalId`."""
    return {
        f"{name}/{logical_id}": resource
        for name, body in {"template.yaml": template, **nested}.items()
        for logical_id, resource in body["Resources"].items()
    }


@pytest.fixture(scope="session")
def functions(resources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The functions' properties by logical id."""
    return {
        logical_id: resource["Properties"]
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


@pytest.fixture(scope="session")
def statements(resources: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What each role may do, by its logical id; a statement that depends on a condition counts."""
    return {
        logical_id: [
            statement["Fn::If"][1] if "Fn::If" in statement else statement
            for policy in resource["Properties"]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Role"
    }
