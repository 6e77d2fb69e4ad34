"""`mundo`: what an operator does to a deployed stack. Errors are one line with their cure, and exit code 1."""

import json
import sys
from dataclasses import asdict, replace
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations import (
    capacity,
    dashboard,
    digests,
    erasures,
    events,
    media,
    moderators,
    parameters,
    queues,
    rebuild,
    regions,
    webpush,
)
from operations.account import AwsAccount
from operations.config_env import ConfigEnv
from operations.cost import commands as costs
from operations.cost import standing
from operations.options import Env, RegionName, Stack, WhileStopped, examples, find, named, session
from operations.preflight import Finding, State, examine
from operations.realtime import listen
from operations.recovery import commands as recovering
from operations.refusal import Refusal
from operations.scale import commands as scale
from operations.scale import edge_plan

app = typer.Typer(
    name="mundo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Operate Mundo Tango: look before a deploy, name moderators, rebuild what is derived, judge pictures by eye.",
    epilog=examples(
        "mundo preflight --env phase1",
        "mundo cost",
        "mundo admin grant ana@example.org",
        "mundo rebuild edges",
        "mundo media compress milonga.jpg",
        "mundo queues redrive media",
        "mundo dashboard",
        "mundo realtime listen --email ana@example.org",
    ),
)
admin = typer.Typer(
    no_args_is_help=True,
    help="People with rights of their own.",
    epilog=examples("mundo admin grant ana@example.org"),
)
app.add_typer(admin, name="admin")
privacy = typer.Typer(
    no_args_is_help=True,
    help="What people are promised about their data.",
    epilog=examples("mundo privacy replay-erasures"),
)
app.add_typer(privacy, name="privacy")
app.add_typer(events.app, name="events")
app.add_typer(media.app, name="media")
app.add_typer(queues.app, name="queues")
app.add_typer(recovering.app, name="backup")
app.add_typer(scale.app, name="scale")
app.add_typer(listen.app, name="realtime")
app.add_typer(webpush.app, name="webpush")
app.command(epilog=costs.EPILOG)(costs.cost)
app.command(name="capacity", epilog=capacity.EPILOG)(capacity.command)

SHOWN = examples("mundo dashboard", "mundo dashboard --env local --hours 1", "mundo dashboard --png day.png")
app.command("dashboard", epilog=SHOWN)(dashboard.dashboard)

MARKS = {State.GOOD: "[green]ok[/]", State.NOTE: "[yellow]note[/]", State.REFUSED: "[red]no[/]"}


class Derived(StrEnum):
    EDGES = "edges"
    COUNTERS = "counters"


@app.command(epilog=examples("mundo preflight", "mundo preflight SesIdentity=arn:… --env phase1 --json"))
def preflight(
    pairs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME=VALUE",
            help="Parameters over those of the config env, as the deploy gets them.",
            show_default=False,
        ),
    ] = None,
    line: Annotated[
        str, typer.Option("--parameters", help=f"The same in one line, as make has them: {parameters.QUOTING}.")
    ] = "",
    env: Annotated[str, typer.Option("--env", help="Config env of samconfig.toml.")] = "phase1",
    stack: Stack = "",
    region: RegionName = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> None:
    """Look at the account before a deploy: limits, mail, region, names, keys, and what is always paid for.

    Exits with 1 when a deploy would fail, or what it deploys, and says what to do about it.
    """
    if env == "local":
        raise Refusal("env local needs none", cure="make run")
    target = named(env, stack)
    given = parameters.pairs([*parameters.words(line), *(pairs or ())])
    target = replace(target, parameters=parameters.effective(target.parameters, given))
    target = replace(target, region=region or target.region)
    here = session(target, region)
    findings = [*examine(AwsAccount(here), target), *regions.findings(target), *edge_plan.findings(target, here)]
    if as_json:
        print(json.dumps(_as_json(target, findings)))
    else:
        console = Console()
        _show_findings(console, target, findings)
        standing.show(console, target)
    if any(finding.state is State.REFUSED for finding in findings):
        raise typer.Exit(1)


def _as_json(env: ConfigEnv, findings: list[Finding]) -> dict[str, Any]:
    found = [asdict(one) for one in findings]
    return {"env": env.name, "stack": env.stack_name, "findings": found, "always_on": standing.as_json(env)}


def _show_findings(console: Console, env: ConfigEnv, findings: list[Finding]) -> None:
    looked = Table(title=f"Preflight of config env {env.name}", title_justify="left", show_header=False)
    for overflow in ("ellipsis", "ellipsis", "fold"):  # an address is wrapped, not cut
        looked.add_column(overflow=overflow)
    for finding in findings:
        cure = f"\n[dim]{escape(finding.cure)}[/]" if finding.cure else ""
        looked.add_row(MARKS[finding.state], finding.check, escape(finding.said) + cure)
    console.print(looked)


@admin.command(epilog=examples("mundo admin grant ana@example.org", "mundo admin grant ana@example.org --env local"))
def grant(
    email: Annotated[str, typer.Argument(help="Address they signed up with.")],
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Make someone a moderator, the first one too."""
    granted = moderators.grant(find(env, stack, region), email)
    if granted.already:
        print(f"{email} is a moderator already")
    else:
        print(f"{email} is a moderator from their next sign-in on")


@app.command(
    "rebuild",
    epilog=examples("mundo rebuild edges", "mundo rebuild counters --env local"),
)
def rebuild_derived(
    what: Annotated[Derived, typer.Argument(help="`edges`: who follows whom. `counters`: totals of reactions.")],
    while_stopped: WhileStopped = False,
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Make derived data anew from the facts; safe to run at any time and again."""
    found = find(env, stack, region)
    with Console(stderr=True).status(f"rebuilding {what}"):
        made_anew = rebuild.edges if what is Derived.EDGES else rebuild.counters
        corrected = made_anew(found, while_stopped=while_stopped)
    print(f"{what} rebuilt, {corrected} corrected")


@app.command(epilog=examples("mundo digest 0193e7b2-5c1a-7d4e-9f00-2b6c8d1e4a57 --env local"))
def digest(
    user_id: Annotated[UUID, typer.Argument(metavar="USER_ID", help="Id of their profile.")],
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Mail someone what they have not read, at once, whatever their hour. Who wants no digests gets none."""
    sent = digests.send(find(env, stack, region), user_id)
    print(f"a digest is on its way, of {sent.unread} unread" if sent.written else f"nothing sent: {sent.reason}")


@privacy.command(
    "replay-erasures",
    epilog=examples("mundo privacy replay-erasures", "mundo privacy replay-erasures --while-stopped"),
)
def replay_erasures(
    while_stopped: WhileStopped = False, env: Env = "phase1", stack: Stack = "", region: RegionName = ""
) -> None:
    """Erase again whoever a restored backup brought back. Run it before what was restored serves anybody.

    Safe to run at any time and again.
    """
    found = find(env, stack, region)
    with Console(stderr=True).status("replaying erasures"):
        replayed = erasures.replay(found, while_stopped=while_stopped)
    print(f"{replayed.noted} erasures replayed, {replayed.found} people were back")


def main() -> None:
    try:
        app()
    except Refusal as refusal:
        print(f"mundo: {refusal}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
