"""What is advised of a deployed stack: by recorded measures, at what a template takes, and with its price."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from operations import cli, config_env, measures, parameters
from operations.board.readings import Line
from operations.config_env import ConfigEnv
from operations.cost.model import project_places
from operations.cost.places import of_phase, place
from operations.deployed import Deployed
from operations.expansion import of_env
from operations.measures import Measures
from operations.refusal import Refusal
from operations.scale import advising, commands, report
from operations.scale.advising import Advised, of_measures

GB = 1024**3
ENVS = [name for name in config_env.names() if name != "local"]
# An evening of phase 1, as it was read.
CALM = Measures(
    168,
    requests=61_204,
    p50_ms=38,
    p95_ms=171,
    p99_ms=420,
    error_share=0.0004,
    connections_share=0.28,
    database_cpu_share=0.19,
    database_memory_free_bytes=0.31 * GB,
    function_memory_share=0.44,
    cache_hit_share=0.91,
    users=812,
    feedback_slow=2,
    feedback_people=1,
)
LOADS: list[dict[str, Any]] = [
    {"p95_ms": 900.0},
    {"p95_ms": 900.0, "cache_hit_share": 0.4},
    {"connections_share": 0.9},
    {"database_cpu_share": 0.95},
    {"database_memory_free_bytes": 0.01 * GB},
    {"users": 6_000},
    {"users": 2_000_000},
]


def env(name: str, **given: str) -> ConfigEnv:
    loaded = config_env.load(name)
    return replace(loaded, parameters=parameters.effective(loaded.parameters, given))


def advised(name: str = "phase1", given: dict[str, str] | None = None, **measured: Any) -> Advised:
    return of_measures(env(name, **(given or {})), replace(CALM, **measured))


def test_a_calm_week_is_advised_nothing() -> None:
    said = advised()
    assert (said.advice.triggers, said.steps, said.advice.unknown) == ((), (), ())


@pytest.mark.parametrize(
    ("name", "given", "bytes_"),
    [
        ("phase1", {}, GB),
        ("phase2", {"DatabaseInstanceClass": "db.m7g.large"}, 8 * GB),
        ("phase3-prepare", {}, 2 * GB),
        ("phase3-us-east-1", {}, 16 * GB),
        ("phase4-us-east-1", {}, 16 * GB),
        ("phase1", {"DatabaseHost": "127.0.0.1"}, None),
    ],
)
def test_the_memory_is_that_of_the_machine_that_serves(name: str, given: dict[str, str], bytes_: float | None) -> None:
    assert advising.memory(env(name, **given)) == bytes_


def test_memory_in_use_is_what_is_not_free() -> None:
    assert advising.measured(replace(CALM, database_memory_free_bytes=GB / 4), GB).memory_share == 0.75
    assert advising.measured(replace(CALM, database_memory_free_bytes=None), GB).memory_share is None
    assert advising.measured(CALM, None).memory_share is None


@pytest.mark.parametrize("name", ENVS)
def test_every_change_is_one_that_the_template_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advising, "project", lambda *_: SimpleNamespace(total_usd=0.0))
    steps = [step for load in LOADS for step in advised(name, **load).steps]
    for parameter, before, after in {(one.change.parameter, one.change.before, one.change.after) for one in steps}:
        if parameter:
            assert env(name).parameters[parameter] == before
            assert of_env(env(name, **{parameter: after}))
    assert all(one.do for one in steps)
    assert all(any(known.startswith(one.change.env) for known in ENVS) for one in steps)


class TestCost:
    def test_a_larger_machine_costs_the_difference_of_the_machines(self) -> None:
        """db.t4g.micro is $0.016 an hour and db.t4g.small twice that: 730 hours."""
        (step,) = advised(connections_share=0.9).steps
        assert step.change.after == "db.t4g.small"
        assert step.usd_more == pytest.approx(11.68, abs=0.01)

    def test_the_next_phase_costs_all_its_regions(self) -> None:
        (step,) = advised("phase2", users=60_000).steps
        (larger,) = advised("phase2", connections_share=0.9, users=60_000 - 20_000).steps
        assert step.change.env == "phase3-prepare"
        assert step.usd_more is not None
        assert larger.usd_more is not None
        assert step.usd_more > larger.usd_more > 0

    def test_the_plans_people_stand_in_where_nobody_counted(self) -> None:
        said = advised("phase2", users=None, connections_share=0.9)
        assert said.users == 10_000
        assert "users" in said.advice.unknown

    def test_what_has_no_price_is_said_and_not_guessed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: Any) -> Any:
            raise Refusal("no price of db.t4g.small", cure="look it up")

        monkeypatch.setattr(advising, "project", refused)
        (step,) = advised(connections_share=0.9).steps
        assert (step.usd_more, step.no_price) == (None, "no price of db.t4g.small")


class TestTables:
    @pytest.mark.parametrize(
        ("name", "given", "users", "to"),
        [
            ("phase3-us-east-1", {"TableCapacity": "on-demand"}, 90_000, "TableCapacity=scaled"),
            ("phase3-us-east-1", {}, 9_000, "TableCapacity=on-demand"),
            ("phase3-us-east-1", {}, 90_000, ""),
            ("phase3-us-east-1", {"TableCapacity": "on-demand"}, 9_000, ""),
            ("phase2", {}, 90_000, ""),
        ],
    )
    def test_it_is_said_when_they_are_paid_the_dearer_way(
        self, name: str, given: dict[str, str], users: int, to: str
    ) -> None:
        said = report.of_tables(advised(name, given, users=users))
        assert (to in said) if to else said == ""

    def test_the_two_ways_cost_the_same_where_the_advice_turns(self) -> None:
        """Within a hundredth of the whole: the model, and not the number in the report, says from when it pays."""
        scaled = of_phase("phase3")
        changed = [replace(one.env, parameters={**one.env.parameters, "TableCapacity": "on-demand"}) for one in scaled]
        on_demand = [place(env, home=one.home) for env, one in zip(changed, scaled, strict=True)]
        costs = [project_places(each, "phase3", report.SCALED_FROM).total_usd for each in (scaled, on_demand)]
        assert costs[0] == pytest.approx(costs[1], rel=0.01)


class TestWhatToDo:
    def test_a_parameter_is_written_down_as_else_the_next_deploy_takes_it_back(self) -> None:
        (step,) = advised(connections_share=0.9).steps
        assert step.do == (
            "set DatabaseInstanceClass=db.t4g.small of env phase1 in samconfig.toml",
            "make deploy ENV=phase1",
        )

    def test_to_phase_3_the_database_moves(self) -> None:
        (step,) = advised("phase2", users=60_000).steps
        assert step.do == (
            "mundo scale checklist --phase 3",
            'make deploy ENV=phase2 PARAMETERS="DatabaseReaders=0"',
            "make deploy ENV=phase3-prepare",
            "mundo scale move-database",
        )
        (step,) = advised("phase3-prepare", users=60_000).steps
        assert step.do == ("mundo scale checklist --phase 3", "mundo scale move-database")

    def test_to_phase_4_each_region_is_deployed(self) -> None:
        (step,) = advised("phase3-us-east-1", users=200_000).steps
        assert step.do == (
            *(f"make deploy ENV={name}" for name in ENVS if name.startswith("phase4-")),
            "mundo scale checklist --phase 4 --env phase4-us-east-1",
        )

    def test_failures_are_read_about(self) -> None:
        (step,) = advised(error_share=0.2).steps
        assert step.do == ("read FailedAnswers in docs/runbook.md",)
        assert step.usd_more == 0


@pytest.fixture
def found() -> Iterator[Deployed]:
    with mock_aws():
        yield Deployed(boto3.Session("test", "test", region_name="us-east-1"), "mundo-tango")


def deploy(found: Deployed, name: str, **given: str) -> None:
    has = {**env(name, **given).parameters, "FromAnotherVersion": "1"}
    found.cloudformation.create_stack(
        StackName="mundo-tango",
        TemplateBody=json.dumps(
            {
                "Parameters": {key: {"Type": "String"} for key in has},
                "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            }
        ),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in has.items()],
    )


class TestDeployed:
    def test_a_stack_that_grew_is_known_by_what_it_has(self, found: Deployed) -> None:
        deploy(found, "phase2", DatabaseInstanceClass="db.t4g.large")
        like = advising.deployed_env(found, config_env.load("phase1"))
        assert like.name == "phase2"
        assert like.parameters["DatabaseInstanceClass"] == "db.t4g.large"
        assert like.parameters.keys() == parameters.declared().keys()

    @pytest.mark.parametrize("name", [name for name in ENVS if config_env.load(name).region == "us-east-1"])
    def test_each_env_is_known(self, found: Deployed, name: str) -> None:
        deploy(found, name)
        assert advising.deployed_env(found, config_env.load("phase1")).name == name

    def test_the_local_cloud_stands_for_the_first_phase(self, found: Deployed) -> None:
        like = advising.deployed_env(found, config_env.load("local"))
        assert (like.name, like.parameters["DatabaseHost"]) == ("phase1", "")

    def test_no_such_stack(self, found: Deployed) -> None:
        with pytest.raises(Refusal, match="mundo-tango"):
            advising.deployed_env(found, config_env.load("phase1"))


class TestCommand:
    """Of the local cloud, by lines as its functions write them."""

    @pytest.fixture
    def said(self, monkeypatch: pytest.MonkeyPatch, found: Deployed) -> list[Line]:
        lines: list[Line] = []
        local = replace(found, endpoint="http://127.0.0.1:1")
        monkeypatch.setattr(commands, "find", lambda *_: local)
        monkeypatch.setattr(measures, "lines", lambda *_: iter(lines))
        monkeypatch.setattr(measures, "_users", lambda _: 900)
        return lines

    def run(self, *arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli.app, ["scale", "advise", "--env", "local", *arguments], terminal_width=100)
        return done.exit_code, done.stdout

    def asked(self, ms: float, count: int) -> list[Line]:
        of = {"status": 200, "ms": ms, "cache_hits": 9, "cache_misses": 1, "memory_share": 0.3}
        return [Line(datetime.now(UTC), "api", of)] * count

    def test_nothing_to_do_is_code_0(self, said: list[Line]) -> None:
        said += self.asked(40, 100)
        code, shown = self.run()
        assert code == 0
        assert "nothing fired" in shown
        assert "unknown connections of the database: AWS measures it, not the local cloud" in shown

    def test_something_to_do_is_code_3(self, said: list[Line]) -> None:
        said += self.asked(40, 90) + self.asked(800, 10)
        code, shown = self.run()
        assert code == commands.CHANGE == 3
        assert "p95 of answers: 800 ms is over 500 ms" in shown
        assert "SnapStart: false → true" in shown

    def test_json_says_what_is_not_known_as_null_with_its_reason(self, said: list[Line]) -> None:
        said += self.asked(40, 90) + self.asked(800, 10)
        reported = {"feedback": "slow", "first_byte_ms": 700}
        said += [Line(datetime.now(UTC), "api", reported | {"user_id": str(person % 9)}) for person in range(12)]
        code, shown = self.run("--json")
        told = json.loads(shown)
        assert code == 3
        assert told["measures"]["connections_share"] is None
        assert told["unknown"].keys() == {"connections_share", "cpu_share", "memory_share"}
        assert [one["cause"] for one in told["triggers"]] == ["slow", "complaints"]
        (change,) = told["changes"]
        assert change["because"] == ["slow", "complaints"]
        assert change["usd_more_a_month"] is not None
        assert told["measures"]["feedback_people"] == 9

    def test_no_local_cloud_is_one_line(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def away(*_: str) -> Deployed:
            raise Refusal("no local cloud runs here", cure="make run")

        monkeypatch.setattr(commands, "find", away)
        monkeypatch.setattr("sys.argv", ["mundo", "scale", "advise", "--env", "local"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 1
        assert capsys.readouterr().err.splitlines() == ["mundo: no local cloud runs here; make run"]
