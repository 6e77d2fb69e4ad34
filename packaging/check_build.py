"""Builds everything twice, each in a folder of its own, and compares every byte, time and mode.

What differs between two builds of one commit would be uploaded anew, published as a new version and warmed up anew, at
each deploy.
"""

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path
from typing import get_args

from build import ARTIFACTS, Platform, build


def fingerprints(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): _fingerprint(path) for path in sorted(folder.rglob("*"))}


def _fingerprint(path: Path) -> str:
    status = path.stat()
    content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return f"{status.st_mode:o} {status.st_mtime_ns} {content}"


def differences(platform: Platform, uv: str) -> list[str]:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory(suffix="-elsewhere") as second:
        for folder in (Path(first), Path(second)):
            for name in ARTIFACTS:
                build(name, folder / name, platform, uv)
        one, other = fingerprints(Path(first)), fingerprints(Path(second))
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", choices=get_args(Platform), required=True)
    parser.add_argument("--uv", default="uv")
    asked = parser.parse_args()
    found = differences(asked.platform, asked.uv)
    for path in found:
        print(f"check-build: {path} differs", file=sys.stderr)
    if not found:
        print("check-build: two builds, the same bytes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
