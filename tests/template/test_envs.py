"""What `make check-envs` finds, and what each config env is."""

import subprocess
import sys
from copy import deepcopy

import pytest

from operations import config_env, expansion, parameters
from operations.config_env import ConfigEnv
from operations.envs.check import MOST_BYTES, MOST_RESOURCES, Deployed, examine, excesses, names
from operations.expansion import Template
from operations.refusal import Refusal
from operations.templates import ROOT, leaves


def expanded(name: str) -> dict[str, Template]:
    return {one.path: one for one in expansion.of_env(config_env.load(name))}


def test_a_template_that_grows_too_large_is_found() -> None:
    at_most = Deployed("phase1", "", MOST_RESOURCES, MOST_BYTES)
    over = [Deployed("phase2", "", MOST_RESOURCES + 1, 1), Deployed("phase2", "Cache", 1, MOST_BYTES + 1)]

    assert list(map(str, excesses([at_most, *over]))) == [
        "phase2 root: 401 resources, 400 at most",
        "phase2 Cache: 800,001 bytes, 800,000 at most",
    ]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_wrong_in_one_env_alone_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else: the env is clean. What is broken here can be seen neither in the template nor in phase 1."""
    of_env = expansion.of_env

    def broken(env: ConfigEnv) -> list[Template]:
        found = deepcopy(of_env(env))
        (cache,) = (one for one in found if one.path == "Cache")
        cache.resources["Nodes"]["Properties"] |= {"TransitEncryptionEnabled": False, "NumNodeGroups": "many"}
        return found

    monkeypatch.setattr(expansion, "of_env", broken)
    deployed, findings = examine(["phase3-eu-west-1"])

    assert {one.path for one in deployed} >= {"", "Database/Aurora", "Cache"}
    assert {str(one).partition(" ")[0] for one in findings} == {"phase3-eu-west-1"}
    said = sorted(one.said.split()[0] for one in findings if one.path == "Cache")
    assert said == ["CKV_AWS_30", "E3012"]
    assert [one for one in findings if one.path != "Cache"] == []


def test_an_unknown_env_is_refused_in_one_line() -> None:
    command = [sys.executable, "-m", "operations.envs.check", "--env", "phase9"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = [line for line in done.stderr.splitlines() if line.strip() and "some minutes" not in line]
    assert line.startswith("check-envs: samconfig.toml has no config env phase9; choose one of local, phase1")


@pytest.mark.parametrize("name", [one for one in names() if one != "local"])
def test_the_api_keeps_within_its_connections(name: str) -> None:
    """Each environment holds one connection to the database, and one to the reader."""
    most = int(config_env.load(name).parameters["ReservedConcurrency"])
    outputs = expanded(name)["Database"].outputs
    connections = outputs["Connections"]["Value"]
    if isinstance(connections, dict):
        connections = expanded(name)["Database/Aurora"].outputs["Connections"]["Value"]
    assert most <= 0.8 * connections


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("phase1", {"Database/Instance"}),
        ("phase2", {"Database/Instance", "Database/Reader"}),
        ("phase3-prepare", {"Database/Instance", "Database/Aurora/First"}),
        ("phase3-us-east-1", {"Database/Aurora/First", "Database/Aurora/FirstReader"}),
        ("phase3-eu-west-1", {"Database/Aurora/First"}),
        ("phase4-us-east-1", {"Database/Aurora/First", "Database/Aurora/FirstReader"}),
        ("phase4-sa-east-1", {"Database/Aurora/First", "Database/Aurora/FirstReader"}),
    ],
)
def test_each_phase_has_its_instances(name: str, kinds: set[str]) -> None:
    assert kinds == {
        f"{path}/{logical}"
        for path, one in expanded(name).items()
        for logical, resource in one.resources.items()
        if resource["Type"] == "AWS::RDS::DBInstance"
    }


def test_a_cluster_follows_the_instance_only_while_the_move_is_prepared() -> None:
    def follows(name: str) -> bool:
        return "ReplicationSourceIdentifier" in expanded(name)["Database/Aurora"].resources["Cluster"]["Properties"]

    assert follows("phase3-prepare")
    assert not follows("phase3-us-east-1")


def test_one_stack_makes_the_global_database_and_the_others_join_it() -> None:
    for phase in ("phase3", "phase4"):
        home, *others = (
            expanded(f"{phase}-{one}")["Database/Aurora"].resources for one in ("us-east-1", "eu-west-1", "sa-east-1")
        )
        made = home["Global"]["Properties"]
        assert made["SourceDBClusterIdentifier"] == {"Ref": "Cluster"}
        assert "GlobalClusterIdentifier" not in home["Cluster"]["Properties"]
        for other in others:
            cluster = other["Cluster"]["Properties"]
            assert cluster["GlobalClusterIdentifier"] == made["GlobalClusterIdentifier"]
            assert not {"MasterUsername", "MasterUserPassword", "DatabaseName"} & cluster.keys()
            assert "Global" not in other


def test_who_is_not_home_reads_only() -> None:
    for name in ("phase3-eu-west-1", "phase4-sa-east-1"):
        outputs = expanded(name)["Database/Aurora"].outputs
        for output in ("Host", "ReaderHost", "OwnHost"):
            assert set(leaves(outputs[output]["Value"])) & {"ReadEndpoint", "ReadEndpoint.Address"}, (name, output)


def test_a_region_that_becomes_home_keeps_its_cluster_in_the_global_database() -> None:
    env = config_env.load("phase3-eu-west-1")
    promoted = ConfigEnv(env.name, env.stack_name, env.region, {**env.parameters, "IsHome": "true"})
    now = {one.path: one for one in expansion.of_env(promoted)}["Database/Aurora"]

    assert now.resources["Cluster"] == expanded(env.name)["Database/Aurora"].resources["Cluster"]
    assert "Global" not in now.resources
    assert now.outputs["Host"]["Value"] == {"Fn::GetAtt": ["Cluster", "Endpoint.Address"]}


def test_burstable_classes_are_not_in_a_global_database() -> None:
    for name in names():
        given = config_env.load(name).parameters
        if given.get("GlobalDatabase"):
            assert not given["DatabaseClusterClass"].startswith("db.t")


def test_no_env_breaks_a_rule_of_the_template() -> None:
    """CloudFormation refuses such a deploy; and with SnapStart nothing else is started before it is needed."""
    for name in names():
        given = parameters.effective(config_env.load(name).parameters)
        assert given["SnapStart"] == "false" or given["ProvisionedConcurrency"] == "0", name
        if given["DatabaseKind"] == "instance":
            assert given["DatabaseReaders"] in {"0", "1"}, name
        if given["DatabaseKind"] == "prepare":
            assert (given["DatabaseReaders"], given["DatabaseOrigin"]) == ("0", "instance"), name


def test_snapstart_rules_out_environments_that_are_always_started() -> None:
    (root, *_) = expansion.expand(
        parameters.effective(
            {"SnapStart": "true", "ProvisionedConcurrency": "5", "DatabaseHost": "db", "CacheHost": "c"}
        )
    )
    function = root.resources["ApiFunction"]["Properties"]
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert "ProvisionedConcurrencyConfig" not in function


def test_a_class_that_the_template_does_not_know_is_refused_with_those_it_does() -> None:
    with pytest.raises(
        Refusal, match=r"knows no db\.x9\.large among its Classes; choose db\.t4g\.micro, db\.t4g\.small"
    ):
        expansion.expand(parameters.effective({"DatabaseInstanceClass": "db.x9.large"}))
