"""Prints what each artifact weighs, beside what a plain `sam build` of the same lock would ship; fails over budget.

    python packaging/sizes.py --platform arm64 --uv uv --built .aws-sam/build

Plain means what SAM does with a requirements file: every package the part needs, whole, and its code; nothing
subtracted, pruned or compiled.
"""

import argparse
import io
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from build import ARTIFACTS, LAYER_GROUP, ROOT, Platform, install, requirements

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Size:
    zipped: int
    unzipped: int


# The budgets of the design, in bytes of the zip; what is not named here ships code alone.
ZIPPED = {"CommonLayer": 19 * MB, "ApiFunction": 1 * MB, "ImageWorkerFunction": 16 * MB, "EffectsFunction": 6 * MB}
ZIPPED_OTHERS = 1 * MB
# Lambda's own limit is 250 MB for a function with its layers.
UNZIPPED_WITH_LAYER = 120 * MB


def measure(folder: Path, *, compiled: bool = True) -> Size:
    packed, unzipped = io.BytesIO(), 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (compiled or path.suffix != ".pyc"):
                archive.write(path, path.relative_to(folder))
                unzipped += path.stat().st_size
    return Size(len(packed.getvalue()), unzipped)


def plain(name: str, platform: Platform, uv: str) -> Size:
    artifact = ARTIFACTS[name]
    parts = [plain_packages(artifact.group or LAYER_GROUP, platform, uv)]
    parts += [measure(ROOT / folder, compiled=False) for folder in {*artifact.code, "layers/common/mundotango"}]
    return Size(sum(part.zipped for part in parts), sum(part.unzipped for part in parts))


@cache
def plain_packages(group: str, platform: Platform, uv: str) -> Size:
    with tempfile.TemporaryDirectory() as scratch:
        install(requirements(LAYER_GROUP, uv) | requirements(group, uv), Path(scratch), platform, uv)
        return measure(Path(scratch))


def excesses(sizes: dict[str, Size]) -> list[str]:
    found = []
    layer = sizes["CommonLayer"]
    for name, size in sizes.items():
        allowed = ZIPPED.get(name, ZIPPED_OTHERS)
        if size.zipped > allowed:
            found.append(f"{name} is {size.zipped / MB:.2f} MB zipped; {allowed / MB:.0f} MB is its budget")
        whole = size.unzipped + (layer.unzipped if name != "CommonLayer" else 0)
        if whole > UNZIPPED_WITH_LAYER:
            found.append(
                f"{name} is {whole / MB:.0f} MB unzipped with the layer; {UNZIPPED_WITH_LAYER / MB:.0f} at most"
            )
    return found


def table(sizes: dict[str, Size], plains: dict[str, Size]) -> str:
    lines = [f"{'MB':<22}{'zipped':>9}{'budget':>9}{'plain':>9}{'unzipped':>11}{'plain':>9}"]
    for name, size in sizes.items():
        budget = ZIPPED.get(name, ZIPPED_OTHERS)
        beside = plains.get(name)
        lines.append(
            f"{name:<22}{size.zipped / MB:>9.2f}{budget / MB:>9.0f}{_mb(beside.zipped if beside else None):>9}"
            f"{size.unzipped / MB:>11.2f}{_mb(beside.unzipped if beside else None):>9}"
        )
    return "\n".join(lines)


def _mb(size: int | None) -> str:
    return "" if size is None else f"{size / MB:.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--built", type=Path, default=ROOT / ".aws-sam" / "build")
    parser.add_argument("--platform", choices=get_args(Platform), required=True)
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--no-plain", action="store_true", help="leave the comparison out")
    asked = parser.parse_args()
    missing = [name for name in ARTIFACTS if not (asked.built / name).is_dir()]
    if missing:
        print(f"sizes: {asked.built} has no {', '.join(missing)}; make build", file=sys.stderr)
        return 1
    sizes = {name: measure(asked.built / name) for name in ARTIFACTS}
    plains = {} if asked.no_plain else {name: plain(name, asked.platform, asked.uv) for name in ARTIFACTS}
    print(table(sizes, plains))
    found = excesses(sizes)
    for line in found:
        print(f"sizes: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
