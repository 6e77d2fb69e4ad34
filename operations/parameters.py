"""The parameters of a deploy: all that the template has, each with the value it will get, and refused here if wrong.

All of them, because SAM lets a stack keep the value of a parameter that is not named: one that was set could then never
be emptied, and a deploy would depend on those before it.
"""

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mundotango.migrations import schema_version
from operations.refusal import Refusal

TEMPLATE = Path(__file__).parent.parent / "template.yaml"
QUOTING = """quote a value with a space in it: SesFrom="Mundo Tango <hello@example.org>\""""
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@cache
def declared(path: Path = TEMPLATE) -> dict[str, dict[str, Any]]:
    """The template's declarations by name, every scalar in them a string."""
    # Numbers and booleans stay as they are written; short tags such as !Ref are passed over.
    template = yaml.load(path.read_text(encoding="utf-8"), yaml.CBaseLoader)  # noqa: S506 - makes nothing but strings
    found: dict[str, dict[str, Any]] = template["Parameters"]
    return found


def effective(*layers: Mapping[str, str]) -> dict[str, str]:
    """Every parameter of the template: its default, the version of the schema, and `layers`, the last one winning.

    Raises:
        Refusal: a layer names a parameter that the template has not, or gives a value that it does not allow.
    """
    known = declared()
    values = {name: str(one.get("Default", "")) for name, one in known.items()} | {"SchemaVersion": schema_version()}
    for layer in layers:
        for name, value in layer.items():
            if name not in known:
                raise Refusal(f"template.yaml has no parameter {name}", cure=_nearest(name, known))
            _check(name, value, known[name])
        values |= layer
    return values


def pairs(words: Iterable[str]) -> dict[str, str]:
    """`Name=value` of each word; quotes around the whole value are no part of it, as SAM has it."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (equals and name.isalnum()):
            raise Refusal(f"{word} is not Name=value", cure=QUOTING)
        if "\\" in value:
            raise Refusal(f"{word}: SAM drops backslashes", cure="leave them out")
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        found[name] = value[1:-1] if quoted else value
    return found


def words(line: str) -> list[str]:
    """The words of a line that is quoted like a shell's."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise Refusal(f"{line}: {error}", cure=QUOTING) from error


def _nearest(name: str, known: Iterable[str]) -> str:
    folded = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    return f"did you mean {folded[near[0]]}?" if near else f"they are at the top of {TEMPLATE.name}"


def _check(name: str, value: str, declaration: Mapping[str, Any]) -> None:
    allowed, pattern = declaration.get("AllowedValues"), declaration.get("AllowedPattern")
    if allowed and value not in allowed:
        raise Refusal(f"{name} cannot be {value or 'empty'}", cure=f"it is one of {', '.join(allowed)}")
    if pattern and not re.fullmatch(pattern, value):
        raise Refusal(f"{name} cannot be {value or 'empty'}", cure=f"it looks like {pattern}")
    longest = declaration.get("MaxLength")
    if longest is not None and len(value) > int(longest):
        raise Refusal(f"{name} cannot have {len(value)} characters", cure=f"it has {longest} at most")
    if declaration["Type"] == "Number":
        least, most = declaration.get("MinValue"), declaration.get("MaxValue")
        if not NUMBER.fullmatch(value):
            raise Refusal(f"{name} cannot be {value or 'empty'}", cure="it is a number")
        if least is not None and float(value) < float(least):
            raise Refusal(f"{name} cannot be {value}", cure=f"it is {least} at least")
        if most is not None and float(value) > float(most):
            raise Refusal(f"{name} cannot be {value}", cure=f"it is {most} at most")
