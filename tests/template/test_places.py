"""One template for every place: what differs are parameters, and no code asks where it is."""

import ast
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from operations.templates import ROOT, leaves

ENVS = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
PLACES = [name for name, env in ENVS.items() if isinstance(env, dict)]
# Words by which code would ask whether it runs in the local cloud.
PLACE_WORDS = ("local_cloud", "is_local", "in_local", "localhost", "127.0.0.1", "ministack", "localstack")


@pytest.mark.parametrize("place", PLACES)
def test_parameters_exist(place: str, template: dict[str, Any]) -> None:
    for pair in ENVS[place]["deploy"]["parameters"]["parameter_overrides"]:
        name, _, value = pair.partition("=")
        parameter = template["Parameters"][name]
        assert value, f"{pair}: SAM takes no empty value; leave it out"
        assert value in map(str, parameter.get("AllowedValues", [value])), pair


@pytest.mark.parametrize("place", PLACES)
def test_built_where_it_stands_and_from_the_lock_as_it_is(place: str) -> None:
    assert ENVS[place]["build"]["parameters"] == {"build_in_source": True, "cached": False}


def test_passwords_are_sent_in_the_local_cloud_only() -> None:
    for place in PLACES:
        overrides = ENVS[place]["deploy"]["parameters"]["parameter_overrides"]
        assert ("PasswordSignIn=true" in overrides) == (place == "local")


def test_every_parameter_is_used_and_explained(template: dict[str, Any]) -> None:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8").split("\nConditions:")[1]
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"], name
        assert "Default" in parameter, name
        assert f"Ref {name}" in text or f"${{{name}}}" in text, f"{name} is used nowhere"


def test_every_output_is_explained(template: dict[str, Any]) -> None:
    assert all(output["Description"] for output in template["Outputs"].values())


def test_no_code_asks_where_it_runs() -> None:
    for folder in ("functions", "layers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            where = path.relative_to(ROOT)
            asked = [ast.unparse(node.test) for node in ast.walk(tree) if isinstance(node, ast.If | ast.IfExp)]
            assert not [test for test in asked if "local" in test.lower().replace("locale", "")], where
            assert not [text for text in _texts(tree) if any(word in text.lower() for word in PLACE_WORDS)], where


def _texts(tree: ast.Module) -> Iterator[str]:
    """The strings of a module, without those that only explain it."""
    explaining = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explaining:
            yield node.value


def test_no_condition_names_a_place(template: dict[str, Any]) -> None:
    """What is left out or added depends on a parameter that says what, never on the name of a place."""
    compared = {str(leaf) for condition in template["Conditions"].values() for leaf in leaves(condition)}
    assert not compared & {*PLACES, "AWS::StackName", "AWS::AccountId"}
