"""The local cloud in whole: PostgreSQL, Valkey and MiniStack on loopback, with the platform deployed on them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from devstack import database, deploy, interrupts, ministack, postgres, push_service, toolchain, valkey
from devstack.failure import DevstackFailed
from devstack.paths import Home
from devstack.ports import LOOPBACK, Ports, choose
from devstack.progress import Progress
from devstack.stack import Aws, Stack
from operations import webpush
from operations.deployed import Deployed

CACHE_USER = "mundo-app"
TOOLS: tuple[tuple[toolchain.Tool, str], ...] = (("cloud", "MiniStack"), ("sam", "SAM"))


@dataclass(frozen=True, slots=True)
class Servers:
    """The three, running."""

    ports: Ports
    database: postgres.Server
    aws: Aws


@dataclass(frozen=True, slots=True)
class LocalCloud:
    home: Home
    servers: Servers
    stack: Stack


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
    push_service.stop(home.folder)
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


def is_running(home: Home) -> bool:
    """Whether both servers that keep state run."""
    return ministack.running(home.ministack) is not None and postgres.running(home.postgres) is not None


def clear(home: Home) -> None:
    """Ends what runs in the home and deletes what it holds, but its ports and whose it is."""
    ministack.kill(home.ministack)  # what it would save is deleted anyway
    stop(home)
    postgres.forget(home.postgres)
    for folder in (home.valkey, home.ministack):
        shutil.rmtree(folder, ignore_errors=True)


def forget(home: Home) -> None:
    """Stops what runs in the home and deletes all of it."""
    clear(home)
    home.delete()


def install(progress: Progress) -> None:
    for tool, name in TOOLS:
        if not toolchain.is_ready(tool):
            with progress.step(f"{name} from uv.lock"):
                toolchain.install(tool)


def start_servers(home: Home, progress: Progress, *, lasting: bool = True) -> Servers:
    """The three servers, on the ports they had before; what an earlier start left running is stopped first.

    Those of a home that is not lasting keep away from the usual ports, and wait for no disk.
    """
    if left := stop(home):
        progress.warn(f"stopped what an earlier start had left running: {', '.join(left)}")
    ports, moved = choose(home.ports, usual=lasting)
    for line in moved:
        progress.warn(line)
    with ThreadPoolExecutor() as meanwhile:
        cache = meanwhile.submit(valkey.start, home.valkey, ports.valkey, user=CACHE_USER)  # takes 2 s, of waiting
        with progress.step(f"PostgreSQL on {LOOPBACK}:{ports.postgres}"):
            server = postgres.start(home.postgres, ports.postgres, None if lasting else {"fsync": "off"})
            database.create(server)
        with progress.step(f"MiniStack, the local AWS, on {LOOPBACK}:{ports.gateway}"):
            ministack.start(home.ministack, ports.gateway)
        with progress.step(f"Valkey on {LOOPBACK}:{ports.valkey}"):
            cache.result()
    push_service.start(home.folder, ports.push)
    return Servers(ports, server, Aws.local(ports.gateway))


def deploy_platform(servers: Servers, progress: Progress) -> Stack:
    """Builds and deploys what is not built and deployed yet."""
    sources = deploy.fingerprint()
    with progress.step("sam build") as step:
        if not deploy.build(sources):
            step.note("nothing has changed")
    with progress.step("sam deploy, which migrates the database") as step:
        stack, deployed = deploy.deploy(servers.aws, sources, _parameters(servers))
        if not deployed:
            step.note("nothing has changed")
    return stack


def _parameters(servers: Servers) -> dict[str, str]:
    """What varies from machine to machine."""
    ports = servers.ports
    unstacked = Deployed(servers.aws.session, deploy.stack_name(), servers.aws.endpoint)
    key = webpush.find_key(unstacked) or webpush.create_key(unstacked)
    return key.parameters | {
        "PushServices": push_service.origin(ports.push),
        "DatabasePort": str(ports.postgres),
        "CachePort": str(ports.valkey),
        "CacheUser": CACHE_USER,
        "OriginPort": str(ports.gateway),
    }


@contextmanager
def temporary(progress: Progress) -> Iterator[LocalCloud]:
    """A local cloud on ports of its own, with nothing in it, that is gone when the block ends, or is interrupted."""
    with interrupts.heeded():
        home = Home(Path(tempfile.mkdtemp(prefix="mundo-tango-")))
        try:
            with owned(home):
                install(progress)
                servers = start_servers(home, progress, lasting=False)
                stack = deploy_platform(servers, progress)
                yield LocalCloud(home, servers, stack)
                stack.close()
        finally:
            interrupts.ignore()
            forget(home)
