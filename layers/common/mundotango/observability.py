"""What a function says of itself: readable JSON lines, and the counts gathered while it served one request.

Nothing personal goes into a line: no address, name or text of a person, no token, no query string. Ids are not
personal by themselves and may.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from typing import TYPE_CHECKING, Literal, NamedTuple

from mundotango import calls

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

NAMESPACE = "MundoTango"

Metric = Literal["PushLatency", "ReactionDrift"]


class Published(NamedTuple):
    """A metric that lines of the log carry to CloudWatch, and the services that write it."""

    unit: Literal["Count", "Milliseconds"]
    services: tuple[str, ...]


# Each service is a dimension, and each of them $0.30 a month beyond ten. What needs no percentile of single values is a
# field of the log line instead, and filters make metrics of some.
METRICS: dict[Metric, Published] = {
    "PushLatency": Published("Milliseconds", ("push",)),
    "ReactionDrift": Published("Count", ("jobs",)),
}


class Counts(dict[str, float]):
    """Times in milliseconds among them, whose names end in `_ms`."""

    def __missing__(self, name: str) -> float:
        return 0


_counts: ContextVar[Counts | None] = ContextVar("counts", default=None)
_correlation: ContextVar[str | None] = ContextVar("correlation", default=None)

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
    made = Logger(
        location=None,
        utc=True,
        use_rfc3339=True,
        serialize_stacktrace=False,  # it would stand there twice
        log_record_order=["level", "message"],
    )
    made.addFilter(_told_of_the_call)
    return made


def _told_of_the_call(record: logging.LogRecord) -> bool:
    """Each line says what it belongs to, and what the call has cost by then."""
    found = _correlation.get()
    if found is not None and not hasattr(record, "correlation_id"):
        record.correlation_id = found
    for name, value in calls.fields().items():
        setattr(record, name, value)
    return True


@contextmanager
def correlating(id: str | None) -> Iterator[None]:
    """What is logged, recorded and appended inside the block belongs to what began under this id; None: to nothing."""
    token = _correlation.set(id)
    try:
        yield
    finally:
        _correlation.reset(token)


def correlate(id: str | None) -> None:
    """The same up to the end of the block around, where the id is found inside of it; None changes nothing."""
    if id is not None:
        _correlation.set(id)


def correlation_id() -> str | None:
    """Of what is being served: the edge's id of the request, or of the call where nobody asked."""
    return _correlation.get()


def observed[E, C, A](handler: Callable[[E, C], A]) -> Callable[[E, C], A]:
    """Wraps a handler: its lines say what the call costs, and Lambda's id of it where nothing better is known."""

    @wraps(handler)
    def observing(event: E, context: C) -> A:
        calls.begin()
        with correlating(getattr(context, "aws_request_id", None)):
            return handler(event, context)

    return observing


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


def metric(name: Metric, value: float) -> None:
    """One number for CloudWatch, as a line of the log in its embedded metric format, with `service` as dimension."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=name, unit=MetricUnit(METRICS[name].unit), value=value, namespace=NAMESPACE):
        pass


def masked(path: str) -> str:
    """A path that may be logged: without the capability in `/api/link/{token}/…`."""
    return _LINK.sub(r"\1{token}", path)
