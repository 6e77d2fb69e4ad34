"""Advice in words, for a mail and a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from mundotango.growth.model import Advice, Cause, Change, Measured, Trigger

SAID: dict[Cause, tuple[str, str]] = {
    "slow": ("p95 of answers", "ms"),
    "failing": ("failed answers", "%"),
    "connections": ("connections of the database", "%"),
    "cpu": ("the database's processor", "%"),
    "memory": ("memory", "%"),
    "complaints": ("people who said that it is slow", ""),
    "users": ("people who signed up", ""),
}
MEASURES = {
    "p95_ms": "p95 of answers",
    "error_share": "failed answers",
    "connections_share": "connections of the database",
    "cpu_share": "the database's processor",
    "memory_share": "the database's memory",
    "function_memory_share": "memory of the fullest function",
    "cache_hit_share": "answers of the cache that it had",
    "users": "people who signed up",
    "slow_reports": "people who said that it is slow",
}


def of_trigger(trigger: Trigger) -> str:
    what, unit = SAID[trigger.cause]
    reached = "reached" if trigger.cause in ("users", "complaints") else "is over"
    return f"{what}: {shown(trigger.value, unit)} {reached} {shown(trigger.threshold, unit)}"


def shown(value: float, unit: str) -> str:
    return f"{100 * value:.4g} %" if unit == "%" else f"{value:,.0f} {unit}".rstrip()


def key_of(change: Change) -> str:
    """By which prices of changes are written down; empty for an entry of the runbook, which costs nothing."""
    return " ".join(filter(None, (change.parameter, change.before, change.after))) or change.env


def mail(stack: str, advice: Advice, prices: Mapping[str, float]) -> str:
    """`prices` are dollars a month more, by `key_of`."""
    return "\n".join(_lines(stack, advice, prices)) + "\n"


def _lines(stack: str, advice: Advice, prices: Mapping[str, float]) -> Iterator[str]:
    yield f"{stack}, {advice.phase}, the last seven days; of each measure the worst day.\n"
    yield from (of_trigger(trigger) for trigger in advice.triggers)
    yield "\nWhat to change:"
    for change in advice.changes:
        yield f"- {_of_change(change)}, because of {', '.join(change.because)}{_price(change, prices)}"
    unknown = [MEASURES[field.name] for field in fields(Measured) if field.name in advice.unknown]
    if unknown:
        yield f"\nNot measured here: {', '.join(unknown)}."
    yield "\nBefore you do it: mundo scale advise. It also asks the log, and knows what it costs with your people."


def _of_change(change: Change) -> str:
    if change.runbook:
        return f"read {change.runbook} in docs/runbook.md"
    return f"{change.parameter} from {change.before} to {change.after}" if change.parameter else f"go to {change.env}"


def _price(change: Change, prices: Mapping[str, float]) -> str:
    if change.runbook:
        return ""
    usd = prices.get(key_of(change))
    if usd is None:
        return ": what it costs is not known here"
    return f": {usd:+,.2f} dollars a month" if usd else ": nothing until it is used"
