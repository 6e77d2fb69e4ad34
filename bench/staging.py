"""The trees that cold starts are timed in: laid out as in Lambda, from the lock, with and without bytecode.

A plain `sam build` leaves no `.pyc`, and Lambda's file system is read-only: then every start compiles all it imports.
"""

import compileall
import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from devstack import toolchain

ROOT = Path(__file__).parent.parent
STAGED = ROOT / ".local" / "bench"
WITHOUT_BYTECODE = shutil.ignore_patterns("__pycache__", "*.pyc")


@dataclass(frozen=True, slots=True)
class Trees:
    """Folders to import from. Both hold the same; `plain` has no bytecode, `compiled` has it."""

    plain: Path
    compiled: Path


def stage() -> Trees:
    """Packages are installed again only when the lock has changed; the code is copied each time."""
    lock = hashlib.sha256((ROOT / "uv.lock").read_bytes()).hexdigest()[:16]
    packages = STAGED / f"packages-{lock}"
    if not packages.exists():
        shutil.rmtree(STAGED, ignore_errors=True)
        _install(packages)
    trees = Trees(STAGED / "plain", STAGED / "compiled")
    for tree in (trees.plain, trees.compiled):
        if not tree.exists():
            shutil.copytree(packages, tree, ignore=WITHOUT_BYTECODE)
        _copy_code(tree)
    # Unchecked, as the build ships them: an import then reads no source and no time of change.
    compiled = compileall.compile_dir(
        trees.compiled, quiet=2, workers=0, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    if not compiled:
        raise SystemExit("bench: some module does not compile; see python -m compileall")
    return trees


def _install(target: Path) -> None:
    groups = ("layer", "api", "image-worker")
    export = [toolchain.uv(), "export", "--locked", "--no-emit-project", "--quiet"]
    export += [word for group in groups for word in ("--only-group", group)]
    requirements = subprocess.run(export, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    install = [toolchain.uv(), "pip", "install", "--quiet", "--target", str(unfinished), "--python", sys.executable]
    install += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", "-"]
    subprocess.run(install, cwd=ROOT, input=requirements, text=True, check=True)
    unfinished.rename(target)


def _copy_code(tree: Path) -> None:
    sources = {"mundotango": ROOT / "layers/common/mundotango", "functions": ROOT / "functions"}
    for name, source in sources.items():
        shutil.rmtree(tree / name, ignore_errors=True)
        shutil.copytree(source, tree / name, ignore=WITHOUT_BYTECODE)
    for module in ("naive_api.py", "our_stores.py"):
        shutil.copy(ROOT / "bench" / module, tree / module)
        for stale in (tree / "__pycache__").glob(f"{Path(module).stem}.*.pyc"):
            stale.unlink()
