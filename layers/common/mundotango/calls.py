"""What a call of a function costs the environment that serves it, and what its start cost.

CPU time stands for time where an environment is started ahead of its first call and then waits for it. Memory is the
most that the process has had; Lambda counts a few megabytes of its own beside it.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass
from time import process_time

from mundotango import settings


@dataclass(slots=True)
class _Environment:
    """`begun` is the process's CPU time when the call being served began; None before the first one."""

    begun: float | None = None
    start: dict[str, float] | None = None
    memory: int | None = None


_environment = _Environment()


def begin() -> None:
    """A call begins. The first line of the first one says what the start cost, and whether somebody waited for it."""
    now = process_time()
    if _environment.begun is None:
        _environment.memory = settings.function_memory()
        cold = settings.starts_on_demand()
        _environment.start = {"cold_start": 1} if cold else {}
        _environment.start["init_ms"] = round(now * 1000, 1)
    _environment.begun = now


def fields() -> dict[str, float]:
    """For a line of the log: milliseconds, and the share of the function's memory. Empty outside of a call."""
    if _environment.begun is None:
        return {}
    start, _environment.start = _environment.start or {}, None
    found = start | {"cpu_ms": round((process_time() - _environment.begun) * 1000, 1)}
    if _environment.memory is not None:
        kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found["memory_share"] = round(kibibytes * 1024 / _environment.memory, 3)
    return found
