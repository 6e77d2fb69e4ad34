"""`mundo dashboard`: the board in a terminal, as JSON, or as a picture."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import batched
from math import ceil
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from operations.board.layout import BOARD
from operations.board.model import Row
from operations.board.readings import Answer, Reading, Span, is_bad
from operations.board.sources import read
from operations.deployed import Deployed
from operations.options import Env, RegionName, Stack, find
from operations.refusal import Refusal

BLOCKS = "▁▂▃▄▅▆▇█"
SPARKS = 15  # what a terminal of 80 columns has left
PAUSE_SECONDS = 30


def dashboard(
    hours: Annotated[float, typer.Option("--hours", min=0.1, max=336, help="How far back.")] = 3,
    watch: Annotated[bool, typer.Option("--watch", help="Look again each half minute, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
    png: Annotated[Path | None, typer.Option("--png", help="Draw a picture into this file instead.")] = None,
    with_log: Annotated[
        bool, typer.Option("--log/--no-log", help="Whether to read what is only in the log: $0.005 a GB.")
    ] = True,
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """How is it? The picture that CloudWatch has, from the same numbers; of env `local` from its log.

    What is worse than its limit is red, and named with its entry in docs/runbook.md.
    """
    found = find(env, stack, region)
    if watch and not as_json and png is None:
        _watch(found, hours, with_log=with_log)
        return
    span = Span.of(hours, _now())
    with Console(stderr=True).status("reading metrics"):
        rows = answers(found, span, with_log=with_log)
    if as_json:
        print(json.dumps(_as_json(hours, rows)))
    elif png is not None:
        _draw(rows, span, png, f"{found.stack_name}, last {hours:g} h")
    else:
        Console().print(tables(rows))


def answers(found: Deployed, span: Span, *, with_log: bool) -> list[tuple[Row, list[Answer]]]:
    told = read(found, span, with_log=with_log)
    return [
        (row, [Answer(widget, tuple(told[series] for series in widget.series)) for widget in row.widgets])
        for row in BOARD
    ]


def tables(rows: list[tuple[Row, list[Answer]]]) -> Group:
    drawn: list[Any] = []
    for row, answered in rows:
        table = Table(title=row.title, title_justify="left", expand=True)
        table.add_column("question", ratio=4)
        table.add_column("of", ratio=2)
        table.add_column("now", justify="right", ratio=2)
        table.add_column("worst", justify="right", ratio=2)
        table.add_column("", ratio=4)
        for answer in answered:
            for cells in _cells(answer):
                table.add_row(*cells)
        drawn.append(table)
    red = [answer.widget for _, answered in rows for answer in answered if answer.bad_now]
    drawn += [f"[bold red]{escape(each.title)}[/] docs/runbook.md: {each.runbook}" for each in red]
    return Group(*(drawn if red else [*drawn, "[green]nothing is beyond its limit now[/]"]))


def _cells(answer: Answer) -> Iterator[tuple[str, ...]]:
    """A line a series that has a datum; one that says why, where none has."""
    widget = answer.widget
    title = f"{escape(widget.title)} [dim]{escape(widget.unit)}[/]"
    known = [reading for reading in answer.readings if reading.now is not None]
    if not known:
        yield title, "", "–", "–", f"[dim]{answer.readings[0].reason}[/]"
    for number, reading in enumerate(known):
        points = [point for point in reading.points if point is not None]
        worst = min(points) if widget.bad == "below" else max(points)
        shown = (_coloured(answer, reading.now), _coloured(answer, worst), sparkline(reading))
        yield ("" if number else title, reading.series.label, *shown)


def _coloured(answer: Answer, value: float | None) -> str:
    text = "–" if value is None else number(value)
    if answer.widget.limit is None:
        return text
    return f"[bold red]{text}[/]" if is_bad(answer.widget, value) else f"[green]{text}[/]"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def sparkline(reading: Reading) -> str:
    """From zero up, so that a flat line high up looks like one; a gap where there is no datum. Of points that stand
    together, as there are more than fit into a narrow terminal, the highest."""
    together = batched(reading.points, ceil(len(reading.points) / SPARKS) or 1, strict=False)
    points = [max((point for point in some if point is not None), default=None) for some in together]
    most = max((point for point in points if point is not None), default=0) or 1
    return "".join(" " if point is None else BLOCKS[round(max(point, 0) / most * 7)] for point in points)


def _draw(rows: list[tuple[Row, list[Answer]]], span: Span, to: Path, title: str) -> None:
    from operations.board.picture import draw

    try:
        draw(rows, span, to, title)
    except (OSError, ValueError) as error:
        raise Refusal(f"{to} cannot be written: {error}", cure="name a .png in a folder that is there") from error
    print(f"drawn into {to}")


def _watch(found: Deployed, hours: float, *, with_log: bool) -> None:
    with Live(console=Console(), screen=True) as live:
        try:
            while True:
                live.update(tables(answers(found, Span.of(hours, _now()), with_log=with_log)), refresh=True)
                time.sleep(PAUSE_SECONDS)
        except KeyboardInterrupt:
            return


def _as_json(hours: float, rows: list[tuple[Row, list[Answer]]]) -> dict[str, Any]:
    return {
        "hours": hours,
        "red": [answer.widget.runbook for _, answered in rows for answer in answered if answer.bad_now],
        "rows": [{"row": row.title, "widgets": [_widget(answer) for answer in answered]} for row, answered in rows],
    }


def _widget(answer: Answer) -> dict[str, Any]:
    widget = answer.widget
    series = [
        {"label": each.series.label, "now": each.now, "points": list(each.points)}
        | ({"reason": each.reason} if each.reason else {})
        for each in answer.readings
    ]
    said = {"title": widget.title, "unit": widget.unit, "runbook": widget.runbook, "limit": widget.limit}
    return said | {"bad": widget.bad, "worst": answer.worst, "bad_now": answer.bad_now, "series": series}


def _now() -> datetime:
    return datetime.now(UTC)
