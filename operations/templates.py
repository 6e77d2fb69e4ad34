"""Reads templates as CloudFormation reads them: short tags become their long forms."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent


class _CloudFormation(yaml.CSafeLoader):
    """YAML with `!Ref`, `!GetAtt` and their kind."""


def _intrinsic(loader: _CloudFormation, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TypeError(f"{suffix} holds {node.tag}")
    return {name: value.split(".", 1) if suffix == "GetAtt" and isinstance(value, str) else value}


_CloudFormation.add_multi_constructor("!", _intrinsic)


def load(name: str) -> dict[str, Any]:
    """The template of that path below the repository's root, to be read only: whoever asks again has the same."""
    return _parsed((ROOT / name).read_text(encoding="utf-8"))


@cache  # 3 ms each in the mean, and the prices of all phases expand dozens of stacks of 14
def _parsed(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(text, _CloudFormation)  # noqa: S506 - a safe loader with a few tags more
    return loaded


def leaves(value: Any) -> Iterator[Any]:
    """Every scalar in a piece of template, with the intrinsic that holds it taken apart."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def references(value: Any) -> Iterator[str]:
    """The names that a piece of template refers to by Ref, GetAtt or Sub, attributes as `Name.Attribute`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield ".".join(inner)
            elif key == "Fn::Sub":
                text, given = (inner, {}) if isinstance(inner, str) else (inner[0], inner[1])
                yield from (name for name in re.findall(r"\$\{([^!}]+)\}", text) if name not in given)
                yield from references(given)
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)
