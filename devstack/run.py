"""`make run`: the whole platform on this machine, then the functions' logs until Ctrl-C."""

from __future__ import annotations

import sys
import time
from datetime import datetime

import psycopg
from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.markup import escape
from rich.prompt import Confirm

from devstack import cloud, database, deploy, interrupts, outbox, seed, state
from devstack.cloud import LocalCloud, Servers
from devstack.failure import DevstackFailed
from devstack.logs import Follower, Line
from devstack.paths import Home
from devstack.ports import LOOPBACK
from devstack.progress import Progress
from devstack.stack import Stack
from operations import rebuild
from operations.deployed import Deployed

SEEDED = "seeded"
POLL_SECONDS = 0.5
WITNESS_SECONDS = 2.0
COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


def run(home: Home, *, yes: bool = False, seeded: bool = True) -> None:
    """Returns when it is interrupted, with everything stopped; `yes` lets it forget a state that lacks facts.

    Raises:
        DevstackFailed: something is missing or broken; what was started is stopped again.
    """
    progress = Progress()
    interrupts.heed()
    with cloud.owned(home):
        session = Session(home, progress)
        try:
            started = time.perf_counter()
            running = session.start(yes=yes, seeded=seeded)
            show(running, progress, time.perf_counter() - started)
            follow(running, progress.console)
        except KeyboardInterrupt:
            progress.say("")
        except psycopg.OperationalError as error:
            raise DevstackFailed("PostgreSQL has ended", cure=f"see {home.postgres}.log, and make run") from error
        except BotoCoreError as error:
            raise DevstackFailed("MiniStack has ended", cure=f"see {home.ministack}.log, and make run") from error
        finally:
            session.stop()


class Session:
    """One `make run`, which remembers how far it came: only a sound state is marked as such when it is stopped."""

    def __init__(self, home: Home, progress: Progress) -> None:
        self._home = home
        self._progress = progress
        self._sound: Servers | None = None

    def start(self, *, yes: bool, seeded: bool) -> LocalCloud:
        cloud.install(self._progress)
        servers = cloud.start_servers(self._home, self._progress)
        last_stop = state.take_mark(servers.database, servers.aws)
        if last_stop == "unclean" and (lost := self._lost(servers)):
            self._reset_if(lost, yes=yes)
            return self.start(yes=yes, seeded=seeded)
        if last_stop != "unclean":
            self._sound = servers
        stack = cloud.deploy_platform(servers, self._progress)
        if last_stop == "unclean":
            with self._progress.step("the last stop was not clean: what is derived is made anew") as step:
                step.note(_rebuild(stack))
            self._sound = servers
        if seeded and database.recall(servers.database, SEEDED) is None:
            with self._progress.step("seed") as step:
                seed.plant(stack, step.note)
            database.remember(servers.database, SEEDED, "yes")
        return LocalCloud(self._home, servers, stack)

    def stop(self) -> None:
        interrupts.ignore()  # a second Ctrl-C would lose what is being saved
        saved = self._sound is not None and cloud.is_running(self._home)
        with self._progress.step("stopped, with everything saved" if saved else "stopped") as step:
            if self._sound is not None and saved:
                stack = Stack.seek(self._sound.aws, deploy.stack_name())
                state.leave_mark(self._sound.database, self._sound.aws, stack)
            step.note(", ".join(cloud.stop(self._home)) or "nothing ran")

    def _lost(self, servers: Servers) -> list[str]:
        return state.missing(servers.database, Stack.seek(servers.aws, deploy.stack_name()))

    def _reset_if(self, lost: list[str], *, yes: bool) -> None:
        said = f"the last stop was not clean, and the local AWS has lost {', '.join(lost)}"
        if not yes and not (sys.stdin.isatty() and Confirm.ask(f"{said}. Forget the local state and start afresh?")):
            raise DevstackFailed(said, cure="make reset (or make run YES=1)")
        with self._progress.step(f"{said}: forgotten"):
            cloud.clear(self._home)


def show(running: LocalCloud, progress: Progress, seconds: float) -> None:
    """The addresses, and who may sign in; in whole lines, to be copied."""
    servers, stack = running.servers, running.stack
    rows = [
        ("milongas", f"{stack.site_url}/api/public/events?city=Buenos+Aires"),
        ("health", f"{stack.site_url}/api/public/health"),
        ("base address", stack.site_url),
        ("sockets", stack.socket_url),
        (
            "PostgreSQL",
            f"postgresql://{servers.database.superuser}@{LOOPBACK}:{servers.ports.postgres}/{database.NAME}",
        ),
        ("Valkey", f"redis://{LOOPBACK}:{servers.ports.valkey}"),
        ("AWS", f"{servers.aws.endpoint}, region {servers.aws.region}"),
        ("mails", outbox.address(servers.aws)),
        ("user pool", f"{stack.user_pool_id}, client {stack.client_id}"),
    ]
    rows += [
        ("moderator" if one.moderator else "demo sign-in", f"{one.email}  {one.password}") for one in seed.DEMO_SIGN_INS
    ]
    progress.say(f"\nMundo Tango runs, after {seconds:.0f} s", style="bold")
    for name, value in rows:
        progress.say(f"  {name:<14} {value}")


def follow(running: LocalCloud, console: Console) -> None:
    """Prints what the functions log, until it is interrupted."""
    console.print("\nFollowing the functions; Ctrl-C stops everything.", style="dim")
    follower = Follower(running.stack, running.stack.log_groups(), since_ms=int(time.time() * 1000))
    follower.read()  # what was said before, such as to the seed
    witnessed = 0.0
    while True:
        for line in follower.read():
            _print(line, console)
        if time.monotonic() - witnessed > WITNESS_SECONDS:
            state.witness(running.servers.database, running.stack)
            witnessed = time.monotonic()
        time.sleep(POLL_SECONDS)


def _print(line: Line, console: Console) -> None:
    at = datetime.fromtimestamp(line.at_ms / 1000).astimezone()
    console.print(f"[dim]{at:%H:%M:%S}[/dim] {line.function:<12} {escape(line.text)}", style=COLOURS.get(line.level))
    for more in line.detail:
        console.print(f"         {escape(more)}", style="dim")


def _rebuild(stack: Stack) -> str:
    deployed = Deployed(stack.aws.session, stack.name, stack.aws.endpoint)
    rebuild.edges(deployed)
    counters = rebuild.counters(deployed)
    return f"edges, {counters} counters"
