"""`mundo events`: what organisers hand to operators, many events at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from operations.options import Env, RegionName, Stack, examples, find
from operations.refusal import Refusal

if TYPE_CHECKING:
    from mundotango.imports.model import Reading
    from operations.importing import Line, Reason

app = typer.Typer(
    no_args_is_help=True,
    help="What organisers hand to operators, many events at a time.",
    epilog=examples("mundo events import milongas.csv --organiser la_viruta"),
)

_LINES_SHOWN = 8
_REASONS_SHOWN = 30
_SHOWN = 200
# What sets a terminal's colours, or turns what follows around, is not the operator's to read.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Those after the fourth are what spreadsheets skip before they look, or take for one of the four.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_AGAIN = "run this again: what is there is not made twice"


@app.command(
    "import",
    epilog=examples(
        "mundo events import milongas.csv --organiser la_viruta",
        "mundo events import milongas.csv --organiser la_viruta --report skipped.csv",
        "mundo events import milongas.csv --organiser la_viruta --apply",
        "mundo events import calendar.ics --organiser la_viruta --kind milonga --drafts",
    ),
)
def import_events(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, readable=True, show_default=False, help="CSV or iCalendar."
        ),
    ],
    organiser: Annotated[
        str, typer.Option("--organiser", metavar="HANDLE", help="Whose events they are.", show_default=False)
    ],
    apply: Annotated[bool, typer.Option("--apply", help="Make them. Without it they are only looked at.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", dir_okay=False, help="Write here what is skipped, and why.", show_default=False
        ),
    ] = None,
    drafts: Annotated[bool, typer.Option("--drafts", help="As drafts, which their organiser publishes.")] = False,
    kind: Annotated[str, typer.Option("--kind", help="Kind of those that say none, such as milonga.")] = "",
    zone: Annotated[str, typer.Option("--zone", help="IANA time zone of those that say none.")] = "",
    city: Annotated[str, typer.Option("--city", help="City of those that say none.")] = "",
    country: Annotated[str, typer.Option("--country", help="Country of those that say none, such as AR.")] = "",
    venue: Annotated[
        UUID | None,
        typer.Option("--venue", metavar="ID", help="Venue of those that say none that is known.", show_default=False),
    ] = None,
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Make events of a file: a dry run, which checks all that the real one would and changes nothing, until --apply.

    A table has a first line of column names, which are those of the API: title, kind, starts_at, ends_at, zone,
    venue_name, address, city, country, latitude, longitude, rule, description, language, price, currency, link, tags.
    At most 10,000 events in a run. Again is safe: what is there already is not made twice, and not changed.

    Exits with 0 when nothing is refused, 1 when something is or the run cannot go on, 2 when FILE is neither a table
    nor a calendar.
    """
    from mundotango.imports.service import Usual
    from operations import importing

    reading = _read(file)
    for notice in reading.notices:
        print(f"columns: {notice}")
    lines = importing.refused_by_reading(reading)
    asked = importing.Asked(organiser, Usual(kind, zone, venue, city, country), drafts, apply)
    with _reported(report, file, lines):
        total = len(reading.candidates)
        if total:
            deployed = find(env, stack, region)
            with _stopping(lines, len(lines), total), _progress(apply) as progress:
                task = progress.add_task("", total=total)
                for some in importing.send(deployed, asked, reading.candidates):
                    lines += some
                    progress.advance(task, len(some))
        lines.sort(key=lambda line: line.line)
        _show(lines, apply)
    if any(line.fate == "refused" for line in lines):
        raise typer.Exit(1)


def _read(file: Path) -> Reading:
    from mundotango.errors import Invalid
    from operations import importing

    try:
        reading = importing.read(file)
    except (Invalid, OSError) as refusal:
        said = refusal.detail if isinstance(refusal, Invalid) else refusal.strerror
        raise typer.BadParameter(f"{file}: {_shown(str(said))}", param_hint="FILE") from refusal
    if not reading.candidates and not reading.problems:
        raise typer.BadParameter(f"{file}: there is no event in it", param_hint="FILE")
    return reading


@contextmanager
def _reported(report: Path | None, file: Path, lines: Sequence[Line]) -> Iterator[None]:
    """What is skipped stands in the report also where the run could not go on."""
    if report is None:
        yield
        return
    if report.exists() and report.samefile(file):
        raise typer.BadParameter("this is the file that is read", param_hint="--report")
    try:
        # With a byte order mark, without which Excel takes UTF-8 for something else.
        written = report.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise Refusal(f"{report}: {error.strerror}", cure="name another file for --report") from error
    with written:
        try:
            yield
        finally:
            writer = csv.writer(written)
            writer.writerow(("line", "title", "fate", "reason", "event_id"))
            for line in sorted(lines, key=lambda line: line.line):
                if line.fate != "created":
                    fate = "there already" if line.fate == "there" else line.fate
                    writer.writerow((line.line, _text(line.title), fate, _text(line.reason), line.event_id))


@contextmanager
def _stopping(lines: Sequence[Line], before: int, total: int) -> Iterator[None]:
    """Says how far a run came that could not go on."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(f"{refusal.cause}, after {len(lines) - before} of {total} events", cure=refusal.cure) from refusal
    except KeyboardInterrupt:
        raise Refusal(f"stopped after {len(lines) - before} of {total} events", cure=_AGAIN) from None


def _progress(apply: bool) -> Progress:
    return Progress(
        TextColumn("importing" if apply else "looking at events"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _show(lines: Sequence[Line], apply: bool) -> None:
    from operations import importing

    console = Console()
    found = importing.reasons(lines)
    if found:
        console.print(_table(found[:_REASONS_SHOWN]))
        if len(found) > _REASONS_SHOWN:
            print(f"and {len(found) - _REASONS_SHOWN} more reasons, which --report has")
    fates = importing.counts(lines)
    made = "created" if apply else "would be created"
    print(f"{fates['created']} {made}, {fates['there']} there already, {fates['refused']} refused")
    if not apply:
        print("nothing was changed; --apply makes them")


def _table(found: Sequence[Reason]) -> Table:
    shown = Table(title="Refused", title_justify="left")
    shown.add_column("reason", overflow="fold")
    shown.add_column("how many", justify="right")
    shown.add_column("lines", overflow="fold")
    for reason in found:
        first = ", ".join(map(str, reason.lines[:_LINES_SHOWN]))
        more = ", …" if len(reason.lines) > _LINES_SHOWN else ""
        shown.add_row(escape(_shown(reason.said)), str(len(reason.lines)), first + more)
    return shown


def _shown(text: str) -> str:
    return _UNPRINTABLE.sub("?", text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _text(cell: str) -> str:
    """What a file says must not become a formula of the operator's spreadsheet."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
