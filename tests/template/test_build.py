"""The build recipe, run for this machine: the same bytes twice, and what it leaves still imports."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from operations.templates import ROOT, load

ARTIFACTS = ["CommonLayer", "ApiFunction", "JobsFunction"]
BUILT_TWICE = ARTIFACTS[:2]


def uv() -> str:
    fetched = ROOT / ".local" / "uv" / "bin" / "uv"
    return str(fetched) if fetched.exists() else "uv"


def build(name: str, into: Path) -> None:
    command = [sys.executable, str(ROOT / "packaging" / "build.py"), name, "--into", str(into)]
    subprocess.run([*command, "--platform", "host", "--uv", uv()], check=True, cwd=ROOT, timeout=60)


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """All of it, and elsewhere, earlier, what is compared; two at a time, as each works on one core."""
    first, second = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("elsewhere") / "deeper"
    places = [*(second / name for name in BUILT_TWICE), *(first / name for name in ARTIFACTS)]
    with ThreadPoolExecutor(2) as several:
        list(several.map(lambda place: build(place.name, place), places))
    return first, second


@pytest.fixture(scope="module")
def built(builds: tuple[Path, Path]) -> Path:
    return builds[0]


def contents(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", BUILT_TWICE)
def test_two_builds_are_the_same_bytes(name: str, builds: tuple[Path, Path]) -> None:
    first, second = (contents(folder / name) for folder in builds)
    assert sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path)) == []


@pytest.mark.parametrize("name", ["ApiFunction", "JobsFunction"])
def test_handler_imports_from_what_was_built_alone(name: str, built: Path) -> None:
    module = load("template.yaml")["Resources"][name]["Properties"]["Handler"].rpartition(".")[0]
    program = (
        f"import sys; sys.path[:0] = {[str(built / name), str(built / 'CommonLayer' / 'python')]!r}; import {module}"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_byte_names_this_machine(built: Path) -> None:
    for path in (built / "JobsFunction").rglob("*.pyc"):
        assert str(built).encode() not in path.read_bytes(), path
        assert b"/var/task/functions/" in path.read_bytes(), path


def test_compiled_code_is_valid_whatever_the_clock_says(built: Path) -> None:
    """Of the flags bit 0 is set: by hash, not by time. Bit 1 is not: and nobody compares the hash with the source."""
    compiled = sorted(built.rglob("*.pyc"))
    assert len(compiled) > 500
    assert {int.from_bytes(path.read_bytes()[4:8], "little") for path in compiled} == {0b01}


def test_botocore_brings_what_is_listed_only(built: Path) -> None:
    listed = (ROOT / "packaging" / "botocore-services.txt").read_text(encoding="utf-8").splitlines()
    data = built / "CommonLayer" / "python" / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == {n for n in listed if n and not n.startswith("#")}


def test_each_service_that_is_asked_is_listed() -> None:
    listed = (ROOT / "packaging" / "botocore-services.txt").read_text(encoding="utf-8").split()
    sources = [path for folder in ("layers/common/mundotango", "functions") for path in (ROOT / folder).rglob("*.py")]
    asked = {name for path in sources for name in re.findall(r'make_client\(\s*"([\w-]+)"', path.read_text("utf-8"))}
    assert {"sqs", "xray"} <= asked <= set(listed)


def test_a_function_ships_nothing_the_layer_has(built: Path) -> None:
    def packages(folder: Path) -> set[str]:
        return {path.name.split("-")[0] for path in folder.glob("*.dist-info")}

    layer = packages(built / "CommonLayer" / "python")
    assert layer
    assert not layer & packages(built / "ApiFunction")
    assert not packages(built / "JobsFunction")


def test_too_heavy_an_artifact_is_named(built: Path) -> None:
    """`make build` ends here; the sizes themselves are those of the cloud's platform, which it has built."""
    program = (
        "import sizes; whole = {name: sizes.Size(1, 1) for name in sizes.ARTIFACTS}; assert not sizes.excesses(whole);"
        "whole['ApiFunction'] = sizes.Size(1_000_001, 1); whole['CommonLayer'] = sizes.Size(1, 119_999_999);"
        "whole['PushFunction'] = sizes.Size(1, 2); print(*sizes.excesses(whole), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "packaging", capture_output=True, text=True, check=True
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ApiFunction", "PushFunction"]
