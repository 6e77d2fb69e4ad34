import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from operations import cli, config_env, deployed
from operations.cost import standing
from operations.house_rules import ROOT
from operations.parameters import effective
from operations.preflight import CONCURRENCY_QUOTA, State
from tests.fakes.account import FakeAccount


def commands(command: Any, path: str = "mundo") -> Iterator[str]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{path} {name}")


COMMANDS = list(commands(typer.main.get_command(cli.app)))
SAMCONFIG = """
[phase1.deploy.parameters]
stack_name = "mundo"
region = "us-east-1"
[local.deploy.parameters]
stack_name = "local"
"""


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    samconfig = tmp_path / "samconfig.toml"
    samconfig.write_text(SAMCONFIG)
    monkeypatch.setattr(config_env.load, "__defaults__", (samconfig,))
    monkeypatch.setattr(deployed, "LOCAL_PORTS", tmp_path / "ports.json")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["mundo", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_shows_examples_that_are_commands(path: str) -> None:
    shown = CliRunner().invoke(cli.app, [*path.split()[1:], "--help"], terminal_width=200).output

    examples = [line.strip() for line in shown.split("Examples:")[1].splitlines() if line.strip()]
    assert examples
    assert all(any(example.startswith(known) for known in COMMANDS) for example in examples)


def test_the_readme_lists_every_command() -> None:
    listed = set(
        re.findall(r"^\| `(mundo [a-z -]+)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert listed == {path for path in COMMANDS if not any(other.startswith(f"{path} ") for other in COMMANDS)}


def test_preflight_without_credentials_is_one_refusal_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "preflight", "--json") == 1

    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["state"] == State.REFUSED
    assert "AWS_PROFILE" in finding["cure"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("admin", "grant", "ana@example.org"), "no AWS credentials; sign in"),
        (("rebuild", "counters"), "no AWS credentials; sign in"),
        (("rebuild", "edges", "--env", "phase9"), "no config env phase9; choose one of phase1, local"),
        (("rebuild", "edges", "--env", "local"), "no local cloud runs here; make run"),
        (("privacy", "replay-erasures"), "no AWS credentials; sign in"),
        (("privacy", "replay-erasures", "--env", "local"), "no local cloud runs here; make run"),
        (("queues", "list"), "no AWS credentials; sign in"),
        (("queues", "redrive", "media", "--env", "local"), "no local cloud runs here; make run"),
        (("media", "compress", "nowhere/"), "nowhere: No such file or directory"),
        (("preflight", "--env", "local"), "env local needs none; make run"),
        (("preflight", "Garbage"), "Garbage is not Name=value; quote a value"),
        (("preflight", "--parameters", "OperatorMial=a@example.org"), "did you mean OperatorMail?"),
    ],
)
def test_errors_are_one_line_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert run(monkeypatch, *arguments) == 1

    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line


@pytest.mark.parametrize("limit", [1000, 10])
def test_preflight_passes_where_a_deploy_would(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(cli, "AwsAccount", lambda _session: FakeAccount(limit=limit, unreserved=limit))

    shown = CliRunner().invoke(cli.app, ["preflight", "--env", "phase1"], terminal_width=200)

    assert shown.exit_code == 0
    assert "Always on" in shown.output


def test_preflight_exits_with_1_where_a_deploy_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "AwsAccount", lambda _session: FakeAccount(stacks={"mundo": "ROLLBACK_COMPLETE"}))

    shown = CliRunner().invoke(cli.app, ["preflight"], terminal_width=200)

    assert shown.exit_code == 1
    assert "delete-stack --stack-name mundo" in shown.output


def test_parameters_on_the_command_line_are_looked_at_as_the_deploy_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "AwsAccount", lambda _session: FakeAccount(verified=()))

    shown = CliRunner().invoke(cli.app, ["preflight", "SesIdentity=example.org"], terminal_width=200)

    assert shown.exit_code == 1
    assert "SES may not send as example.org" in shown.output


def test_a_line_of_parameters_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "AwsAccount", lambda _session: FakeAccount(verified=()))

    line = 'SesFrom="Mundo Tango <hello@example.org>" SesIdentity=example.org'
    shown = CliRunner().invoke(cli.app, ["preflight", "--parameters", line], terminal_width=200)

    assert shown.exit_code == 1
    assert "SES may not send as example.org" in shown.output


@pytest.mark.parametrize("size", ["db.t4g.micro", "db.x9.large"])
def test_prices_can_be_read_at_80_columns(monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setattr(cli, "AwsAccount", lambda _session: FakeAccount())
    monkeypatch.setenv("COLUMNS", "80")
    given = [f"DatabaseInstanceClass={size}", "DatabaseMultiAz=true"]

    lines = CliRunner().invoke(cli.app, ["preflight", *given]).output.split("Always on")[1].splitlines()

    env = config_env.load("phase1")
    env = replace(env, parameters=effective(env.parameters, dict(pair.split("=") for pair in given)))
    _, found = standing.of_env(env)
    assert len(found) > 5
    for one in found:
        (row,) = [line for line in lines if one.what in line]
        assert ("unknown" if one.monthly is None else f"{one.monthly:.2f}") in row
        assert one.confirmed or one.monthly is None or " ?" in row
        assert f"source: {one.source}" in lines
    assert any(line.startswith("? unconfirmed") for line in lines)
    assert any(size in line and "unknown" in line for line in lines) == (size == "db.x9.large")


def test_an_address_to_go_to_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "AwsAccount", lambda _session: FakeAccount(limit=10, unreserved=10))
    monkeypatch.setenv("COLUMNS", "80")

    shown = CliRunner().invoke(cli.app, ["preflight"]).output

    assert CONCURRENCY_QUOTA in "".join(line.strip("│ ").rpartition("│")[2].strip() for line in shown.splitlines())


@pytest.mark.allow_sockets
def test_a_local_cloud_that_has_ended_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its ports stay recorded: it takes them again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    deployed.LOCAL_PORTS.write_text(json.dumps({"gateway": port}))

    assert run(monkeypatch, "queues", "list", "--env", "local") == 1

    assert capsys.readouterr().err == "mundo: no local cloud runs here; make run\n"
