"""A small platform whose figures can be reckoned by hand: each thing that people do takes round numbers."""

from dataclasses import replace
from typing import Any

import pytest

from operations.config_env import ConfigEnv
from operations.cost import prices, workload
from operations.cost.consumption import Act, Consumption, Used
from operations.cost.model import Assumptions
from operations.cost.places import Place
from operations.expansion import Template

NOTHING = Used(0, 0, 0, {}, 0, 0, 0, 0)
ACTS = (*workload.load().requests, "like", "many_likes", "socket", "ping")


def used(**changed: Any) -> Used:
    return replace(NOTHING, **changed)


def act(functions: dict[str, Used] | None = None, **changed: Any) -> Act:
    return replace(Act(functions or {}, {}, {}, {}, {}, {}, 0, 0, 0), **changed)


def stack(region: str = "us-east-1", *, home: bool = True, **more: dict[str, Any]) -> Place:
    """An API of 1,769 MB and a table of reactions, in the regions that `Replicas` of it names."""
    resources: dict[str, dict[str, Any]] = {
        name: {"Type": "AWS::Serverless::Function", "Properties": {"MemorySize": memory}}
        for name, memory in (("ApiFunction", 1769), ("CountersFunction", 512), ("PushFunction", 1024))
    }
    env = ConfigEnv("phase1", "mundo", region, {"UserPoolTier": "LITE", "TraceShare": "1"})
    return Place(env, (Template("", "template.yaml", resources | more, {}),), home)


def table(*regions: str) -> dict[str, Any]:
    return {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"Replicas": [{"Region": one} for one in regions]}}


@pytest.fixture
def idle() -> Assumptions:
    """People do what the workload says, and none of it takes anything yet."""
    acts = {name: act() for name in ACTS} | {"picture": act(bytes={"s3 PutObject": 5e6})}
    return Assumptions(prices.load(), workload.load(), Consumption("2026-11-28", 2_000_000, acts, {}))


def taking(given: Assumptions, **acts: Act) -> Assumptions:
    return replace(given, consumption=replace(given.consumption, acts=given.consumption.acts | acts))


def taking_elsewhere(given: Assumptions, **acts: Act) -> Assumptions:
    return replace(given, consumption=replace(given.consumption, elsewhere=acts))
