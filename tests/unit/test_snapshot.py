"""What environments that start from one snapshot must not have in common."""

import subprocess
import sys
from pathlib import Path

import pytest

LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "api", "PATH": "/usr/bin"}
RUNTIME = """
hooks = []
def register_after_restore(hook, *arguments):
    hooks.append((hook, arguments))
"""


def said(program: str, environment: dict[str, str], folder: Path) -> str:
    (folder / "snapshot_restore_py.py").write_text(RUNTIME)
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(folder)!r}); {program}"]
    asked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert asked.stderr == ""
    return asked.stdout.strip()


def test_each_draws_its_own_pauses(tmp_path: Path) -> None:
    program = """
import random
from functions.api import handler
from snapshot_restore_py import hooks
state, drawn = random.getstate(), set()
for restored in range(3):
    random.setstate(state)
    for hook, arguments in hooks: hook(*arguments)
    drawn.add(random.random())
print(len(drawn))
"""
    program = f"exec({program!r})"
    assert said(program, LAMBDA | {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}, tmp_path) == "3"


@pytest.mark.parametrize("kind", ["on-demand", "provisioned-concurrency"])
def test_others_need_no_hook(kind: str, tmp_path: Path) -> None:
    program = "from functions.api import handler; import snapshot_restore_py; print(snapshot_restore_py.hooks)"
    assert said(program, LAMBDA | {"AWS_LAMBDA_INITIALIZATION_TYPE": kind}, tmp_path) == "[]"


def test_a_start_opens_nothing(tmp_path: Path) -> None:
    program = """
from mundotango import bootstrap
made = []
class Watched(bootstrap.Platform):
    def __init__(self): made.append(self)
bootstrap.Platform = Watched
from functions.api import handler
print(len(made), *made[0].__dict__)
"""
    assert said(f"exec({program!r})", LAMBDA, tmp_path) == "1"
