"""The trees that cold starts are timed in: ours as the build makes it, and the naive API as a plain `sam build` would.

A plain `sam build` leaves no `.pyc`, and Lambda's file system is read-only: then every start compiles all it imports.
"""

import compileall
import hashlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from py_compile import PycInvalidationMode

from devstack import toolchain

ROOT = Path(__file__).parent.parent
STAGED = ROOT / ".local" / "bench"
WITHOUT_BYTECODE = shutil.ignore_patterns("__pycache__", "*.pyc")


class Trees:
    """Where to import a subject from, in the order Lambda looks: the function's own folder, then the layer's."""

    def __init__(self, artifacts: set[str]) -> None:
        """Packages of the naive API are installed again only when the lock has changed; ours is built each time."""
        STAGED.mkdir(parents=True, exist_ok=True)
        self._stage_naive()
        with ThreadPoolExecutor() as pool:
            list(pool.map(_build, {"CommonLayer", *artifacts}))
        for module in (STAGED / "built" / "probes", STAGED / "naive"):
            module.mkdir(exist_ok=True)
        shutil.copy(ROOT / "bench" / "our_stores.py", STAGED / "built" / "probes")

    def path(self, artifact: str | None, *, compiled: bool) -> list[str]:
        """`artifact` None: the naive API's. Ours is compiled, as it always ships."""
        if artifact is None:
            return [str(STAGED / ("naive-compiled" if compiled else "naive"))]
        built = STAGED / "built"
        return [str(built / artifact), str(built / "CommonLayer" / "python"), str(built / "probes")]

    def _stage_naive(self) -> None:
        lock = hashlib.sha256((ROOT / "uv.lock").read_bytes()).hexdigest()
        plain, compiled, stamp = STAGED / "naive", STAGED / "naive-compiled", STAGED / "naive.lock-sha256"
        if not stamp.exists() or stamp.read_text() != lock:
            for tree in (plain, compiled):
                shutil.rmtree(tree, ignore_errors=True)
            _install(plain)
            shutil.copytree(plain, compiled)
            stamp.write_text(lock)
        for tree in (plain, compiled):
            shutil.copy(ROOT / "bench" / "naive_api.py", tree)
        _compile(compiled)


def _build(artifact: str) -> None:
    into = STAGED / "built" / artifact
    shutil.rmtree(into, ignore_errors=True)
    command = [sys.executable, "packaging/build.py", artifact, "--into", str(into), "--platform", "host"]
    subprocess.run([*command, "--uv", toolchain.uv()], cwd=ROOT, check=True)


def _install(target: Path) -> None:
    """What the naive API needs of the same lock, whole."""
    export = [toolchain.uv(), "export", "--locked", "--no-emit-project", "--quiet"]
    export += ["--only-group", "layer", "--only-group", "api"]
    requirements = subprocess.run(export, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    install = [toolchain.uv(), "pip", "install", "--quiet", "--target", str(target), "--python", sys.executable]
    install += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--link-mode", "copy", "-r", "-"]
    subprocess.run(install, cwd=ROOT, input=requirements, text=True, check=True)


def _compile(tree: Path) -> None:
    """Unchecked, as the build compiles ours: an import then reads no source and no time of change."""
    if not compileall.compile_dir(tree, quiet=2, workers=0, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH):
        raise SystemExit("bench: some module of the naive API does not compile; see python -m compileall")
