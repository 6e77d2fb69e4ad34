"""A template as one config env expands it, made whole again, so that other programs can read it."""

from collections.abc import Mapping
from typing import Any

from operations.expansion import Template
from operations.templates import load, references


def whole(template: Template, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` are the parameters it was expanded with; what its parent only knows at AWS is a parameter here too."""
    source = load(template.file)
    declared = source.get("Parameters", {})
    unknown = [(name, value) for name, value in given.items() if isinstance(value, (dict, list))]
    body = {
        "Globals": source.get("Globals"),
        "Resources": _named(template.resources, unknown),
        "Outputs": _named(template.outputs, unknown),
    }
    parameters = {
        name: {"Type": one["Type"]} | ({"Default": given[name]} if isinstance(given.get(name), (str, int)) else {})
        for name, one in declared.items()
        if name in set(references(body))
    }
    head = {name: source[name] for name in ("AWSTemplateFormatVersion", "Transform", "Description") if name in source}
    return head | {name: part for name, part in ({"Parameters": parameters} | body).items() if part}


def given_to(template: Template, others: list[Template], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """What it was expanded with: the env's own `parameters`, or what the one that nests it says."""
    if not template.path:
        return parameters
    parent, _, name = template.path.rpartition("/")
    (nesting,) = (one for one in others if one.path == parent)
    told: Mapping[str, Any] = nesting.resources[name]["Properties"].get("Parameters", {})
    return told


def _named(value: Any, unknown: list[tuple[str, Any]]) -> Any:
    for name, given in unknown:
        if value == given:
            return {"Ref": name}
    if isinstance(value, dict):
        return {key: _named(inner, unknown) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named(inner, unknown) for inner in value]
    return value
