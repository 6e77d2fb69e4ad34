"""Little's law by hand: as many are under way as come in a second, times the seconds each takes."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from operations import cli
from operations.capacity import capacity
from operations.cost.model import Assumptions, assumptions
from operations.cost.workload import PUBLIC
from operations.refusal import Refusal
from tests.unit.operations.cost.conftest import ACTS, act, idle, taking, used

__all__ = ["idle"]
COLD_MS = 9  # 1 % of 900 ms


def each(given: Assumptions, **how: Any) -> Assumptions:
    """Every request alike."""
    function = {"ApiFunction": used(invocations=1, **how)}
    return taking(given, **{name: act(function) for name in ACTS})


def test_as_many_environments_as_requests_times_seconds(idle: Assumptions) -> None:
    given = each(idle, cpu_ms=41 - COLD_MS, database_ms=9)
    found = capacity(1000, edge=False, given=given)

    assert found.milliseconds == pytest.approx(50)
    assert found.environments == 50
    assert found.database_share == pytest.approx(9 / found_vcpus(found.database), abs=0.01)


def found_vcpus(size: str) -> int:
    return {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32}[size.rpartition(".")[2]]


def test_the_database_is_the_smallest_with_half_its_processors_free(idle: Assumptions) -> None:
    """1,000 requests of 2 ms each keep two processors at work, which are half of four."""
    assert capacity(1000, edge=False, given=each(idle, database_ms=2)).database == "db.r6g.xlarge"
    assert capacity(1001, edge=False, given=each(idle, database_ms=2)).database == "db.r6g.2xlarge"


def test_the_edge_keeps_from_the_origin_what_it_answers(idle: Assumptions) -> None:
    """Of 28 requests 13.33 are pictures, which no function answers, and a share of the 6.67 is answered there."""
    found = capacity(1000, edge=True, given=each(idle, database_ms=1))

    assert found.at_the_origin == pytest.approx(1000 * (8 + 6.67 * (1 - idle.workload.edge.offload_json)) / 28, abs=0.1)
    assert sum(idle.workload.requests[name] for name in PUBLIC) == pytest.approx(3.72)


def test_each_limit_that_is_met_is_named(idle: Assumptions) -> None:
    found = capacity(20_000, edge=False, given=each(idle, cpu_ms=491, database_ms=5))
    said = " ".join(found.limits)

    assert "an account has 1,000 environments at once" in said
    assert "in ten seconds: 110 s from none" in said
    assert "ten requests a second for each environment" in said
    assert "the gateway takes 10,000 requests" in said
    assert "RDS Proxy" in said
    assert "readers" in said
    assert capacity(10, edge=False, given=each(idle, cpu_ms=10)).limits == []


def test_more_requests_never_need_less() -> None:
    given = assumptions()
    found = [capacity(rate, edge=True, given=given) for rate in (10, 100, 1000, 10_000)]

    assert [one.environments for one in found] == sorted(one.environments for one in found)
    assert [one.monthly_usd for one in found] == sorted(one.monthly_usd for one in found)


def test_the_command_prints_both_rates_with_the_edge_and_without() -> None:
    shown = CliRunner().invoke(cli.app, ["capacity", "--json"])

    found = json.loads(shown.stdout)
    assert [(one["requests_a_second"], one["edge"]) for one in found] == [
        (1000, True), (1000, False), (10_000, True), (10_000, False),
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", ["0", "many", "-5", "nan", "inf"])
def test_no_requests_are_refused(wrong: str) -> None:
    assert isinstance(CliRunner().invoke(cli.app, ["capacity", "--rates", wrong]).exception, Refusal)
