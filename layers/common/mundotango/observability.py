"""What a function says of itself: readable JSON lines, and the counts gathered while it served one request.

Nothing personal goes into a line: no address, name or text of a person, no token, no query string. Ids are not
personal by themselves and may.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

NAMESPACE = "MundoTango"


class Counts(dict[str, float]):
    """Times in milliseconds among them, whose names end in `_ms`."""

    def __missing__(self, name: str) -> float:
        return 0


_counts: ContextVar[Counts | None] = ContextVar("counts", default=None)

# The second part of such a path is a capability: whoever has it, may.
_LINK = re.compile(r"^(/api/link/)[^/]+")


@cache
def logger() -> Logger:
    """The process's one logger; its service name and level come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL.

    Imported when the first line is written: Powertools costs more than everything else here together.
    """
    from aws_lambda_powertools import Logger

    # Else each line has a "taskName", and a task lives for one request.
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]
    return Logger(
        location=None,
        utc=True,
        use_rfc3339=True,
        serialize_stacktrace=False,  # it would stand there twice
        log_record_order=["level", "message"],
    )


@contextmanager
def counting() -> Iterator[Counts]:
    """Gathers what is counted inside the block, such as SQL statements and cache failures, for one line."""
    counts = Counts()
    token = _counts.set(counts)
    try:
        yield counts
    finally:
        _counts.reset(token)


def count(name: str, by: float = 1) -> None:
    """Adds to the counts of the request being served; outside of one it is nobody's and is dropped."""
    counts = _counts.get()
    if counts is not None:
        counts[name] += by


def metric(name: str, value: float) -> None:
    """One number for CloudWatch, as a line of the log. Each name costs by the month, so there are few."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE):
        pass


def masked(path: str) -> str:
    """A path that may be logged: without the capability in `/api/link/{token}/…`."""
    return _LINK.sub(r"\1{token}", path)
