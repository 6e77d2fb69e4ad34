"""Builds what Lambda runs: the layer, or one function. `sam build` calls it through make, once for each.

    python packaging/build.py ApiFunction --into DIR --platform arm64 --uv uv

Packages come from the one uv.lock, as wheels for the platform, each checked against its hash. A function ships what
the layer lacks. The same sources give the same bytes: fixed times and modes, sorted work, `.pyc` files that name no
path of this machine and are valid by decree, so that nothing compares them with a time stamp. Packages ship those
alone, which is half their weight: a traceback then shows file and line of theirs, and the text of ours.
"""

import argparse
import compileall
import os
import py_compile
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

ROOT = Path(__file__).resolve().parent.parent
SERVICES = Path(__file__).with_name("botocore-services.txt")
PYTHON = "3.13"
# Midnight, the first of January 2000: zip knows no time before 1980, in whatever zone it is built.
EPOCH = 946_684_800

Platform = Literal["arm64", "x86_64", "host"]
# Pillow 13 has no wheels for anything older, and Lambda's Amazon Linux 2023 has glibc 2.34.
WHEELS = {"arm64": "aarch64-manylinux_2_34", "x86_64": "x86_64-manylinux_2_34"}

# Whether a `.pyc` is all there is of a module, or stands in __pycache__ beside its source.
Sources = Literal["alone", "beside"]

LAYER_GROUP = "layer"


@dataclass(frozen=True, slots=True)
class Artifact:
    group: str | None  # dependency group of pyproject.toml
    code: tuple[str, ...]  # folders of the repository that it ships
    root: str  # where it is unpacked in Lambda


ARTIFACTS = {
    "CommonLayer": Artifact(LAYER_GROUP, ("layers/common/mundotango",), "/opt"),
    "ApiFunction": Artifact("api", ("functions/api",), "/var/task"),
    "ImageWorkerFunction": Artifact("image-worker", ("functions/image_worker",), "/var/task"),
    "WsConnectFunction": Artifact(None, ("functions/ws_connect",), "/var/task"),
    "WsAuthorizerFunction": Artifact(None, ("functions/ws_connect",), "/var/task"),
    "PushFunction": Artifact(None, ("functions/push",), "/var/task"),
    "CountersFunction": Artifact(None, ("functions/counters",), "/var/task"),
    "EffectsFunction": Artifact("effects", ("functions/effects",), "/var/task"),
    "JobsFunction": Artifact(None, ("functions/jobs",), "/var/task"),
    "AdvisorFunction": Artifact(None, ("functions/advisor",), "/var/task"),
    "MigrateFunction": Artifact(None, ("functions/migrate",), "/var/task"),
}

# Nothing imports these: type stubs, sources of what is compiled already, texts, tests of others.
UNUSED_SUFFIXES = {".pyi", ".typed", ".pyx", ".pxd", ".c", ".h", ".pyc", ".md"}
UNUSED_FOLDERS = {"__pycache__", ".agents", "tests", "examples"}
# These import what is not shipped: trio, pytest, an HTTP client, a command line.
UNUSED_MODULES = (
    "anyio/_backends/_trio.py",
    "anyio/pytest_plugin.py",
    "fastapi/cli.py",
    "fastapi/testclient.py",
    "starlette/testclient.py",
)
# FastAPI asks of every field whether it is a model of pydantic 1, and is content when there is no such package: it
# would be the slowest part of importing our routes. anyio takes idna for hosts it connects to, which there are none of.
# cryptography needs of cffi its compiled part alone.
UNUSED_PACKAGES = ("pydantic/v1", "idna", "cffi", "pycparser")
# What importlib.metadata is asked for at run time: versions.
KEPT_METADATA = {"METADATA", "entry_points.txt"}


def build(name: str, into: Path, platform: Platform, uv: str) -> None:
    artifact = ARTIFACTS[name]
    packages = into / "python" if artifact.group == LAYER_GROUP else into
    packages.mkdir(parents=True, exist_ok=True)
    if artifact.group:
        wanted = requirements(artifact.group, uv)
        if artifact.group != LAYER_GROUP:
            in_layer = requirements(LAYER_GROUP, uv)
            wanted = {package: pin for package, pin in wanted.items() if package not in in_layer}
        install(wanted, packages, platform, uv)
        prune(packages)
        compile_sources(into, artifact.root, "alone")
    for folder in artifact.code:
        copy_code(ROOT / folder, packages / code_path(folder))
    compile_sources(into, artifact.root, "beside")
    settle(into)


