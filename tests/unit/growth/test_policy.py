"""Every branch of the owner's decision tree: what fires, and what it says to change."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango.growth.model import Advice, Change, Measured, Phase
from mundotango.growth.policy import NEXT, advise

CALM = Measured(
    p95_ms=180,
    error_share=0.002,
    connections_share=0.3,
    cpu_share=0.2,
    memory_share=0.5,
    function_memory_share=0.4,
    cache_hit_share=0.9,
    users=800,
    slow_reports=0,
)
PARAMETERS = {
    "DatabaseInstanceClass": "db.t4g.micro",
    "DatabaseReaders": "0",
    "DatabaseProxy": "false",
    "DatabaseClusterClass": "db.serverless",
    "DatabaseMaxAcu": "8",
    "CacheKind": "serverless",
    "CacheGigabytes": "1",
    "CacheReplicas": "1",
    "CacheShards": "2",
    "SnapStart": "false",
    "ProvisionedConcurrency": "0",
}


def advised(phase: Phase = "phase1", given: dict[str, str] | None = None, **measured: Any) -> Advice:
    return advise(phase, replace(CALM, **measured), PARAMETERS | (given or {}))


def changed(change: Change) -> tuple[str, str, str]:
    return (change.parameter, change.before, change.after)


@pytest.mark.parametrize("phase", get_args(Phase))
def test_who_is_well_changes_nothing(phase: Phase) -> None:
    assert advise(phase, CALM, PARAMETERS) == Advice(phase, (), (), ())


@pytest.mark.parametrize(
    ("measured", "cause", "threshold"),
    [
        ({"p95_ms": 501}, "slow", 500),
        ({"error_share": 0.051}, "failing", 0.05),
        ({"connections_share": 0.81}, "connections", 0.8),
        ({"cpu_share": 0.81}, "cpu", 0.8),
        ({"memory_share": 0.86}, "memory", 0.85),
        ({"function_memory_share": 0.86}, "memory", 0.85),
        ({"slow_reports": 8}, "complaints", 8),
        ({"users": 300, "slow_reports": 5}, "complaints", 5),
        ({"users": 5_000}, "users", 5_000),
        ({"users": 10_000}, "users", 10_000),
    ],
)
def test_each_of_the_plans_thresholds_fires_by_itself(measured: dict[str, Any], cause: str, threshold: float) -> None:
    (trigger,) = advised(**measured).triggers
    assert (trigger.cause, trigger.threshold) == (cause, threshold)


@pytest.mark.parametrize(
    "measured",
    [
        {"p95_ms": 500},
        {"error_share": 0.05},
        {"connections_share": 0.8},
        {"cpu_share": 0.8},
        {"memory_share": 0.85},
        {"slow_reports": 7},
        {"users": 300, "slow_reports": 4},
        {"users": 4_999},
    ],
)
def test_at_its_threshold_nothing_fires(measured: dict[str, Any]) -> None:
    assert advised(**measured).triggers == ()


class TestShortOfDatabase:
    @pytest.mark.parametrize("measure", ["connections_share", "cpu_share", "memory_share"])
    def test_a_larger_machine_comes_first(self, measure: str) -> None:
        short: dict[str, Any] = {measure: 0.9}
        (change,) = advised(**short).changes
        assert changed(change) == ("DatabaseInstanceClass", "db.t4g.micro", "db.t4g.small")

    def test_several_reasons_are_one_step(self) -> None:
        (change,) = advised(connections_share=0.9, cpu_share=0.9, p95_ms=900).changes
        assert change.because == ("connections", "cpu")

    def test_where_the_ladder_of_the_phase_ends_the_next_phase_begins(self) -> None:
        (change,) = advised(given={"DatabaseInstanceClass": "db.t4g.small"}, cpu_share=0.9).changes
        assert (change.env, change.parameter) == ("phase2", "")
        (change,) = advised("phase2", {"DatabaseInstanceClass": "db.m7g.xlarge"}, cpu_share=0.9).changes
        assert change.env == "phase3-prepare"

    def test_in_a_cluster_connections_are_shared_first(self) -> None:
        (change,) = advised("phase3", connections_share=0.9).changes
        assert changed(change) == ("DatabaseProxy", "false", "true")
        (change,) = advised("phase3", {"DatabaseProxy": "true"}, connections_share=0.9).changes
        assert changed(change) == ("DatabaseMaxAcu", "8", "16")

    def test_in_a_cluster_readers_take_load_before_it_gets_larger(self) -> None:
        (change,) = advised("phase3", cpu_share=0.9).changes
        assert changed(change) == ("DatabaseReaders", "0", "1")
        (change,) = advised("phase3", {"DatabaseReaders": "2"}, cpu_share=0.9).changes
        assert changed(change) == ("DatabaseMaxAcu", "8", "16")

    def test_instances_of_a_fixed_size_get_the_next_size(self) -> None:
        fixed = {"DatabaseReaders": "2", "DatabaseClusterClass": "db.r6g.xlarge"}
        (change,) = advised("phase4", fixed, cpu_share=0.9).changes
        assert changed(change) == ("DatabaseClusterClass", "db.r6g.xlarge", "db.r6g.2xlarge")

    @pytest.mark.parametrize(
        "largest", [{"DatabaseMaxAcu": "64"}, {"DatabaseClusterClass": "db.r6g.2xlarge", "DatabaseMaxAcu": "8"}]
    )
    def test_in_the_largest_cluster_readers_are_added_until_there_are_four(self, largest: dict[str, str]) -> None:
        (change,) = advised("phase4", largest | {"DatabaseReaders": "3"}, cpu_share=0.9).changes
        assert changed(change) == ("DatabaseReaders", "3", "4")
        (change,) = advised("phase4", largest | {"DatabaseReaders": "4"}, cpu_share=0.9).changes
        assert change.runbook == "BusyDatabase"


class TestWaiting:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({}, ("CacheGigabytes", "1", "2")),
            ({"CacheKind": "replicated"}, ("CacheReplicas", "1", "2")),
            ({"CacheKind": "cluster"}, ("CacheShards", "2", "3")),
        ],
    )
    def test_a_cache_that_seldom_answers_grows(self, given: dict[str, str], expected: tuple[str, str, str]) -> None:
        (change,) = advised("phase3", given, p95_ms=900, cache_hit_share=0.5).changes
        assert changed(change) == expected

    def test_then_functions_start_from_a_snapshot(self) -> None:
        (change,) = advised(p95_ms=900).changes
        assert changed(change) == ("SnapStart", "false", "true")

    def test_then_they_are_kept_started(self) -> None:
        (change,) = advised("phase3", {"ProvisionedConcurrency": "10"}, p95_ms=900).changes
        assert changed(change) == ("ProvisionedConcurrency", "10", "20")

    def test_then_the_next_phase_begins(self) -> None:
        (change,) = advised("phase2", {"SnapStart": "true"}, p95_ms=900).changes
        assert change.env == "phase3-prepare"
        (change,) = advised("phase4", {"SnapStart": "true"}, p95_ms=900).changes
        assert change.runbook == "SlowAnswers"

    def test_what_people_say_counts_like_what_is_measured(self) -> None:
        assert advised(slow_reports=20).changes == (replace(advised(p95_ms=900).changes[0], because=("complaints",)),)

    def test_a_database_that_is_short_explains_it(self) -> None:
        (change,) = advised(p95_ms=900, cpu_share=0.95, cache_hit_share=0.1).changes
        assert change.parameter == "DatabaseInstanceClass"


class TestPeople:
    def test_at_five_thousand_the_machine_grows(self) -> None:
        (change,) = advised(users=5_000).changes
        assert (change.because, change.after) == (("users",), "db.t4g.small")
        assert advised(given={"DatabaseInstanceClass": "db.t4g.small"}, users=5_000).changes == ()

    @pytest.mark.parametrize(("phase", "users"), [("phase1", 10_000), ("phase2", 50_000), ("phase3", 100_000)])
    def test_where_the_tree_moves_on_the_next_phase_mends_the_rest(self, phase: Phase, users: int) -> None:
        (change,) = advised(phase, users=users, cpu_share=0.95, p95_ms=800).changes
        assert (change.env, change.because) == (NEXT[phase], ("slow", "cpu", "users"))
        assert advised(phase, users=users - 1, p95_ms=1).changes == (advised(phase, users=users - 1).changes)

    def test_after_the_last_phase_there_is_none(self) -> None:
        assert advised("phase4", users=9_000_000).changes == ()


def test_failures_are_no_reason_to_grow() -> None:
    (change,) = advised(error_share=0.2).changes
    assert (change.runbook, change.parameter, change.env) == ("FailedAnswers", "", "")


def test_a_function_that_is_short_of_memory_is_looked_into() -> None:
    (change,) = advised(function_memory_share=0.95).changes
    assert (change.runbook, change.parameter) == ("LittleMemory", "")


def test_nothing_is_concluded_from_what_was_not_measured() -> None:
    nothing = advise("phase2", Measured(), PARAMETERS)
    assert (nothing.triggers, nothing.changes) == ((), ())
    assert len(nothing.unknown) == len(Measured.__dataclass_fields__)


shares = st.one_of(st.none(), st.floats(0, 1))
measures = st.builds(
    Measured,
    p95_ms=st.one_of(st.none(), st.floats(0, 5_000)),
    error_share=shares,
    connections_share=shares,
    cpu_share=shares,
    memory_share=shares,
    function_memory_share=shares,
    cache_hit_share=shares,
    users=st.one_of(st.none(), st.integers(0, 2_000_000)),
    slow_reports=st.one_of(st.none(), st.integers(0, 1_000)),
)
phases = st.sampled_from(["phase1", "phase2", "phase3", "phase4"])


@given(phases, measures, st.sampled_from(["p95_ms", "error_share", "connections_share", "cpu_share", "memory_share"]))
def test_more_load_never_fires_less(phase: Phase, measured: Measured, name: str) -> None:
    value = getattr(measured, name)
    most: dict[str, Any] = {name: 10_000.0 if name == "p95_ms" else 1.0}
    more = replace(measured, **most)

    before = {trigger.cause for trigger in advise(phase, measured, PARAMETERS).triggers}
    after = {trigger.cause for trigger in advise(phase, more, PARAMETERS).triggers}

    assert value is None or before <= after


@given(phases, measures)
def test_whatever_fires_is_answered_and_nothing_else(phase: Phase, measured: Measured) -> None:
    advice = advise(phase, measured, PARAMETERS)

    fired = {trigger.cause for trigger in advice.triggers}
    assert {cause for change in advice.changes for cause in change.because} <= fired
    assert bool(advice.changes) <= bool(fired)
    assert not fired - {"users"} or advice.changes
    for change in advice.changes:
        assert sum(map(bool, (change.parameter, change.env, change.runbook))) == 1
        assert change.before != change.after or not change.parameter
