"""The page and the picture of load tests, for people to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from loadtests import figures
from loadtests.figures import ERROR_SHARE, P95_MS, Figures
from loadtests.samples import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = 12


@dataclass(frozen=True, slots=True)
class Load:
    """One run: what it was, and what came of each request."""

    tool: str
    what: str
    samples: list[Sample]


def draw(tests: list[Load], path: Path) -> None:
    """A row a test: requests a second, times over time, and times by kind of request."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(15, 3.6 * len(tests)), layout="constrained")
    rows = picture.subplots(len(tests), 3, squeeze=False)
    for test, (requests, times, kinds) in zip(tests, rows, strict=True):
        _requests(requests, test)
        _times(times, test)
        _kinds(kinds, test)
    picture.savefig(path, dpi=90, metadata={"Software": ""})


def _requests(axes: Axes, test: Load) -> None:
    seconds = figures.by_second(test.samples)
    axes.fill_between(list(seconds), [one.requests for one in seconds.values()], color="#2b6c8f", alpha=0.7)
    failed = [one.requests * one.failed for one in seconds.values()]
    axes.fill_between(list(seconds), failed, color="#b3261e")
    axes.set(title=f"{test.tool}: requests a second, failed ones red", xlabel="s", ylim=(0, None))


def _times(axes: Axes, test: Load) -> None:
    seconds = figures.by_second(test.samples)
    for name, colour in (("p50", "#2b6c8f"), ("p95", "#d98324"), ("p99", "#b3261e")):
        axes.plot(list(seconds), [getattr(one, name) for one in seconds.values()], label=name, color=colour)
    axes.axhline(P95_MS, color="black", linewidth=0.8, linestyle="--", label="the plan's p95")
    axes.set(title="milliseconds", xlabel="s", yscale="log")
    axes.legend(loc="upper right", fontsize="small")


def _kinds(axes: Axes, test: Load) -> None:
    kinds = dict(list(figures.by_name(test.samples).items())[:NAMES])
    names = list(kinds)[::-1]
    axes.barh(names, [kinds[name].p95 for name in names], color="#d98324", label="p95")
    axes.barh(names, [kinds[name].p50 for name in names], color="#2b6c8f", label="p50")
    axes.axvline(P95_MS, color="black", linewidth=0.8, linestyle="--")
    axes.set(title="milliseconds by kind of request")
    axes.legend(loc="lower right", fontsize="small")


def page(tests: list[Load], *, at: datetime, where: str, machine: str, picture: str) -> str:
    """Markdown; `where` says what was asked, `machine` on what both ran."""
    return "\n".join(_lines(tests, at, where, machine, picture)) + "\n"


def _lines(tests: list[Load], at: datetime, where: str, machine: str, picture: str) -> Iterator[str]:
    yield "# Load report\n"
    yield f"Written by `make loadtest` on {at:%d %B %Y}, of {where}. {machine}\n"
    yield f"The plan asks for p95 below {P95_MS:.0f} ms, and fewer than {ERROR_SHARE:.0%} of requests may fail.\n"
    yield f"![Requests a second and times of each test]({picture})\n"
    yield "| test | requests | a second | p50 | p95 | p99, ms | failed | |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    for test in tests:
        yield _row(f"[{test.tool}](#{test.tool})", of := figures.of(test.samples)) + f" {_verdict(of)} |"
    for test in tests:
        yield f"\n## {test.tool}\n\n{test.what}\n"
        yield "| request | requests | a second | p50 | p95 | p99, ms | failed |"
        yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
        for name, one in figures.by_name(test.samples).items():
            yield _row(name, one)
        found = list(figures.errors(test.samples).items())[:5]
        if found:
            yield "\nWhat failed most:\n"
            yield from (f"- {times} × {error}" for error, times in found)


def _row(name: str, one: Figures) -> str:
    times = f"{one.p50:,.0f} | {one.p95:,.0f} | {one.p99:,.0f}"
    return f"| {name} | {one.requests:,} | {one.per_second:,.1f} | {times} | {one.failed:.2%} |"


def _verdict(one: Figures) -> str:
    return "holds" if one.holds else "does not hold"