def requirements(group: str, uv: str) -> dict[str, str]:
    """The pinned, hashed lines of the lock for one dependency group, by package name."""
    command = [uv, "export", "--quiet", "--locked", "--only-group", group]
    command += ["--no-emit-project", "--no-header", "--no-annotate", "--format", "requirements.txt"]
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    entries = text.replace("\\\n", " ").splitlines()
    return {re.split(r"[\[=;@ ]", entry, maxsplit=1)[0]: entry for entry in entries if entry.strip()}


def install(pins: dict[str, str], into: Path, platform: Platform, uv: str) -> None:
    if not pins:
        return
    command = [uv, "pip", "install", "--quiet", "--target", str(into), "--python", sys.executable]
    command += ["--python-version", PYTHON, "--only-binary", ":all:", "--require-hashes", "--no-deps"]
    command += ["--link-mode", "copy", "--no-config"]
    if platform != "host":
        command += ["--python-platform", WHEELS[platform]]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(pins.values()) + "\n")
        listed.flush()
        subprocess.run([*command, "--requirement", listed.name], cwd=ROOT, check=True)


def prune(packages: Path) -> None:
    """Leave what an import or a call can reach."""
    shutil.rmtree(packages / "bin", ignore_errors=True)
    (packages / ".lock").unlink(missing_ok=True)
    for path in sorted(packages.rglob("*"), reverse=True):
        if path.is_dir() and path.name in UNUSED_FOLDERS and not path.is_symlink():
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in UNUSED_SUFFIXES:
            path.unlink()
    for module in UNUSED_MODULES:
        (packages / module).unlink(missing_ok=True)
    for package in UNUSED_PACKAGES:
        shutil.rmtree(packages / package, ignore_errors=True)
    for folder in packages.glob("*.dist-info"):
        trim_metadata(folder)
    for data in (packages / "botocore" / "data", packages / "boto3" / "data"):
        prune_services(data)


def prune_services(data: Path) -> None:
    services = set(listed_services())
    for folder in data.glob("*/"):
        if folder.name not in services:
            shutil.rmtree(folder)
            continue
        # A client speaks the newest version of its service; CloudFront has twenty older ones.
        for older in sorted(folder.glob("*/"))[:-1]:
            shutil.rmtree(older)


def listed_services() -> Iterator[str]:
    for line in SERVICES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def trim_metadata(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        elif path.parent != folder or path.name not in KEPT_METADATA:
            path.unlink()
    metadata = folder / "METADATA"
    # After the first empty line comes the project's page on PyPI.
    metadata.write_text(metadata.read_text(encoding="utf-8").split("\n\n", 1)[0] + "\n", encoding="utf-8")


def code_path(folder: str) -> Path:
    """Where a folder of the repository goes: the layer's package to the top, a function below its own path."""
    return Path(folder.removeprefix("layers/common/"))


def copy_code(source: Path, target: Path) -> None:
    if not (source / "__init__.py").exists():
        raise SystemExit(f"build: {source.relative_to(ROOT)} is not there")
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    package = source.parent / "__init__.py"
    if package.exists():
        shutil.copy(package, target.parent / "__init__.py")


def compile_sources(into: Path, root: str, sources: Sources) -> None:
    """Missing `.pyc` files cost two to three times the import time, at every start of every environment."""
    # A fresh process with a fixed seed: the order of a set literal would else differ from build to build.
    command = [sys.executable, "-I", __file__, "--compile", str(into), root, sources]
    subprocess.run(command, check=True, env={"PYTHONHASHSEED": "0"})
    if sources == "alone":
        for path in into.rglob("*.py"):
            path.unlink()


def compile_here(into: Path, root: str, sources: str) -> None:
    done = compileall.compile_dir(
        into,
        maxlevels=20,
        quiet=1,
        force=True,
        legacy=sources == "alone",
        stripdir=str(into),
        prependdir=root,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        raise SystemExit(f"build: not everything in {into} compiles")


def settle(into: Path) -> None:
    """Times and modes as no machine's umask or clock would have them."""
    for path in (into, *into.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        else:
            executable = path.suffix == ".so" or ".so." in path.name
            path.chmod(stat.S_IFREG | (0o755 if executable else 0o644))
    for path in sorted((into, *into.rglob("*")), reverse=True):
        os.utime(path, (EPOCH, EPOCH))


def main() -> None:
    if sys.argv[1:2] == ["--compile"]:
        compile_here(Path(sys.argv[2]), *sys.argv[3:5])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("artifact", choices=ARTIFACTS)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--platform", choices=get_args(Platform), required=True)
    parser.add_argument("--uv", default="uv")
    asked = parser.parse_args()
    if sys.version_info[:2] != tuple(map(int, PYTHON.split("."))):
        raise SystemExit(f"build: this is Python {sys.version.split()[0]}; .pyc files for Lambda need {PYTHON}")
    build(asked.artifact, asked.into.resolve(), asked.platform, asked.uv)


if __name__ == "__main__":
    main()
