"""The local cloud in whole: PostgreSQL, Valkey and MiniStack on loopback, with the platform deployed on them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from devstack import database, deploy, ministack, postgres, state, toolchain, valkey
from devstack.failure import DevstackFailed
from devstack.paths import Home
from devstack.ports import LOOPBACK, Ports, choose
from devstack.progress import Progress
from devstack.stack import Aws, Stack

TOOLS: tuple[tuple[toolchain.Tool, str], ...] = (("cloud", "MiniStack"), ("sam", "SAM"))


@dataclass(slots=True)
class LocalCloud:
    home: Home
    ports: Ports
    server: postgres.Server
    aws: Aws
    stack: Stack
    deployed: bool


@contextmanager
def owned(home: Home) -> Iterator[None]:
    """This process has the home for itself, until the block ends.

    Raises:
        DevstackFailed: another one has it.
    """
    home.prepare()
    if (owner := owner_of(home)) is not None:
        raise DevstackFailed(
            f"the local cloud runs already, in process {owner.pid}",
            cure=f"stop that one by Ctrl-C, or: kill {owner.pid}",
        )
    me = psutil.Process()
    home.owner.write_text(json.dumps({"pid": me.pid, "started": me.create_time()}))
    try:
        yield
    finally:
        home.owner.unlink(missing_ok=True)


def owner_of(home: Home) -> psutil.Process | None:
    """The living process that has the home; one that is gone, or whose number another one got, is nobody."""
    try:
        said = json.loads(home.owner.read_text())
        process = psutil.Process(said["pid"])
        return process if process.create_time() == said["started"] and process.pid != os.getpid() else None
    except (OSError, ValueError, KeyError, psutil.Error):
        return None


def stop(home: Home) -> list[str]:
    """Stops what runs in the home, each so that it keeps its state; answers with their names."""
    stopped = []
    if ministack.running(home.ministack):
        ministack.stop(home.ministack)
        stopped.append("MiniStack")
    if valkey.find(home.valkey):
        valkey.stop(home.valkey)
        stopped.append("Valkey")
    if postgres.running(home.postgres):
        postgres.stop(home.postgres)
        stopped.append("PostgreSQL")
    return stopped


def forget(home: Home) -> None:
    """Stops what runs in the home and deletes all its state."""
    stop(home)
    postgres.forget(home.postgres)
    home.delete()


def install(progress: Progress) -> None:
    for tool, name in TOOLS:
        if not toolchain.is_ready(tool):
            with progress.step(f"{name} from uv.lock"):
                toolchain.install(tool)


def start_servers(home: Home, progress: Progress, *, usual_ports: bool = True) -> tuple[Ports, postgres.Server, Aws]:
    """The three servers, on the ports they had before; what an earlier start left running is stopped first."""
    if left := stop(home):
        progress.warn(f"stopped what an earlier start had left running: {', '.join(left)}")
    ports, moved = choose(home.ports, usual=usual_ports)
    for line in moved:
        progress.warn(line)
    with progress.step(f"PostgreSQL on {LOOPBACK}:{ports.postgres}"):
        server = postgres.start(home.postgres, ports.postgres)
        database.create(server)
    with progress.step(f"Valkey on {LOOPBACK}:{ports.valkey}"):
        valkey.start(home.valkey, ports.valkey)
    with progress.step(f"MiniStack, the local AWS, on {LOOPBACK}:{ports.gateway}"):
        ministack.start(home.ministack, ports.gateway)
    return ports, server, Aws.local(ports.gateway)


def deploy_platform(home: Home, ports: Ports, aws: Aws, progress: Progress) -> tuple[Stack, bool]:
    """Builds and deploys what is not built and deployed yet; answers whether it deployed."""
    sources = deploy.fingerprint()
    with progress.step("sam build") as step:
        if not deploy.build(sources):
            step.note("nothing has changed")
    with progress.step("sam deploy, which migrates the database") as step:
        stack, deployed = deploy.deploy(aws, home.deployed, sources, parameters(ports))
        if not deployed:
            step.note("nothing has changed")
    return stack, deployed


def parameters(ports: Ports) -> dict[str, str]:
    return {
        "DatabaseHost": LOOPBACK,
        "DatabasePort": str(ports.postgres),
        "CacheHost": LOOPBACK,
        "CachePort": str(ports.valkey),
        "OriginPort": str(ports.gateway),
    }


@contextmanager
def temporary(home: Home, progress: Progress) -> Iterator[LocalCloud]:
    """A local cloud on ports of its own, with nothing in it, that is gone when the block ends."""
    with owned(home):
        try:
            install(progress)
            ports, server, aws = start_servers(home, progress, usual_ports=False)
            stack, deployed = deploy_platform(home, ports, aws, progress)
            yield LocalCloud(home, ports, server, aws, stack, deployed)
        finally:
            forget(home)


def stop_cleanly(cloud: LocalCloud) -> None:
    """Stops all three so that the next start knows that they still belong together."""
    state.leave_mark(cloud.server, cloud.aws)
    stop(cloud.home)
