"""`mundo queues`: what waits, what was given up, and giving it another try."""

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations import letters, redrive
from operations.options import Env, RegionName, Stack, examples, find

app = typer.Typer(
    no_args_is_help=True,
    help="What waits in the queues, and what was given up.",
    epilog=examples("mundo queues list", "mundo queues show media", "mundo queues redrive media"),
)


class Redriven(StrEnum):
    MEDIA = "media"
    CHUNKS = "chunks"
    MAILS = "mails"
    WEBPUSHES = "webpushes"
    STREAMS = "streams"
    SCHEDULES = "schedules"


DONE = {Redriven.STREAMS: "worked off", Redriven.SCHEDULES: "settled by running their jobs again"}


@app.command("list", epilog=examples("mundo queues list", "mundo queues list --env local"))
def list_queues(env: Env = "phase1", stack: Stack = "", region: RegionName = "") -> None:
    """How many messages wait, are worked on, and were given up."""
    found = find(env, stack, region)
    shown = Table()
    shown.add_column("queue")
    for column in ("waiting", "in flight", "dead letters"):
        shown.add_column(column, justify="right")
    with Console(stderr=True).status("looking into the queues"):
        for queue in redrive.QUEUES:
            source = redrive.depth(found, queue.source) if queue.source else None
            given_up = redrive.depth(found, queue.dead_letters)
            dead = given_up.waiting + given_up.in_flight  # one in flight is in the hands of whoever looks at it
            counts = (str(source.waiting), str(source.in_flight)) if source else ("–", "–")
            shown.add_row(queue.name, *counts, f"[bold red]{dead}[/]" if dead else "0")
    Console().print(shown)


@app.command("show", epilog=examples("mundo queues show media", "mundo queues show streams --limit 1 --json"))
def show_letters(
    what: Annotated[Redriven, typer.Argument(help="Of which queue, as `mundo queues list` names them.")],
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show so many at most.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list instead of a table.")] = False,
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Dead letters, without taking them out: when each came, what it is about, and which log says why."""
    found = find(env, stack, region)
    with Console(stderr=True).status("reading dead letters"):
        read = letters.read(found, what, limit)
    if as_json:
        print(json.dumps([asdict(letter) for letter in read], default=str))
        return
    shown = Table()
    for column in ("sent, UTC", "tries", "about", "log"):
        shown.add_column(column, overflow="fold")
    for letter in read:
        about = escape("\n".join(letters.lines(letter)))
        shown.add_row(f"{letter.sent_at:%Y-%m-%d %H:%M}", str(letter.received), about, letter.log)
    Console().print(shown if read else f"no dead letters of {what}")


@app.command("redrive", epilog=examples("mundo queues redrive media", "mundo queues redrive media --limit 1"))
def redrive_letters(
    what: Annotated[
        Redriven,
        typer.Argument(
            help="`media`: uploads whose picture was never finished; `chunks`: frames; `mails`; `webpushes`; "
            "`streams`: what happened or was decided in the last day; `schedules`: runs of jobs that failed."
        ),
    ],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Move so many at most.", show_default=False)
    ] = None,
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Give dead letters back to their queue, or what they name to the reader of its stream. Mend first what killed
    them: the log of the function says what it was.

    Safe to run at any time and again.
    """
    found = find(env, stack, region)
    with Console(stderr=True).status("moving dead letters") as status:

        def progress(moved: int) -> None:
            status.update(f"moving dead letters: {moved} moved")

        swept = 0
        if what is Redriven.STREAMS:
            moved, swept = redrive.hand_again(found, limit, progress)
        elif what is Redriven.SCHEDULES:
            moved = redrive.run_again(found, limit, progress)
        else:
            moved = redrive.redrive(found, what, limit, progress)
    print(f"{moved} {DONE.get(what, f'moved back to the queue of {what}')}")
    if swept:
        print(
            f"{swept} left: older than a day, so their stream has them no longer; the runbook says what remains to do"
        )
