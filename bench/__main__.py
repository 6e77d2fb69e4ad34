"""`make bench`: runs every benchmark and writes what they measured to docs/benchmarks.md."""

import ast
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
BENCHES = ("cold_start", "feed", "reactions", "images", "request", "load", "fanout", "resume")

OPENING = """\
# Benchmarks

Written by `make bench`; do not edit. Trust the ratios, which are of runs side by side, and not the times, which are of
one machine: {machine}, Python {python}, {day}.
"""


def told(module: str) -> str:
    """What the benchmark's docstring says of it."""
    tree = ast.parse((ROOT / "bench" / f"{module}.py").read_text(encoding="utf-8"))
    return ast.get_docstring(tree) or ""


def measured(module: str) -> str:
    """Its output, shown while it runs; the program ends when the benchmark fails."""
    lines: list[str] = []
    wide = os.environ | {"COLUMNS": "110", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", f"bench.{module}"], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=wide
    ) as bench:
        for line in bench.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    if bench.returncode:
        sys.exit(f"bench: {module} failed")
    return "\n".join(lines)


def page() -> Iterator[str]:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    # The day the page was written, in words for readers and not the platform's clock.
    yield OPENING.format(machine=machine, python=platform.python_version(), day=date.today())  # noqa: DTZ011
    for module in BENCHES:
        yield f"\n## {module}\n\n{told(module)}\n\n```text\n{measured(module)}\n```\n"


def main() -> None:
    written = "".join(page())
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(written, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
