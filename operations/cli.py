"""`mundo`: what an operator does to a deployed stack. Errors are one line with their cure, and exit code 1."""

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.table import Table

from operations import config_env, deployed, moderators, prices, rebuild
from operations.account import AwsAccount
from operations.config_env import ConfigEnv
from operations.deployed import Deployed
from operations.preflight import Finding, State, examine
from operations.refusal import SIGN_IN, Refusal


def _examples(*lines: str) -> str:
    return "\n\n".join(["Examples:", *lines])


app = typer.Typer(
    name="mundo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Operate Mundo Tango: look before a deploy, name moderators, rebuild what is derived.",
    epilog=_examples("mundo preflight --env phase1", "mundo admin grant ana@example.org", "mundo rebuild edges"),
)
admin = typer.Typer(
    no_args_is_help=True,
    help="People with rights of their own.",
    epilog=_examples("mundo admin grant ana@example.org"),
)
app.add_typer(admin, name="admin")

Env = Annotated[str, typer.Option("--env", help="Config env of samconfig.toml; `local` is the one `make run` started.")]
Stack = Annotated[str, typer.Option("--stack", help="Name of the stack, where it is not the config env's.")]
RegionName = Annotated[str, typer.Option("--region", help="AWS region, where it is not the config env's.")]

MARKS = {State.GOOD: "[green]ok[/]", State.NOTE: "[yellow]note[/]", State.REFUSED: "[red]no[/]"}


class Derived(StrEnum):
    EDGES = "edges"
    COUNTERS = "counters"


def _session(env: ConfigEnv, region: str) -> boto3.Session:
    try:
        session = boto3.Session(region_name=region or env.region)
    except BotoCoreError as error:  # a profile that does not exist
        raise Refusal(str(error), cure=SIGN_IN) from error
    if not session.region_name:
        raise Refusal("no AWS region", cure=f"give --region, or add region to config env {env.name} in samconfig.toml")
    return session


def _env(name: str, stack: str, parameters: list[str] | None = None) -> ConfigEnv:
    env = config_env.load(name)
    given = dict(pair.split("=", 1) for pair in parameters or () if "=" in pair)
    return ConfigEnv(env.name, stack or env.stack_name, env.region, {**env.parameters, **given})


def _deployed(env_name: str, stack: str, region: str) -> Deployed:
    env = _env(env_name, stack)
    return deployed.find_local(env) if env.name == "local" else Deployed(_session(env, region), env.stack_name)


@app.command(epilog=_examples("mundo preflight", "mundo preflight SesIdentity=arn:… --env phase1 --json"))
def preflight(
    parameters: Annotated[
        list[str] | None, typer.Argument(help="Parameters over those of the config env, as the deploy gets them.")
    ] = None,
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> None:
    """Look at the account before a deploy: limits, mail, region, names, and what is always paid for.

    Exits with 1 when a deploy would fail, and says what to do about it.
    """
    target = _env(env, stack, parameters)
    findings = examine(AwsAccount(_session(target, region)), target)
    if as_json:
        always_on = {"as_of": prices.AS_OF, "monthly": round(prices.total(), 2), "budget": prices.BUDGET}
        shown = {"env": target.name, "stack": target.stack_name, "findings": [asdict(one) for one in findings]}
        print(json.dumps(shown | {"always_on": always_on}))
    else:
        _show(Console(), target, findings)
    if any(finding.state is State.REFUSED for finding in findings):
        raise typer.Exit(1)


def _show(console: Console, env: ConfigEnv, findings: list[Finding]) -> None:
    looked = Table(title=f"Preflight of config env {env.name}", title_justify="left", show_header=False)
    for finding in findings:
        cure = f"\n[dim]{finding.cure}[/]" if finding.cure else ""
        looked.add_row(MARKS[finding.state], finding.check, finding.said + cure)
    console.print(looked)
    paid = Table(title=f"Always on in phase 1, us-east-1, {prices.AS_OF}", title_justify="left")
    paid.add_column("what")
    paid.add_column("how much")
    paid.add_column("a month", justify="right")
    paid.add_column("source")
    for price in prices.ALWAYS_ON:
        source = price.source if price.confirmed else f"{price.source} (look again)"
        paid.add_row(price.what, price.quantity, f"${price.monthly:.2f}", source)
    paid.add_row("together", f"of ${prices.BUDGET:.0f} budgeted", f"${prices.total():.2f}", "", style="bold")
    console.print(paid)


@admin.command(epilog=_examples("mundo admin grant ana@example.org", "mundo admin grant ana@example.org --env local"))
def grant(
    email: Annotated[str, typer.Argument(help="Address they signed up with.")],
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Make someone a moderator, the first one too."""
    granted = moderators.grant(_deployed(env, stack, region), email)
    if granted.already:
        print(f"{email} is a moderator already")
    else:
        print(f"{email} is a moderator from their next sign-in on")


@app.command("rebuild", epilog=_examples("mundo rebuild edges", "mundo rebuild counters --env local"))
def rebuild_derived(
    what: Annotated[Derived, typer.Argument(help="`edges`: who follows whom. `counters`: totals of reactions.")],
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Make derived data anew from the facts; safe to run at any time and again."""
    found = _deployed(env, stack, region)
    with Console(stderr=True).status(f"rebuilding {what}"):
        corrected = rebuild.edges(found) if what is Derived.EDGES else rebuild.counters(found)
    print(f"{what} rebuilt, {corrected} corrected")


def main() -> None:
    try:
        app()
    except Refusal as refusal:
        print(f"mundo: {refusal}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
