"""What a dashboard is made of: rows of questions, each answered by series of numbers.

A series comes from a metric, or from fields of the log lines, or from either: the local cloud publishes no metrics, and
what is only in the log costs no metric. `of` makes it a share, as does `per`, a parameter of infra/dashboard.yaml;
`scale` makes per cent of it.
"""

from dataclasses import dataclass
from typing import Literal

Stat = Literal["p50", "p90", "p95", "p99", "sum", "max", "min", "count"]
STATISTICS: dict[Stat, str] = {"sum": "Sum", "max": "Maximum", "min": "Minimum", "count": "SampleCount"}


@dataclass(frozen=True, slots=True)
class Metric:
    """`dimensions` are pairs; `${Name}` in one stands for the parameter of that name of infra/dashboard.yaml."""

    namespace: str
    name: str
    stat: Stat
    dimensions: tuple[tuple[str, str], ...] = ()

    @property
    def statistic(self) -> str:
        """As CloudWatch names it."""
        return STATISTICS.get(self.stat, self.stat)


@dataclass(frozen=True, slots=True)
class Lines:
    """A field of one service's lines; those with `least` in it at least, where that is given."""

    service: str
    field: str
    stat: Stat
    least: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    metric: Metric | None = None
    of: Metric | None = None
    lines: Lines | None = None
    of_lines: tuple[Lines, ...] = ()
    scale: float = 1
    per: str = ""


@dataclass(frozen=True, slots=True)
class Widget:
    """`title` is a question, `runbook` the entry to read where the answer is bad, `limit` where it begins to be."""

    title: str
    runbook: str
    unit: str
    series: tuple[Series, ...]
    limit: float | None = None
    bad: Literal["above", "below"] = "above"


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    widgets: tuple[Widget, ...]
