"""The expressions of DynamoDB that pynamodb writes: conditions, which it puts into brackets wherever two meet, and
updates."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Item = dict[str, dict[str, Any]]
type Test = Callable[[Item, Mapping[str, Any]], bool]

_TOKEN = re.compile(r"\s*(\(|\)|,|<=|>=|<>|=|<|>|[#:\w.]+)")
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "<>": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}
_ASKED: dict[str, Callable[..., bool]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "begins_with": lambda value, start: value is not None and value.startswith(start),
    "contains": lambda value, part: value is not None and part in value,
}


def holds(expression: str | None, item: Item, call: Mapping[str, Any]) -> bool:
    """Whether an item, or what is none (empty), meets the condition; `call` has the names and values."""
    return expression is None or _parsed(expression)(item, call)


def updated(expression: str, item: Item, call: Mapping[str, Any]) -> Item:
    after = dict(item)
    for clause, rest in re.findall(r"(SET|REMOVE|ADD) (.*?)(?= SET | REMOVE | ADD |$)", expression):
        for part in re.split(r",(?![^()]*\))", rest):
            _change(clause, part.strip(), item, after, call)
    return after


def _change(clause: str, part: str, before: Item, after: Item, call: Mapping[str, Any]) -> None:
    if clause == "REMOVE":
        after.pop(_name(part, call), None)
    elif clause == "ADD":
        place, value = part.split()
        after[_name(place, call)] = _added(before.get(_name(place, call), {}), _values(call)[value])
    else:
        place, value = (side.strip() for side in part.split("=", 1))
        after[_name(place, call)] = _operand(value, before, call)


def _added(known: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    if "SS" in value:
        return {"SS": sorted({*known.get("SS", ()), *value["SS"]})}
    return {"N": str(Decimal(known.get("N", 0)) + Decimal(value["N"]))}


def _operand(text: str, item: Item, call: Mapping[str, Any]) -> dict[str, Any]:
    if text.startswith("if_not_exists"):
        place, otherwise = (side.strip() for side in text[text.index("(") + 1 : -1].split(","))
        return item.get(_name(place, call)) or _operand(otherwise, item, call)
    found: dict[str, Any] = _values(call)[text] if text.startswith(":") else item[_name(text, call)]
    return found


@cache
def _parsed(expression: str) -> Test:
    tokens = _TOKEN.findall(expression)
    test = _either(tokens)
    assert not tokens, f"not read to its end: {expression}"
    return test


def _either(tokens: list[str]) -> Test:
    one = _one(tokens)
    while tokens and tokens[0] in ("AND", "OR"):
        word, left, right = tokens.pop(0), one, _one(tokens)
        one = _both(left, right) if word == "AND" else _any(left, right)
    return one


def _both(left: Test, right: Test) -> Test:
    return lambda item, call: left(item, call) and right(item, call)


def _any(left: Test, right: Test) -> Test:
    return lambda item, call: left(item, call) or right(item, call)


def _one(tokens: list[str]) -> Test:
    first = tokens.pop(0)
    if first == "(":
        inner = _either(tokens)
        tokens.pop(0)
        return inner
    if first == "NOT":
        negated = _one(tokens)
        return lambda item, call: not negated(item, call)
    if first in _ASKED:
        return _question(first, _arguments(tokens))
    if tokens[0] == "IN":
        tokens.pop(0)
        among = _arguments(tokens)
        return lambda item, call: _value(first, item, call) in [_value(each, item, call) for each in among]
    measured = _arguments(tokens)[0] if first == "size" else None
    compare, other = _COMPARED[tokens.pop(0)], tokens.pop(0)

    def compared(item: Item, call: Mapping[str, Any]) -> bool:
        one, two = _value(measured or first, item, call), _value(other, item, call)
        if measured is not None and one is not None:
            one = len(one)
        return one is not None and two is not None and compare(one, two)

    return compared


def _question(name: str, arguments: list[str]) -> Test:
    return lambda item, call: _ASKED[name](*(_value(each, item, call) for each in arguments))


def _arguments(tokens: list[str]) -> list[str]:
    end = tokens.index(")")
    found = [token for token in tokens[1:end] if token != ","]
    del tokens[: end + 1]
    return found


def _value(text: str, item: Item, call: Mapping[str, Any]) -> Any:
    typed = _values(call)[text] if text.startswith(":") else item.get(_name(text, call))
    if typed is None:
        return None
    ((kind, value),) = typed.items()
    return Decimal(value) if kind == "N" else value


def _name(text: str, call: Mapping[str, Any]) -> str:
    name: str = call.get("ExpressionAttributeNames", {}).get(text, text)
    return name


def _values(call: Mapping[str, Any]) -> Mapping[str, Any]:
    values: Mapping[str, Any] = call.get("ExpressionAttributeValues", {})
    return values
