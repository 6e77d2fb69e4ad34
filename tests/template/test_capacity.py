"""Tables that are written most keep units a second from phase 3 on."""

from typing import Any

import pytest

from operations import config_env
from operations.cost.tables import TABLE, scaled
from operations.envs.check import names
from operations.expansion import of_env

REGIONS = {"us-east-1", "eu-west-1", "sa-east-1"}
SHARED = {"activities", "counters", "reactions", "reactions by_user"}
GROWN = [name for name in names() if name.startswith(("phase3-", "phase4-")) and not name.endswith("-prepare")]


def tables(name: str) -> dict[str, dict[str, Any]]:
    root = of_env(config_env.load(name))[0].resources
    return {logical: one["Properties"] for logical, one in root.items() if one["Type"] == TABLE}


@pytest.mark.parametrize("name", [one for one in names() if one not in GROWN])
def test_before_phase_3_all_are_paid_by_request(name: str) -> None:
    for table in tables(name).values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert "ProvisionedThroughputSettings" not in str(table)


@pytest.mark.parametrize("name", GROWN)
def test_from_phase_3_on_each_copy_and_each_index_is_scaled(name: str) -> None:
    env = config_env.load(name)
    found = list(scaled(of_env(env)))
    at_home = {(unit, region) for unit in SHARED for region in REGIONS} | {("notifications", "us-east-1")}
    shared = at_home if name.endswith("us-east-1") else set()
    assert {(one.unit, one.region) for one in found} == shared | {("connections", env.region)}
    for one in found:
        for limits in (one.writes, one.reads):
            assert (limits.floor, limits.ceiling) == tuple(map(float, map(env.parameters.get, BOUNDS)))  # type: ignore[arg-type]
            assert limits.target == float(env.parameters.get("TableTarget", 70)) / 100


@pytest.mark.parametrize("name", GROWN)
def test_each_says_what_it_has_at_the_change(name: str) -> None:
    """CloudFormation refuses the change from requests to capacity without:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-dynamodb-globaltable-capacityautoscalingsettings.html"""
    for table in tables(name).values():
        for settings in _settings(table):
            assert settings["SeedCapacity"] == settings["MaxCapacity"] > settings["MinCapacity"]


def test_every_index_of_a_scaled_table_is_scaled_in_every_copy() -> None:
    for table in tables("phase4-us-east-1").values():
        if table["BillingMode"] == "PROVISIONED":
            indexes = {one["IndexName"] for one in table.get("GlobalSecondaryIndexes", [])}
            for replica in table["Replicas"]:
                assert {one["IndexName"] for one in replica.get("GlobalSecondaryIndexes", [])} == indexes


def _settings(of: Any) -> list[dict[str, int]]:
    if isinstance(of, list):
        return [each for one in of for each in _settings(one)]
    if not isinstance(of, dict):
        return []
    own = [{key: int(one[key]) for key in KEYS} for name, one in of.items() if name.endswith("AutoScalingSettings")]
    return own + [each for one in of.values() for each in _settings(one)]


BOUNDS = ("TableFloor", "TableCeiling")
KEYS = ("MinCapacity", "MaxCapacity", "SeedCapacity")
