"""`mundo scale`: growing from a phase to the next."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from operations import moving
from operations.moving import Move, Step
from operations.options import Env, RegionName, Stack, examples, find, named
from operations.refusal import Refusal
from operations.scale import report
from operations.scale.advising import advised
from operations.scale.aurora import AuroraServers, KeptInParameter, deploy_env

# What `advise` answers a schedule with when there is something to do; 1 is a refusal and 2 typer's own.
CHANGE = 3

app = typer.Typer(
    no_args_is_help=True,
    help="Grow from a phase to the next.",
    epilog=examples(
        "mundo scale advise --env phase1",
        "mundo scale checklist --phase 2",
        "mundo scale move-database --env phase3-prepare",
    ),
)

SAID = {
    Step.NOTHING: "no move is under way",
    Step.STOPPED: "writes are stopped; the copy is not known to have everything",
    Step.CAUGHT_UP: "writes are stopped; the copy has everything",
    Step.PROMOTED: "writes are stopped; the copy is a server of its own",
    Step.SWITCHED: "writes are stopped; the functions use the new server",
    Step.RESUMED: "the database is moved",
}


@app.callback()
def scale() -> None:
    """Grow from a phase to the next."""


@app.command(
    epilog=examples(
        "mundo scale advise",
        "mundo scale advise --env phase3-us-east-1 --hours 24",
        "mundo scale advise --env local --hours 1 --json",
    ),
)
def advise(
    env: Env = "phase1",
    hours: Annotated[float, typer.Option("--hours", min=0.1, max=336, help="How far back is looked.")] = 168,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """When to grow, and by what: the plan's triggers, what to change, and what that costs a month more.

    Exit code 0: nothing to change. 3: something is, for a schedule. 1: it could not be told.
    """
    found = find(env, stack, region)
    with Console(stderr=True).status("reading what was measured"):
        said = advised(found, named(env, stack), hours)
    if as_json:
        print(json.dumps(report.as_json(said)))
    else:
        report.show(Console(), said)
    if said.steps:
        raise typer.Exit(CHANGE)


@app.command(
    "move-database",
    epilog=examples(
        "mundo scale move-database --env phase3-prepare",
        "mundo scale move-database --env phase3-prepare --status --json",
        "mundo scale move-database --env phase3-prepare --abort",
    ),
)
def move_database(
    env: Env = "phase3-prepare",
    to: Annotated[str, typer.Option("--to", help="Config env in which the cluster serves.")] = "phase3-us-east-1",
    parameters: Annotated[str, typer.Option("--parameters", help="What make deploy is given beside it.")] = "",
    status: Annotated[bool, typer.Option("--status", help="Only say where the move stands.")] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Let people write at the old server again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Move the database from its instance to the Aurora cluster that follows it.

    Writes are answered 503 with Retry-After meanwhile, reads go on. Whoever was cut off runs it again, and it goes on
    from the last step that was done. Nothing is deleted: the old instance stays, closed to writes.
    """
    found = find(env, stack, region)
    kept = KeptInParameter(found)
    if status:
        _show(kept.load(), as_json=as_json)
        return
    if env == "local":
        raise Refusal("the local cloud has one server", cure="make test rehearses the move with two")
    servers = AuroraServers(found, kept.load(), lambda: deploy_env(to, parameters))
    console = Console(stderr=True)
    with servers.admission():
        if abort:
            moving.abort(servers, kept)
            print("people write at the old server again")
            return
        move = moving.go_on(servers, kept, console.print)
    _show(move, as_json=as_json)


def _show(move: Move, *, as_json: bool) -> None:
    if as_json:
        said = asdict(move) | {"step": move.step.name.lower(), "seconds_without_writes": move.seconds_without_writes}
        print(json.dumps(said, default=str))
        return
    print(SAID[move.step])
    if move.step is Step.RESUMED:
        print(f"writes were stopped for {move.seconds_without_writes:.0f} s")
        print(f"the old server {move.old} stays closed; delete it after {moving.kept_until(move):%Y-%m-%d}")
