"""Going from a phase to the next keeps every store of facts where it is."""

from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from operations import config_env, expansion, parameters
from operations.config_env import ConfigEnv
from operations.envs.check import names
from operations.envs.replacements import LET_GO, NEIGHBOURS, Schemas, losses, schemas
from operations.expansion import Template
from operations.scale.aurora import SWITCHED


@pytest.fixture(scope="module")
def envs() -> dict[str, list[Template]]:
    return {name: expansion.of_env(config_env.load(name)) for name in names()}


@pytest.fixture(scope="module")
def known(envs: dict[str, list[Template]]) -> Schemas:
    return schemas(template for found in envs.values() for template in found)


def changed(templates: list[Template], path: str, name: str, **properties: Any) -> list[Template]:
    """Those templates, with properties of one resource as they are said here."""
    found = deepcopy(templates)
    (template,) = (one for one in found if one.path == path)
    template.resources[name]["Properties"] |= properties
    return found


def test_every_phase_has_a_step_to_it() -> None:
    assert {name for pair in NEIGHBOURS for name in pair} == set(names()) - {"local"}


@pytest.mark.parametrize(("before", "after"), NEIGHBOURS)
def test_no_step_loses_facts(before: str, after: str, envs: dict[str, list[Template]], known: Schemas) -> None:
    assert list(losses(envs[before], envs[after], known, LET_GO.get((before, after), ()))) == []


@pytest.mark.parametrize(
    ("path", "name", "properties", "said"),
    [
        ("Database", "Instance", {"DBName": "other"}, "Database/Instance would be made anew: DBName"),
        ("Database", "Instance", {"Engine": "mysql"}, "Database/Instance would be made anew: Engine"),
        ("", "ReactionsTable", {"TableName": "other"}, "ReactionsTable would be made anew: TableName"),
        ("", "MediaBucket", {"BucketName": "other"}, "MediaBucket would be made anew: BucketName"),
        ("Network", "Vpc", {"CidrBlock": "10.0.0.0/16"}, "Network/Vpc would be made anew: CidrBlock"),
        (
            "Database",
            "SubnetGroup",
            {"DBSubnetGroupName": "other"},
            "Database/Instance would be made anew: DBSubnetGroupName refers to SubnetGroup, which is made anew",
        ),
    ],
)
def test_a_change_that_cannot_be_made_in_place_is_found(
    path: str,
    name: str,
    properties: dict[str, Any],
    said: str,
    envs: dict[str, list[Template]],
    known: Schemas,
) -> None:
    found = list(losses(envs["phase1"], changed(envs["phase2"], path, name, **properties), known))

    assert [line for line in found if line.startswith(said)], found


def test_tables_change_how_they_are_paid_where_they_are(envs: dict[str, list[Template]], known: Schemas) -> None:
    """To capacity whenever one likes, and back to requests four times in 24 hours:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/switching.capacitymode.html"""
    fixed = known["AWS::DynamoDB::GlobalTable"]
    settings = ("BillingMode", "WriteProvisionedThroughputSettings", "Replicas", "GlobalSecondaryIndexes")
    assert not [path for path in (*fixed["always"], *fixed["perhaps"]) if path.startswith(settings)]
    before, after = (envs[name][0].resources["ReactionsTable"] for name in ("phase3-prepare", "phase3-us-east-1"))
    modes = [one["Properties"]["BillingMode"] for one in (before, after)]
    assert modes == ["PAY_PER_REQUEST", "PROVISIONED"]
    assert list(losses(envs["phase3-us-east-1"], envs["phase4-us-east-1"], known)) == []


def test_what_a_cluster_began_with_cannot_be_given_later(envs: dict[str, list[Template]], known: Schemas) -> None:
    later = changed(envs["phase3-us-east-1"], "Database/Aurora", "Cluster", MasterUsername="mundo_master")

    (line,) = losses(envs["phase3-prepare"], later, known, {"Database/Instance"})
    assert line.startswith("Database/Aurora/Cluster would be made anew: MasterUsername")


def test_a_store_that_vanishes_is_found(envs: dict[str, list[Template]], known: Schemas) -> None:
    step = envs["phase3-prepare"], envs["phase3-us-east-1"]
    assert list(losses(*step, known)) == ["Database/Instance would go"]
    back = sorted(losses(envs["phase3-us-east-1"], envs["phase2"], known))
    assert back == ["Database/Aurora would go", "Database/Aurora/Cluster would go", "Database/Aurora/Global would go"]


def test_the_move_loses_nothing_and_leaves_the_instance_as_it_is(
    envs: dict[str, list[Template]], known: Schemas
) -> None:
    """People wait for the deploy amid it; and with KeepInstance the next one has the instance too."""
    moved = given(config_env.load("phase3-prepare"), SWITCHED)
    kept = given(config_env.load("phase3-us-east-1"), "KeepInstance=true")
    steps = [envs["phase3-prepare"], expansion.of_env(moved), expansion.of_env(kept)]

    for before, after in pairwise(steps):
        assert list(losses(before, after, known)) == []
    instances = [one.resources["Instance"]["Properties"] for step in steps for one in step if one.path == "Database"]
    groups = [one.resources["ParameterGroup"]["Properties"] for step in steps for one in step if one.path == "Database"]
    assert instances == instances[:1] * 3
    assert groups == groups[:1] * 3


def test_amid_the_move_nothing_is_made_that_people_would_wait_for(envs: dict[str, list[Template]]) -> None:
    moved = given(config_env.load("phase3-prepare"), SWITCHED)
    (before, now) = ({one.path: one for one in step} for step in (envs["phase3-prepare"], expansion.of_env(moved)))

    for path, template in now.items():
        assert template.resources.keys() <= before[path].resources.keys(), path
    gone = {name for path, template in before.items() for name in template.resources.keys() - now[path].resources}
    assert gone == {"FullDisk"}  # an alarm: a cluster's storage grows by itself
    assert now["Database/Aurora"].outputs["Host"]["Value"] == {"Fn::GetAtt": ["Cluster", "Endpoint.Address"]}
    assert moved.parameters["Canary"] == "false"  # it would take the answers 503 for the new version's


def given(env: ConfigEnv, line: str) -> ConfigEnv:
    return replace(env, parameters=parameters.effective(env.parameters, parameters.pairs(line.split())))


def test_what_is_let_go_of_is_retained(envs: dict[str, list[Template]], known: Schemas) -> None:
    before = deepcopy(envs["phase3-prepare"])
    (database,) = (one for one in before if one.path == "Database")
    database.resources["Instance"]["DeletionPolicy"] = "Snapshot"

    (line,) = losses(before, envs["phase3-us-east-1"], known, {"Database/Instance"})
    assert line.startswith("Database/Instance would be deleted")
