"""`mundo cost`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from operations.cost import report
from operations.cost.model import Assumptions, Projection, as_json, assumptions, project, project_all
from operations.cost.plot import plot
from operations.cost.sensitivity import Swing, swings
from operations.options import examples
from operations.refusal import Refusal

DOCS = Path(__file__).parent.parent.parent / "docs"
EPILOG = examples(
    "mundo cost --users 1000,10000,100000,1000000",
    "mundo cost --users 50000 --phase phase2 --json",
    "mundo cost --plot docs/costs.png",
    "mundo cost --write",
)


def cost(
    users: Annotated[str, typer.Option("--users", help="People a month, with commas between.")] = (
        "1000,10000,100000,1000000"
    ),
    phase: Annotated[str, typer.Option("--phase", help="One phase or config env for all of them.")] = "",
    to: Annotated[Path | None, typer.Option("--plot", help="Draw the picture, to this file.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write docs/costs.md and its picture anew.")] = False,
    as_list: Annotated[bool, typer.Option("--json", help="A list of objects instead of tables.")] = False,
) -> None:
    """What a month costs with so many people, by component, against the plan: list prices times what was measured."""
    given = assumptions()
    counts = _counts(users)
    last: list[Swing] = []
    with Console(stderr=True).status("expanding templates and reckoning") as status:
        found = [project(phase, one, given) for one in counts] if phase else project_all(counts, given)
        if to is not None or not as_list:
            status.update("reckoning with other assumptions")
            last = swings(found[-1], given)
        if write:
            status.update("writing docs/costs.md")
            _write(given)
        if to is not None:
            _draw(found, last, to)
    if as_list:
        print(json.dumps([as_json(one) for one in found]))
        return
    console = Console()
    _show(console, found)
    _show_swings(console, found[-1], last)


def _counts(users: str) -> list[int]:
    try:
        counts = [int(one) for one in users.split(",")]
    except ValueError:
        raise Refusal(f"{users} are no numbers of people", cure="give them such as 1000,10000") from None
    if min(counts) < 1:
        raise Refusal(f"{min(counts)} people are none", cure="give a number from 1 on")
    return counts


def _draw(found: list[Projection], last: list[Swing], to: Path) -> None:
    try:
        plot(found, last, to)
    except (OSError, ValueError) as error:
        raise Refusal(f"{to} cannot be written: {error}", cure="name a .png in a folder that is there") from error


def _write(given: Assumptions) -> None:
    (DOCS / "costs.md").write_text(report.text(given), encoding="utf-8")
    found = project_all(given=given)
    _draw(found, swings(found[-1], given), DOCS / "costs.png")


def _show(console: Console, found: list[Projection]) -> None:
    shown = Table(title="Dollars a month", title_justify="left")
    shown.add_column("component")
    for one in found:
        shown.add_column(f"{one.users:,}\n{one.phase}", justify="right")
    for name in dict.fromkeys(part.name for one in reversed(found) for part in one.components):
        parts = [sum(part.usd for part in one.components if part.name == name) for one in found]
        shown.add_row(name, *(f"{usd:,.2f}" for usd in parts))
    shown.add_section()
    shown.add_row("together", *(f"{one.total_usd:,.2f}" for one in found), style="bold")
    shown.add_row("the plan", *(f"{one.plan_usd:,.0f}" if one.plan_usd else "none" for one in found))
    console.print(shown)


def _show_swings(console: Console, one: Projection, found: list[Swing]) -> None:
    shown = Table(title=f"What moves it most at {one.users:,}, each alone", title_justify="left")
    for heading in ("assumption", "at half", "half as much again"):
        shown.add_column(heading, justify="left" if heading == "assumption" else "right")
    for swing in found:
        shown.add_row(swing.assumption, f"{swing.low_usd:,.2f}", f"{swing.high_usd:,.2f}")
    console.print(shown)
