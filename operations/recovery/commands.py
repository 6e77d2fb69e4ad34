"""`mundo backup`: whether what is kept can be brought back."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from operations.options import RegionName, Stack, examples, find
from operations.recovery import cloud, local
from operations.recovery.report import Report

app = typer.Typer(
    no_args_is_help=True,
    help="Whether what is kept can be brought back.",
    epilog=examples("mundo backup drill", "mundo backup drill --env phase1"),
)


@app.callback()
def backup() -> None:
    """Whether what is kept can be brought back."""


@app.command(
    epilog=examples("mundo backup drill", "mundo backup drill --json", "mundo backup drill --env phase1 --json")
)
def drill(
    env: Annotated[
        str, typer.Option("--env", help="Config env of a deployed stack; `local` needs none and starts what it needs.")
    ] = "local",
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long people write, in the local drill.")] = 3.0,
    seed: Annotated[
        int | None, typer.Option(help="Of the local drill's chance, to repeat one.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Restore everything to a moment, beside what serves, and compare it with what was there.

    At AWS it makes a database and tables that are paid for while it runs, an hour or so, and deletes them. Exits with 1
    when anything differs.
    """
    with Console(stderr=True).status("restore drill") as status:

        def say(what: str) -> None:
            status.update(what)

        report = local.drill(seconds, seed, say) if env == "local" else cloud.drill(find(env, stack, region), say)
    if as_json:
        print(json.dumps(report.as_json()))
    else:
        _show(report)
    if report.row_diff:
        raise typer.Exit(1)


def _show(report: Report) -> None:
    shown = Table(title=f"Restored to {report.at:%Y-%m-%d %H:%M:%S} UTC", title_justify="left")
    shown.add_column("store")
    shown.add_column("what")
    for column in ("expected", "restored", "different"):
        shown.add_column(column, justify="right")
    empty = 0
    for line in report.lines:
        if line.difference == 0 and line.expected == line.restored == 0:
            empty += 1
            continue
        difference = line.why if line.difference is None else str(line.difference)
        style = "bold red" if line.difference else None
        shown.add_row(line.store, line.name, str(line.expected), str(line.restored), difference, style=style)
    console = Console()
    console.print(shown)
    if empty:
        console.print(f"and {empty} tables that are empty, as they were")
    console.print(f"lost at most: {report.rpo_seconds:.1f} s (RPO); restored in: {report.rto_seconds:.1f} s (RTO)")
    for note in report.notes:
        console.print(f"[dim]{note}[/]")
