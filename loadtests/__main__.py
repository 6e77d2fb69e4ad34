"""`make loadtest`: loads a platform that is yours, and writes a page and a picture of how it bore it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from devstack.failure import DevstackFailed
from devstack.stack import Aws, Stack
from loadtests import figures, people, report, tools
from loadtests.report import Load
from loadtests.target import Target, named
from operations import config_env, records
from operations.deployed import local_port
from operations.options import Env, examples, find
from operations.refusal import Refusal

PAGE, PICTURE = "load-report.md", "load-report.png"


class Tool(StrEnum):
    AB = "ab"
    K6 = "k6"
    EVENING = "evening"


WHAT = {
    Tool.AB: "`ab -n {requests} -c {users}` of one list of events: the plan's first test.",
    Tool.K6: "`k6 run --vus {users} --duration {duration}s` of "
    "[plan.js](../loadtests/plan.js): the plan's second test.",
    Tool.EVENING: "Locust plays [evening.py](../loadtests/evening.py): {users} dancers for {duration} s, an act each "
    "{pace:g} s, a picture in {pictures:.0%} of evenings, each with an open socket.",
}

app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)


@app.command(
    epilog=examples(
        "python -m loadtests --base-url http://….cloudfront.localhost:4566 --env local",
        "python -m loadtests k6 --base-url https://mundotango.example --users 100 --duration 30",
    )
)
def load(
    which: Annotated[list[Tool] | None, typer.Argument(metavar="[ab|k6|evening]…", help="All three without.")] = None,
    base_url: Annotated[str, typer.Option("--base-url", help="The platform to load; it has to be yours.")] = "",
    users: Annotated[int, typer.Option("--users", min=1, max=5000, help="At once.")] = 100,
    duration: Annotated[int, typer.Option("--duration", min=1, help="Seconds, of k6 and of the evening.")] = 30,
    requests: Annotated[int, typer.Option("--requests", min=1, help="Of ab.")] = 10_000,
    pace: Annotated[float, typer.Option("--pace", min=0.1, help="Seconds between two acts of a dancer.")] = 5.0,
    pictures: Annotated[float, typer.Option("--pictures", min=0, max=1, help="Share of evenings with one.")] = 0.08,
    env: Env = "phase1",
    into: Annotated[Path, typer.Option("--into", help="Folder of the page and the picture.")] = Path("docs"),
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, also where the platform is elsewhere.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    """Load a platform that is yours, as the plan says and as dancers do, and write how it bore it."""
    target, chosen, console = named(base_url), list(dict.fromkeys(which or Tool)), Console(stderr=True)
    config_env.load(env)
    if not into.is_dir():
        raise Refusal(f"{into} is no folder", cure="make it, or name another by --into")
    _agree(target, chosen, users, duration, yes)
    said = {"users": users, "duration": duration, "requests": requests, "pace": pace, "pictures": pictures}
    tests = []
    with tempfile.TemporaryDirectory() as folder, console.status("") as status:
        for tool in chosen:
            tick = _ticking(status, tool)
            place = Path(folder)
            if tool is Tool.AB:
                found = tools.ab(target, requests=requests, at_once=min(users, requests), folder=place, tick=tick)
            elif tool is Tool.K6:
                found = tools.k6(target, users=users, seconds=duration, folder=place, tick=tick)
            else:
                with _town(target, env, users, place, status) as town:
                    found = tools.evening(
                        target, town, users=users, seconds=duration, pace=pace, pictures=pictures, folder=place,
                        tick=tick,
                    )  # fmt: skip
            tests.append(Load(tool, WHAT[tool].format(**said), found))
    _write(tests, target, into)
    _note(tests, target, env)
    if as_json:
        print(json.dumps({test.tool: asdict(figures.of(test.samples)) for test in tests}))
        return
    for test in tests:
        print(f"{test.tool}: {figures.of(test.samples)}")
    print(f"written: {into / PAGE}, {into / PICTURE}")


def _agree(target: Target, chosen: list[Tool], users: int, duration: int, yes: bool) -> None:
    if target.is_here or yes:
        return
    asked = f"Load {target.host} by {', '.join(chosen)}, {users} at once, {duration} s each? It has to be yours"
    if not (sys.stdin.isatty() and typer.confirm(asked)):
        raise Refusal(
            f"{target.host} is not on this machine, and nobody agreed", cure="say --yes (YES=1) where it is yours"
        )


def _ticking(status: Status, tool: Tool) -> tools.Tick:
    began = perf_counter()
    return lambda: status.update(f"{tool}: {perf_counter() - began:.0f} s")


@contextmanager
def _town(target: Target, env: str, users: int, folder: Path, status: Status) -> Iterator[Path]:
    """People who are signed in, gone again afterwards."""
    stack = _stack(target, env)
    try:
        path, made = people.make(stack, users, folder, lambda done: status.update(f"{done} of {users} dancers joined"))
        try:
            yield path
        finally:
            status.update("removing the dancers")
            people.remove(made)
    finally:
        stack.close()


def _stack(target: Target, env: str) -> Stack:
    named_env = config_env.load(env)
    aws = Aws.local(local_port()) if env == "local" else Aws(region=named_env.region or "")
    return Stack.find(aws, named_env.stack_name, base_url=target.site_url)


def _write(tests: list[Load], target: Target, into: Path) -> None:
    report.draw(tests, into / PICTURE)
    where = "the local cloud, which is one process for all of AWS" if target.is_here else target.host
    machine = (
        f"The generator ran on {os.cpu_count()} processors{', which it shared with it' if target.is_here else ''}."
    )
    page = report.page(tests, at=datetime.now(UTC), where=where, machine=machine, picture=PICTURE)
    (into / PAGE).write_text(page, encoding="utf-8")


def _note(tests: list[Load], target: Target, env: str) -> None:
    """For `mundo scale checklist`, where it was that env's platform that was loaded; whoever may not write is told."""
    try:
        found = find(env, "", "")
        if found.outputs.get("SiteUrl", "").rstrip("/") != target.site_url:
            print(f"not noted for the checklist: env {env} is at another address", file=sys.stderr)
            return
        measured = {test.tool: figures.of(test.samples) for test in tests}
        result = {tool: asdict(of) | {"holds": of.holds} for tool, of in measured.items()}
        records.note(found, records.Kind.LOAD_TEST, result)
    except Refusal as refusal:
        print(f"not noted for the checklist: {refusal}", file=sys.stderr)


def main() -> None:
    try:
        app()
    except (Refusal, DevstackFailed) as refusal:
        print(f"loadtest: {refusal}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
