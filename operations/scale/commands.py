"""`mundo scale`: growing from a phase to the next."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from operations import moving, records
from operations.moving import Move, Step
from operations.options import Env, RegionName, Stack, examples, find, named
from operations.refusal import Refusal
from operations.scale import checklist as checklists
from operations.scale import edge_plan as plans
from operations.scale import of_repository, of_stack, report
from operations.scale.advising import advised
from operations.scale.aurora import AuroraServers, KeptInParameter, switch_env

# What `advise` answers a schedule with when there is something to do; 1 is a refusal and 2 typer's own.
CHANGE = 3

# The plan's, word for word, but for phase 4, of which it has none: what its deploy leaves to be done.
CHECKLISTS: dict[int, checklists.Checklist] = {
    2: (
        ("Database indexes optimized", of_stack.indexes),
        ("Redis caching implemented", of_stack.cache),
        ("CDN configured for static assets", of_stack.edge),
        ("Load testing completed", of_stack.load_test),
        ("Monitoring/alerting active", of_stack.alarms),
        ("Backup/restore tested", of_stack.restore_drill),
        ("Database replication configured", of_stack.replication),
        ("Cost projections reviewed", of_repository.costs),
    ),
    3: (
        ("Microservices architecture planned", of_repository.architecture),
        ("Message queue implemented", of_stack.queues),
        ("Multi-region strategy defined", of_repository.regions),
        ("Disaster recovery plan documented", of_repository.recovery),
        ("Security audit completed", of_repository.security),
        ("Performance benchmarks met", of_repository.benchmarks),
    ),
    4: (("Edge plan approved", plans.approved),),
}

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
    epilog=examples(
        "mundo scale checklist --phase 2",
        "mundo scale checklist --phase 3 --env phase2 --json",
        "mundo scale checklist --phase 4 --env phase4-us-east-1",
        "mundo scale checklist --phase 2 --env local",
    ),
)
def checklist(
    phase: Annotated[int, typer.Option("--phase", help="The phase that is to come, 2 or 3, or is there, 4.")],
    env: Env = "phase1",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """What is wanted done for a phase, each looked at in the stack that is deployed and in this checkout.

    Exit code 0: all of it is done. 1: something is not, or could not be looked at.
    """
    wanted = checklists.of_phase(phase, CHECKLISTS)
    place = checklists.Place(find(env, stack, region), named(env, stack), datetime.now(UTC))
    with Console(stderr=True).status("looking") as status:
        lines = checklists.look(place, wanted, status.update)
    all_done = all(line.answer.state is checklists.State.DONE for line in lines)
    if as_json:
        told = [{"item": line.item} | asdict(line.answer) for line in lines]
        print(json.dumps({"phase": phase, "stack": place.found.stack_name, "done": all_done, "lines": told}))
    else:
        Console().print(checklists.table(f"For phase {phase}: {place.found.stack_name}", lines))
    if not all_done:
        raise typer.Exit(1)


@app.command(
    "edge-plan",
    epilog=examples(
        "mundo scale edge-plan --env phase4-us-east-1",
        "mundo scale edge-plan --env phase4-us-east-1 --approve",
    ),
)
def edge_plan(
    env: Env = "phase4-us-east-1",
    approve: Annotated[bool, typer.Option("--approve", help="Have what waits for approval, and pay from now on.")] = (
        False
    ),
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """CloudFront's flat-rate plan of the edge: tier, level, whether it is in force, what it has room for and costs."""
    found = find(env, stack, region)
    plan = plans.read(found, named(env, stack))
    if approve:
        if plan.status == plans.Status.PENDING:
            _agree(plan, yes=yes)
        plan = plans.approve(found, plan)
    if as_json:
        print(json.dumps(asdict(plan) | {"usd": plan.usd, "room": plan.room and plan.room._asdict()}))
    else:
        print("\n".join(plans.told(plan)))


def _agree(plan: plans.Subscription, *, yes: bool) -> None:
    asked = f"Pay {plans.dollars(plan)} for {plan.tier} {plan.level} from now on, until it is cancelled?"
    if not yes and not (sys.stdin.isatty() and typer.confirm(asked)):
        raise Refusal(f"{plan.tier} {plan.level} is not approved: nobody agreed", cure="say --yes to pay for it")


@app.command(epilog=examples("mundo scale reviewed --env phase1"))
def reviewed(env: Env = "phase1", stack: Stack = "", region: RegionName = "") -> None:
    """Note that somebody has read docs/costs.md today, for the checklist."""
    record = records.note(find(env, stack, region), records.Kind.COST_REVIEW, {})
    print(f"noted: costs reviewed on {record.at:%Y-%m-%d}")


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
    servers = AuroraServers(found, kept.load(), lambda: switch_env(env, parameters))
    console = Console(stderr=True)
    with servers.admission():
        if abort:
            moving.abort(servers, kept)
            if as_json:
                _show(kept.load(), as_json=True)
            else:
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
