"""The three tools, started as an operator would: each ends with a file of samples."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from loadtests import samples
from loadtests.samples import Sample
from loadtests.target import Target
from operations.refusal import Refusal

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / ".local" / "env" / "load" / "bin"
LIST = "/api/public/events?city=Buenos%20Aires"

type Tick = Callable[[], None]


def ab(target: Target, *, requests: int, at_once: int, folder: Path, tick: Tick) -> list[Sample]:
    """The plan's first test, of one list of events."""
    program = shutil.which("ab")
    if program is None:
        raise Refusal("ab is not installed", cure="apt install apache2-utils, or choose another tool")
    out, host = folder / "ab.tsv", urlsplit(target.site_url).netloc
    command = [
        program, "-q", "-r", "-n", str(requests), "-c", str(at_once), "-s", "35", "-g", str(out), "-H", f"Host: {host}",
        f"{target.dialled}{LIST}&from={_now()}",
    ]  # fmt: skip
    said = _run(command, folder, tick)
    found = samples.of_ab(out, "events of a city")
    # Its file has what was answered, whatever with; what was not 2xx it counts.
    refused = re.search(r"Non-2xx responses:\s+(\d+)", said)
    lost = requests - len(found) + (int(refused[1]) if refused else 0)
    return [
        Sample(one.at, one.name, one.ms, "not answered with 2xx" if number < lost else "")
        for number, one in enumerate(found)
    ]


def k6(target: Target, *, users: int, seconds: int, folder: Path, tick: Tick) -> list[Sample]:
    """The plan's second test: plan.js."""
    out = folder / "k6.csv"
    given = {"SITE": target.site_url, "FROM": _now(), "HERE": target.host if target.dialled != target.site_url else ""}
    command = [
        str(_of_load("k6")), "run", "--quiet", "--no-usage-report", "--vus", str(users), "--duration", f"{seconds}s",
        "--out", f"csv={out}", *(word for name, value in given.items() for word in ("-e", f"{name}={value}")),
        str(Path(__file__).parent / "plan.js"),
    ]  # fmt: skip
    _run(command, folder, tick, also_good={99})  # 99: a threshold was crossed, which the report says
    return samples.of_k6(out)


def evening(
    target: Target, town: Path, *, users: int, seconds: int, pace: float, pictures: float, folder: Path, tick: Tick
) -> list[Sample]:
    """Whoever is in an evening when the time is up ends it first, for a minute at most."""
    out = folder / "evening.jsonl"
    command = [
        str(_of_load("locust")), "--locustfile", str(Path(__file__).parent / "evening.py"), "--headless",
        "--only-summary", "--host", target.site_url, "--users", str(users), "--spawn-rate", str(max(1, users // 5)),
        "--run-time", f"{seconds}s", "--stop-timeout", "60", "--exit-code-on-error", "0", "--town", str(town),
        "--samples", str(out), "--pace", str(pace), "--pictures", str(pictures),
    ]  # fmt: skip
    _run(command, folder, tick)
    return samples.of_evening(out)


def _now() -> str:
    """To the minute, so that a cache may answer."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:00Z")


def _of_load(name: str) -> Path:
    program = TOOLS / name
    if not program.exists():
        raise Refusal(f"{name} is not installed", cure="make .local/env/load/.synced")
    return program


def _run(command: list[str], folder: Path, tick: Tick, also_good: frozenset[int] | set[int] = frozenset()) -> str:
    """What it printed; `tick` is called while it runs."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("w", encoding="utf-8") as file:
        tool = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, cwd=folder)
        try:
            while True:
                try:
                    code = tool.wait(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    tick()
        finally:
            if tool.poll() is None:
                tool.terminate()
                tool.wait()
    said = log.read_text(encoding="utf-8")
    if code and code not in also_good:
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        raise Refusal(f"{Path(command[0]).name} ended with {code}: {last[0]}", cure="look at the address and try again")
    return said
