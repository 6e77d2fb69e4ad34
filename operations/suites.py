"""`make test`: the five suites one after the other, each with its count, its time and its budget."""

import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / ".local" / "test-results"


@dataclass(frozen=True, slots=True)
class Suite:
    name: str
    budget: int  # seconds, on two cores with nothing else running
    flags: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    profile: str = "default"  # named, because Hypothesis takes another one where it sees a CI


@dataclass(slots=True)
class Result:
    suite: Suite
    seconds: float
    exit_code: int
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return self.exit_code == 0 and self.counts.get("passed", 0) > 0


# The e2e suite shares one local cloud, so it has one worker; of the template suite each would build anew.
PARALLEL = ("--numprocesses=2", "--dist=loadfile")
SUITES = (
    # In two halves, of which whoever is done first takes from the other: 27 s where pieces in turn took 32 (without the
    # cost model's).
    Suite("unit", budget=10, flags=("--numprocesses=2", "--dist=worksteal")),
    Suite("contract", budget=60, flags=PARALLEL),
    Suite("integration", budget=120, flags=PARALLEL),
    Suite("template", budget=60),
    Suite("e2e", budget=240),
)
DEEP = Suite(
    "deep",
    budget=300,
    # Few tests, of which the longest are in one file: whichever worker is free takes the next, and those come first.
    flags=("-m", "hypothesis", "--timeout=300", "--numprocesses=2", "--dist=worksteal"),
    profile="deep",
    folders=("tests/integration", "tests/contract", "tests/unit"),
)


def count(report: Path) -> dict[str, int]:
    """What pytest's JUnit report says: passed, failed (errors too) and skipped (expected failures too)."""
    if not report.exists():
        return {}
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314 - written by pytest a moment ago
        for key in total:
            total[key] += int(suite.get(key, 0))
    failed = total["failures"] + total["errors"]
    return {
        "passed": total["tests"] - failed - total["skipped"],
        "failed": failed,
        "skipped": total["skipped"],
    }


def run(suite: Suite) -> Result:
    report = RESULTS / f"{suite.name}.xml"
    report.unlink(missing_ok=True)
    folders = suite.folders or (f"tests/{suite.name}",)
    present = [folder for folder in folders if (ROOT / folder).is_dir()]
    started = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *suite.flags, *present]
    command += [f"--hypothesis-profile={suite.profile}"]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    return Result(suite, time.perf_counter() - started, code, count(report))


def show(results: list[Result], console: Console) -> None:
    table = Table(title="Tests", title_justify="left")
    for heading in ("suite", "passed", "failed", "skipped", "seconds", "budget"):
        table.add_column(heading, justify="left" if heading == "suite" else "right")
    for result in results:
        over = result.seconds > result.suite.budget
        table.add_row(
            result.suite.name,
            *(str(result.counts.get(key, 0)) for key in ("passed", "failed", "skipped")),
            f"{result.seconds:.1f}",
            f"{result.suite.budget}{' over' if over else ''}",
            style=None if result.good else "red",
        )
    console.print(table)
    total = {key: sum(result.counts.get(key, 0) for result in results) for key in ("passed", "failed", "skipped")}
    seconds = sum(result.seconds for result in results)
    said = ", ".join(f"{number} {key}" for key, number in total.items() if number) or "no tests ran"
    print(f"{f' {said} in {seconds:.2f}s ':=^100}", flush=True)


def main(arguments: list[str]) -> int:
    known = {suite.name: suite for suite in SUITES}
    if arguments == ["--deep"]:
        chosen = [DEEP]
    elif unknown := [name for name in arguments if name not in known]:
        print(f"no suite {unknown[0]}; the suites are {', '.join(known)}", file=sys.stderr)
        return 2
    else:
        chosen = [known[name] for name in arguments] or list(SUITES)
    RESULTS.mkdir(parents=True, exist_ok=True)
    results = []
    for suite in chosen:
        print(f"\n{suite.name}", flush=True)
        results.append(run(suite))
    show(results, Console())
    return 0 if all(result.good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
