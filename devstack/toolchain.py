"""The programs the local cloud needs beside `.venv`: MiniStack and SAM, each in an environment of its own.

Both pin a botocore of their own, so they cannot share one; all come from the one `uv.lock`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from devstack.failure import DevstackFailed
from devstack.paths import LOCAL, ROOT

Tool = Literal["cloud", "sam"]


def environment(tool: Tool) -> Path:
    return LOCAL / "env" / tool


def is_ready(tool: Tool) -> bool:
    """Whether the environment was made from the lock as it is now."""
    try:
        return _stamp(tool).stat().st_mtime >= (ROOT / "uv.lock").stat().st_mtime
    except FileNotFoundError:
        return False


def install(tool: Tool) -> None:
    """Makes the environment from the lock, or brings it up to date.

    Raises:
        DevstackFailed: uv is missing, or could not fetch what the lock names.
    """
    command = [uv(), "sync", "--locked", "--quiet", "--only-group", tool, "--python", sys.executable]
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    env["UV_PROJECT_ENVIRONMENT"] = str(environment(tool))
    done = subprocess.run(command, check=False, cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DevstackFailed(
            f"uv could not make the environment `{tool}`: {reason}",
            cure="check the network and the free disk space, then start again",
        )
    _stamp(tool).touch()


def uv() -> str:
    """The path of uv: the one make fetched, else the one on PATH.

    Raises:
        DevstackFailed: there is none.
    """
    named = os.environ.get("UV", "")
    for candidate in (named, str(LOCAL / "uv" / "bin" / "uv"), shutil.which("uv") or ""):
        if candidate and Path(candidate).is_file():
            return candidate
    raise DevstackFailed("uv is missing", cure="make setup")


def _stamp(tool: Tool) -> Path:
    return environment(tool) / ".synced"  # the Makefile's own stamp: either of the two makes it for both
