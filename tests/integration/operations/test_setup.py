"""Which Python fetches uv on a machine that has none."""

import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[3] / "operations" / "setup.sh"
TOOLS = ("sh", "dirname", "grep", "rm", "mkdir", "ln")
# Answers whether it is new enough, and makes no environment.
PYTHON = '#!/bin/sh\n[ "$1" = -c ] && exit {too_old}\necho "$0 makes it" >&2\nexit 1\n'


def setup(folder: Path, pythons: dict[str, bool]) -> str:
    path = folder / "bin"
    path.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (path / tool).symlink_to(found)
    for name, new_enough in pythons.items():
        (path / name).write_text(PYTHON.format(too_old=0 if new_enough else 1))
        (path / name).chmod(0o755)
    (folder / "operations").mkdir()
    script = shutil.copy(SETUP, folder / "operations")
    done = subprocess.run([path / "sh", script], env={"PATH": str(path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3": True}, "python3"),
        ({"python3": False, "python3.11": True}, "python3.11"),
        ({"python3": False, "python3.12": True, "python3.11": True}, "python3.12"),
        # A shim of pyenv for a version that is not selected.
        ({"python3": True, "python3.13": False}, "python3"),
    ],
)
def test_the_newest_that_is_new_enough_fetches_uv(tmp_path: Path, pythons: dict[str, bool], chosen: str) -> None:
    assert f"bin/{chosen} makes it" in setup(tmp_path, pythons)


@pytest.mark.parametrize("pythons", [{}, {"python3": False}])
def test_without_one_setup_says_what_to_install(tmp_path: Path, pythons: dict[str, bool]) -> None:
    assert setup(tmp_path, pythons) == "setup: no Python 3.11 or newer on PATH; install one\n"
