"""`make bench`: runs every benchmark and writes what they measured to docs/benchmarks.md; `BENCH="feed"` only some."""

import ast
import os
import platform
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
BENCHES = (
    "cold_start",
    "feed",
    "reactions",
    "images",
    "request",
    "load",
    "fanout",
    "resume",
    "events",
    "registration",
    "edge",
)

OPENING = """\
# Benchmarks

Written by `make bench`; do not edit. Trust the ratios, which are of runs side by side, and not the times, which are of
one machine: {machine}, Python {python}.
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


def kept(page: str) -> dict[str, str]:
    """The sections of the page as it is, by their benchmarks."""
    parts = re.split(r"^## (\w+)$", page, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def section(module: str) -> str:
    # The day it was measured, in words for readers and not the platform's clock.
    day = date.today()  # noqa: DTZ011
    return f"\n\nMeasured on {day}.\n\n{told(module)}\n\n```text\n{measured(module)}\n```\n"


def page(wanted: Collection[str], before: str) -> Iterator[str]:
    """With what `wanted` measure now, and of the others what stood there before."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    sections = kept(before) | {module: section(module) for module in BENCHES if module in wanted}
    yield OPENING.format(machine=machine, python=platform.python_version())
    for module in BENCHES:
        if module in sections:
            yield f"\n## {module}{sections[module].rstrip()}\n"


def main() -> None:
    wanted = sys.argv[1:] or BENCHES
    if unknown := sorted(set(wanted) - set(BENCHES)):
        sys.exit(f"bench: no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    PAGE.parent.mkdir(exist_ok=True)
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text("".join(page(wanted, before)), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
