from dataclasses import replace
from typing import Any

import pytest

from operations import config_env
from operations.cost.model import Assumptions, as_json, assumptions, project, project_places
from operations.cost.places import phase_of, place
from operations.cost.sensitivity import CHANGES, swings
from operations.refusal import Refusal
from tests.unit.operations.cost.conftest import stack, table


@pytest.mark.parametrize(
    ("users", "phase"),
    [(1, "phase1"), (1_000, "phase1"), (1_001, "phase2"), (10_000, "phase2"), (100_000, "phase3"), (100_001, "phase4")],
)
def test_each_number_of_people_has_the_plans_phase(users: int, phase: str) -> None:
    assert phase_of(users) == phase


def test_more_people_never_cost_less() -> None:
    totals = [project("phase1", users).total_usd for users in (1, 100, 1000, 5000, 20_000, 100_000, 10_000_000)]

    assert totals == sorted(totals)
    assert totals[0] < totals[-1]


def test_components_add_up_and_none_costs_less_than_it_does_idle() -> None:
    found = project("phase1", 1000)

    assert sum(one.usd for one in found.components) == pytest.approx(found.total_usd)
    assert all(0 <= one.idle_usd <= one.usd for one in found.components)
    names = [one.name for one in found.components]
    assert len(names) == len(set(names))


def test_every_function_that_was_measured_is_one_of_the_template() -> None:
    found = assumptions()

    measured = {name for act in found.consumption.acts.values() for name in act.functions}
    assert measured <= place(config_env.load("phase1")).memory.keys()
    assert set(found.workload.acts()) <= found.consumption.acts.keys()


def test_a_table_that_is_copied_costs_more() -> None:
    given = assumptions()
    functions = ("WsConnectFunction", "WsAuthorizerFunction", "ImageWorkerFunction")
    more: dict[str, Any] = {
        name: {"Type": "AWS::Serverless::Function", "Properties": {"MemorySize": 512}} for name in functions
    }
    alone = project_places([stack(**more, ReactionsTable=table("us-east-1"))], "x", 1000, given)
    copied = project_places([stack(**more, ReactionsTable=table("us-east-1", "sa-east-1"))], "x", 1000, given)

    assert copied.total_usd > alone.total_usd


def test_a_phase_that_is_not_there_is_refused_in_one_line() -> None:
    with pytest.raises(Refusal, match="there is no phase phase9") as refused:
        project("phase9", 1000)
    assert "\n" not in str(refused.value)


def test_nobody_is_refused() -> None:
    with pytest.raises(Refusal, match="0 users"):
        project("phase1", 0)


def test_what_is_printed_has_what_was_promised() -> None:
    told = as_json(project("phase1", 1000))

    assert told.keys() >= {"users", "total_usd", "plan_usd", "phase", "components"}
    assert told["users"] == 1000


def test_the_five_widest_swings_enclose_the_total() -> None:
    given = assumptions()
    projection = project("phase1", 100_000, given)
    total, found = projection.total_usd, swings(projection, given)

    assert len(found) == 5
    assert [one.width for one in found] == sorted((one.width for one in found), reverse=True)
    for one in found:
        assert min(one.low_usd, one.high_usd) < total < max(one.low_usd, one.high_usd)


@pytest.mark.parametrize("name", CHANGES)
def test_each_assumption_changes_something_and_nothing_by_itself(name: str) -> None:
    given = assumptions()

    assert CHANGES[name](given, 1.0) == given
    assert CHANGES[name](given, 0.5) != given


def test_a_price_changes_what_it_is_of_and_nothing_else(idle: Assumptions) -> None:
    dearer = {price.name: price for price in idle.prices}
    old = dearer["mails"]
    dearer["mails"] = replace(old, tiers={region: ((up_to, 2 * usd),) for region, ((up_to, usd),) in old.tiers.items()})
    given = replace(idle, prices=type(idle.prices)(dearer))
    before = {one.name: one.usd for one in project_places([stack()], "phase1", 1000, idle).components}
    after = {one.name: one.usd for one in project_places([stack()], "phase1", 1000, given).components}

    assert {name for name in before if before[name] != pytest.approx(after[name])} == {"mail"}
