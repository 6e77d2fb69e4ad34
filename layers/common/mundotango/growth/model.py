"""When the platform has to grow, and by what: the owner's decision tree, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Phase = Literal["phase1", "phase2", "phase3", "phase4"]
# The plan's five, the share of failures among them, and the numbers of people at which the tree moves on.
Cause = Literal["slow", "failing", "connections", "cpu", "memory", "complaints", "users"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one window. Shares are from 0 to 1; None where there is no datum.

    `memory_share` is the database's memory in use, `function_memory_share` the largest share a function used of its
    own. `users` have an account; `slow_reports` are the people among them who said in the window that a page was slow.
    """

    p95_ms: float | None = None
    error_share: float | None = None
    connections_share: float | None = None
    cpu_share: float | None = None
    memory_share: float | None = None
    function_memory_share: float | None = None
    cache_hit_share: float | None = None
    users: int | None = None
    slow_reports: int | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """A measure beyond what the plan bears. `threshold` is in the measure's own unit."""

    cause: Cause
    value: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Change:
    """One step: a parameter of template.yaml that gets another value; or a config env to deploy, where `parameter` is
    empty; or, where both are, an entry of the runbook to read."""

    because: tuple[Cause, ...]
    parameter: str = ""
    before: str = ""
    after: str = ""
    env: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """`unknown` names the fields of Measured without a datum: nothing is concluded from them."""

    phase: Phase
    triggers: tuple[Trigger, ...]
    changes: tuple[Change, ...]
    unknown: tuple[str, ...]


type Parameters = Mapping[str, str]
