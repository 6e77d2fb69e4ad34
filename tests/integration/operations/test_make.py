"""What make does with PARAMETERS, and what it leaves: make itself, with stand-ins for SAM and the slow parts."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from operations.parameters import effective

ROOT = Path(__file__).parents[3]
SAM_PYTHON = ROOT / ".local" / "env" / "sam" / "bin" / "python"
SES_FROM = "Mundo Tango <hello@example.org>"
# Says what it was started for, but for the one program that is meant.
STAND_IN = """#!/bin/sh
[ "$1" = packaging/parameters.py ] && exec "{python}" "$@"
printf '%s' "$(basename "$0")"; printf '|%s' "$@"; echo
"""
CONVERT = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
from samcli.commands.deploy.deploy_context import DeployContext
given = CfnParameterOverridesType().convert(tuple(sys.argv[2:]), None, None)
merged = DeployContext.merge_parameters({"Parameters": dict.fromkeys(json.loads(sys.argv[1]))}, given)
print(json.dumps(merged))
"""


@pytest.fixture
def stand_ins(tmp_path: Path) -> dict[str, str]:
    """Variables of make that put a stand-in where a program is."""
    for name in ("python", "sam"):
        path = tmp_path / name
        path.write_text(STAND_IN.format(python=sys.executable))
        path.chmod(0o755)
    return {
        "PYTHON": str(tmp_path / "python"),
        "SAM": str(tmp_path / "sam"),
        "OVERRIDES": str(tmp_path / "parameters.yaml"),
    }


def make(target: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    # What a setup would make is there, or these tests would not run.
    made = ["--old-file=.venv/.synced", "--old-file=.local/env/sam/.synced"]
    given = [f"{name}={value}" for name, value in variables.items()]
    # Nor is a `make test` around us meant, with variables of its own.
    env = {
        key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "ENV", "PARAMETERS"))
    }
    command = ["make", *made, target, *given]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def as_sam_reads(overrides: Path) -> dict[str, str | None]:
    """What SAM asks CloudFormation for, None being the value the stack had before."""
    if not SAM_PYTHON.exists():
        pytest.skip("SAM is not installed; make test installs it")
    command = [str(SAM_PYTHON), "-c", CONVERT, json.dumps(list(effective())), f"file://{overrides}"]
    merged = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {one["ParameterKey"]: one.get("ParameterValue") for one in merged}


def test_a_deploy_leaves_no_parameter_to_what_the_stack_had(stand_ins: dict[str, str]) -> None:
    line = f'SiteUrl= SesFrom="{SES_FROM}" OperatorMail=ops@example.org'
    done = make("deploy", {**stand_ins, "PARAMETERS": line})

    assert done.returncode == 0, done.stderr
    started = done.stdout.splitlines()
    assert started[0] == f"python|-m|operations.cli|preflight|--env|phase1|--parameters|{line}"
    assert started[-2].endswith(f"|--parameter-overrides|file://{stand_ins['OVERRIDES']}")
    read = as_sam_reads(Path(stand_ins["OVERRIDES"]))
    assert read.keys() == effective().keys()
    assert None not in read.values()
    assert read["SiteUrl"] == ""
    assert read["SesFrom"] == SES_FROM
    assert read["OperatorMail"] == "ops@example.org"
    assert read["CacheTls"] == "true"


def test_values_arrive_as_they_are(tmp_path: Path) -> None:
    given = {
        "SesFrom": '"Mundo" <a@b>',
        "OperatorMail": "it's",
        "SesIdentity": "{{x}}: #y",
        "CertificateArn": "née, 探戈",
        "OriginHost": "$HOME *",
        "UploadOrigin": "a = b",
        "CacheUser": "yes",
        "DatabaseHost": "1e3",
    }
    overrides = tmp_path / "parameters.yaml"
    with overrides.open("w") as output:
        line = shlex.join(f"{name}={value}" for name, value in given.items())
        program = [sys.executable, "packaging/parameters.py", "phase1", line]
        subprocess.run(program, cwd=ROOT, check=True, stdout=output)

    read = as_sam_reads(overrides)
    assert {name: read[name] for name in given} == given


@pytest.mark.parametrize(
    ("target", "wrong"),
    [
        ("deploy", "Garbage"),
        ("deploy", "SesFrom=Mundo Tango <a@b>"),
        ("build", "Architecture=x86"),
        ("build-PushFunction", "NoSuchParam=1"),
        ("check-build", "OperatorMial=a@example.org"),
        ("sizes", "Garbage"),
    ],
)
def test_a_wrong_parameter_stops_the_recipe(target: str, wrong: str, stand_ins: dict[str, str]) -> None:
    done = make(target, {**stand_ins, "PARAMETERS": wrong})

    assert done.returncode != 0
    assert len([line for line in done.stderr.splitlines() if line.startswith("parameters: ")]) == 1
    # The stand-in for the preflight lets everything pass.
    assert [line for line in done.stdout.splitlines() if "preflight" not in line] == []


@pytest.mark.parametrize(
    ("variables", "platform"),
    [
        ({}, "arm64"),
        ({"PARAMETERS": "Architecture=x86_64"}, "x86_64"),
        ({"ENV": "local"}, "host"),
        ({"ENV": "local", "PARAMETERS": "Architecture=x86_64"}, "host"),
    ],
)
@pytest.mark.parametrize("target", ["build", "build-PushFunction", "check-build", "sizes"])
def test_what_is_built_is_what_is_deployed(
    target: str, variables: dict[str, str], platform: str, stand_ins: dict[str, str]
) -> None:
    done = make(target, {**stand_ins, **variables})

    assert done.returncode == 0, done.stderr
    assert f"|--platform|{platform}|" in done.stdout.splitlines()[-1]


def test_what_a_build_is_for_does_not_reach_a_build_inside(stand_ins: dict[str, str]) -> None:
    """`make story` is no build, yet starts one, with an ENV of its own."""
    Path(stand_ins["PYTHON"]).write_text("#!/bin/sh\nenv\n")

    told = make("story", {**stand_ins, "PARAMETERS": "Architecture=x86_64"}).stdout

    assert "PARAMETERS=Architecture=x86_64" in told
    assert "BUILD_FOR" not in told


def test_clean_leaves_the_state_alone(tmp_path: Path) -> None:
    (tmp_path / "packaging").mkdir()
    for name in ("Makefile", "packaging/functions.mk"):
        shutil.copy(ROOT / name, tmp_path / name)
    made = ("build/template.yaml", "build.toml", "build.lock", "sam-build.log", "test-results/unit.xml", "uv/bin/uv")
    for name in (*made, "env/sam/sam", "bench/built/a.py", "state/postgres/PG_VERSION"):
        path = tmp_path / ".local" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True)

    assert [path.name for path in (tmp_path / ".local").iterdir()] == ["state"]
    assert (tmp_path / ".local/state/postgres/PG_VERSION").exists()
