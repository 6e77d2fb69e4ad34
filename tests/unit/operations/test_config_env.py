from pathlib import Path

import pytest

from operations.config_env import ConfigEnv, load
from operations.refusal import Refusal

SAMCONFIG = """
version = 0.1
[phase1.global.parameters]
stack_name = "mundo-tango"
region = "us-east-1"
[phase1.deploy.parameters]
parameter_overrides = ["Phase=phase1", "SiteUrl=https://example.org/?a=b"]
[other.deploy.parameters]
stack_name = "other"
parameter_overrides = 'Phase="local" Greeting="two words"'
[nameless.deploy.parameters]
region = "us-east-1"
[garbled.deploy.parameters]
stack_name = "garbled"
parameter_overrides = ["Garbage"]
"""


@pytest.fixture
def samconfig(tmp_path: Path) -> Path:
    path = tmp_path / "samconfig.toml"
    path.write_text(SAMCONFIG)
    return path


def test_deploy_reads_its_own_parameters_over_the_global_ones(samconfig: Path) -> None:
    assert load("phase1", samconfig) == ConfigEnv(
        "phase1", "mundo-tango", "us-east-1", {"Phase": "phase1", "SiteUrl": "https://example.org/?a=b"}
    )


def test_overrides_may_be_one_string(samconfig: Path) -> None:
    assert load("other", samconfig).parameters == {"Phase": "local", "Greeting": "two words"}
    assert load("other", samconfig).region is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("phase9", "no config env phase9; choose one of phase1, other, nameless, garbled"),
        ("nameless", "names no stack"),
        ("garbled", "Garbage is not Name=value"),
    ],
)
def test_what_is_not_there_is_said_with_the_cure(samconfig: Path, name: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        load(name, samconfig)


def test_a_file_that_is_missing_or_no_toml_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="is missing"):
        load("phase1", tmp_path / "samconfig.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[phase1")
    with pytest.raises(Refusal, match="is not TOML"):
        load("phase1", broken)
