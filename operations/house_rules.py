"""Rules that ruff, mypy and import-linter cannot say. Each function's docstring tells the bug it prevents."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAX_LINES = 400
PACKAGES = ("layers/common/mundotango", "functions", "operations", "devstack", "bench")


def tracked(pattern: str, root: Path = ROOT) -> list[Path]:
    """Files git knows or would add, so that .venv and .local stay out."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", pattern]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sorted(path for name in listed.split("\0") if name and (path := root / name).is_file())


def modules_too_long(modules: list[Path], root: Path = ROOT) -> Iterator[str]:
    """A service module nobody dared to split grew to 4,000 lines elsewhere; the limit comes before the habit."""
    for module in modules:
        lines = len(module.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            yield f"{module.relative_to(root)}: {lines} lines, {MAX_LINES} at most; split it by what it does"


def packages_unseen(modules: list[Path], root: Path = ROOT) -> Iterator[str]:
    """import-linter walks packages: in a folder without __init__.py every forbidden import passes unseen."""
    for folder in sorted({module.parent for module in modules}):
        inside = any(folder.is_relative_to(root / package) for package in PACKAGES)
        if inside and "migrations" not in folder.parts and not (folder / "__init__.py").exists():
            yield f"{folder.relative_to(root)}: has modules but no __init__.py, so import-linter does not look into it"


def violations(root: Path = ROOT) -> list[str]:
    modules = tracked("*.py", root)
    return [*modules_too_long(modules, root), *packages_unseen(modules, root)]


def main() -> int:
    found = violations()
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
