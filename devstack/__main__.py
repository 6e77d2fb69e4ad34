"""`python -m devstack`: the local cloud on the command line. Failures are one line with their cure, and exit code 1."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from devstack import cloud
from devstack.failure import DevstackFailed
from devstack.ministack import MiniStackFailed
from devstack.paths import Home, default_home
from devstack.postgres import PostgresFailed
from devstack.progress import Progress
from devstack.run import run as run_platform
from devstack.stack import Aws, Stack
from devstack.tell import photograph_of, tell
from devstack.valkey import ValkeyFailed
from operations import config_env
from operations.refusal import Refusal

FAILURES = (DevstackFailed, MiniStackFailed, PostgresFailed, ValkeyFailed, Refusal)

# Whose stack is meant by a BASE_URL, where STACK names no other.
DEPLOYED_ENV = "phase1"

app = typer.Typer(name="devstack", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

State = Annotated[Path | None, typer.Option("--state", help="Folder of the state, where it is not .local/state.")]
Yes = Annotated[bool, typer.Option("--yes", help="Answer every question with yes.")]


@app.command()
def run(
    state: State = None,
    yes: Yes = False,
    seed: Annotated[bool, typer.Option(help="Fill an empty platform with a small community.")] = True,
) -> None:
    """Start the whole platform on this machine and follow its functions until Ctrl-C."""
    run_platform(_home(state), yes=yes, seeded=seed)


@app.command()
def reset(state: State = None, yes: Yes = False) -> None:
    """Forget the local state: database, identities, pictures."""
    home = _home(state)
    if (owner := cloud.owner_of(home)) is not None:
        raise DevstackFailed(
            f"the local cloud runs, in process {owner.pid}", cure=f"stop that one by Ctrl-C, or: kill {owner.pid}"
        )
    if not yes:
        if not sys.stdin.isatty():
            raise DevstackFailed(f"nobody can be asked whether to delete {home.folder}", cure="make reset YES=1")
        typer.confirm(f"Delete everything in {home.folder}?", abort=True)
    cloud.forget(home)
    print("The local state is forgotten; make run starts afresh.")


@app.command()
def story(
    photo: Annotated[Path | None, typer.Option("--photo", help="A picture of your own: JPEG, PNG or WebP.")] = None,
    base_url: Annotated[
        str, typer.Option("--base-url", help="Of a deployed platform, such as https://…", envvar="BASE_URL")
    ] = "",
    stack: Annotated[str, typer.Option("--stack", help="The stack behind it.", envvar="STACK")] = "",
    region: Annotated[str, typer.Option("--region", help="Where that stack is.", envvar="AWS_REGION")] = "",
) -> None:
    """Play the main job from sign-up to push, on a local cloud of its own or against a deployed platform.

    On a deployed one the identities it makes are removed, and what they made stays: two profiles, posts, a milonga.
    """
    picture = photograph_of(photo)
    progress = Progress()
    if not base_url:
        with cloud.temporary(progress) as local:
            tell(local.stack, picture, progress)
        return
    env = config_env.load(DEPLOYED_ENV)
    aws = Aws(region=region or env.region or "")
    tell(Stack.find(aws, stack or env.stack_name, base_url=base_url), picture, progress)


def _home(state: Path | None) -> Home:
    return Home(state.resolve()) if state else default_home()


def main() -> int:
    try:
        app()
    except FAILURES as failure:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"devstack: {failure}", style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
