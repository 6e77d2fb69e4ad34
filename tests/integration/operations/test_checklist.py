"""Each line of the checklists: done, not done, and not checkable, over moto and over files as they might be."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from mundotango.migrations import schema_version
from operations import cli, config_env, measures, records, redrive
from operations.board.sources import cloudwatch
from operations.cost import report
from operations.deployed import Deployed
from operations.envs import check
from operations.house_rules import ROOT
from operations.measures import Measures
from operations.records import Kind
from operations.scale import checklist, commands, of_repository, of_stack
from operations.scale.checklist import Answer, Place, State
from tests.integration.operations.test_advising import deploy

NOW = datetime.now(UTC).replace(microsecond=0)
MONTHS_AGO = NOW - timedelta(days=40)


class Stack(Deployed):
    """Moto makes no nested stacks: what they made is known by its logical id."""

    def physical_id(self, logical_id: str) -> str:
        return logical_id


@pytest.fixture
def place() -> Iterator[Place]:
    with mock_aws():
        found = Stack(boto3.Session("test", "test", region_name="us-east-1"), "mundo-tango")
        yield Place(found, config_env.load("phase1"), NOW)


@pytest.fixture
def local(place: Place) -> Place:
    return replace(place, env=config_env.load("local"))


def outputs(monkeypatch: pytest.MonkeyPatch, **given: str) -> None:
    monkeypatch.setattr(Deployed, "outputs", given)


def put(place: Place, kind: Kind, at: datetime, result: dict[str, Any]) -> None:
    place.found.parameters.put_parameter(
        Name=f"/mundo-tango/records/{kind}",
        Value=json.dumps({"at": at.isoformat(), "result": result}),
        Type="String",
        Overwrite=True,
    )


def state(answer: Answer) -> State:
    assert answer.said
    assert bool(answer.cure) == (answer.state is not State.DONE)
    return answer.state


class TestIndexes:
    def test_are_those_of_this_checkout(self, place: Place) -> None:
        deploy(place.found, "phase1")
        assert state(of_stack.indexes(place)) is State.DONE

    def test_are_missing_where_an_older_schema_is_deployed(self, place: Place) -> None:
        deploy(place.found, "phase1", SchemaVersion="0" * len(schema_version()))
        assert state(of_stack.indexes(place)) is State.OPEN

    def test_are_not_checkable_without_a_stack(self, place: Place) -> None:
        (line,) = checklist.look(place, (("indexes", of_stack.indexes),), lambda _: None)
        assert state(line.answer) is State.UNKNOWN


@pytest.mark.parametrize(("share", "expected"), [(0.9, State.DONE), (0.0, State.OPEN), (None, State.UNKNOWN)])
def test_a_cache_is_there_when_it_answers(
    place: Place, share: float | None, expected: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "read", lambda *_: Measures(24, cache_hit_share=share))
    assert state(of_stack.cache(place)) is expected


class TestEdge:
    def asked(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, public: str, own: str = "no-store", x_cache: str = ""
    ) -> Answer:
        def answer(request: httpx.Request) -> httpx.Response:
            assert request.method == "HEAD"
            if request.url.path == of_stack.KEPT:
                return httpx.Response(200, headers={"cache-control": public, "x-cache": x_cache})
            return httpx.Response(401, headers={"cache-control": own})

        outputs(monkeypatch, SiteUrl="https://mundotango.example/")
        monkeypatch.setattr(of_stack, "Loopback", lambda: httpx.MockTransport(answer))
        return of_stack.edge(place)

    def test_keeps_what_is_public_and_nothing_else(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = self.asked(place, monkeypatch, "public, max-age=20", x_cache="Hit from cloudfront")
        assert state(answer) is State.DONE
        assert "Hit from cloudfront" in answer.said

    @pytest.mark.parametrize(
        ("public", "own", "x_cache"),
        [
            ("no-store", "no-store", "Miss from cloudfront"),
            ("public, max-age=20", "public, max-age=20", "Miss from cloudfront"),
            ("public, max-age=20", "no-store", ""),
        ],
    )
    def test_is_wrong(self, place: Place, monkeypatch: pytest.MonkeyPatch, public: str, own: str, x_cache: str) -> None:
        assert state(self.asked(place, monkeypatch, public, own, x_cache)) is State.OPEN

    def test_of_the_local_cloud_keeps_nothing_itself(self, local: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        assert state(self.asked(local, monkeypatch, "public, max-age=20")) is State.DONE

    def test_that_does_not_answer_is_not_done(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        outputs(monkeypatch, SiteUrl="http://127.0.0.1:1")
        assert state(of_stack.edge(place)) is State.OPEN


class TestLoadTest:
    @pytest.fixture(autouse=True)
    def site(self, monkeypatch: pytest.MonkeyPatch) -> None:
        outputs(monkeypatch, SiteUrl="https://mundotango.example")

    def test_that_held_this_month(self, place: Place) -> None:
        put(place, Kind.LOAD_TEST, NOW, {"ab": {"holds": True}})
        assert state(of_stack.load_test(place)) is State.DONE

    def test_that_did_not_hold(self, place: Place) -> None:
        put(place, Kind.LOAD_TEST, NOW, {"ab": {"holds": True}, "k6": {"holds": False}})
        answer = of_stack.load_test(place)
        assert state(answer) is State.OPEN
        assert "k6" in answer.said

    def test_of_long_ago_or_never(self, place: Place) -> None:
        assert state(of_stack.load_test(place)) is State.OPEN
        put(place, Kind.LOAD_TEST, MONTHS_AGO, {"ab": {"holds": True}})
        assert state(of_stack.load_test(place)) is State.OPEN


class TestRestoreDrill:
    def test_without_a_difference(self, place: Place) -> None:
        put(place, Kind.RESTORE_DRILL, NOW, {"row_diff": 0, "rto_seconds": 912.5})
        assert state(of_stack.restore_drill(place)) is State.DONE

    @pytest.mark.parametrize(("at", "rows"), [(NOW, 3), (MONTHS_AGO, 0)])
    def test_that_differed_or_is_old(self, place: Place, at: datetime, rows: int) -> None:
        put(place, Kind.RESTORE_DRILL, at, {"row_diff": rows})
        assert state(of_stack.restore_drill(place)) is State.OPEN

    def test_never(self, place: Place, local: Place) -> None:
        assert state(of_stack.restore_drill(place)) is State.OPEN
        assert state(of_stack.restore_drill(local)) is State.UNKNOWN


class TestAlarms:
    def made(self, place: Place, monkeypatch: pytest.MonkeyPatch, *, enabled: bool = True) -> str:
        cloudwatch(place.found).put_metric_alarm(
            AlarmName="mundo-tango-Alarms-1-SlowAnswers",
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            ActionsEnabled=enabled,
            MetricName="Latency",
            Namespace="AWS/ApiGateway",
            Period=60,
            Statistic="Maximum",
            Threshold=1,
        )
        topic: str = place.found.session.client("sns").create_topic(Name="alarms")["TopicArn"]
        outputs(monkeypatch, Topic=topic)
        return topic

    def subscribe(self, place: Place, topic: str) -> None:
        place.found.session.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.org")

    def test_told_to_somebody(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.subscribe(place, self.made(place, monkeypatch))
        assert state(of_stack.alarms(place)) is State.DONE

    def test_told_to_nobody(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made(place, monkeypatch)
        answer = of_stack.alarms(place)
        assert state(answer) is State.OPEN
        assert "OperatorMail" in answer.cure

    def test_who_has_not_followed_the_link_is_not_told(self) -> None:
        pending = {"SubscriptionArn": "PendingConfirmation"}
        assert of_stack.told([pending]) == 0
        assert of_stack.told([pending, {"SubscriptionArn": "arn:aws:sns:us-east-1:123456789012:alarms:1"}]) == 1

    def test_that_are_switched_off(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.subscribe(place, self.made(place, monkeypatch, enabled=False))
        assert state(of_stack.alarms(place)) is State.OPEN

    def test_none(self, place: Place) -> None:
        assert state(of_stack.alarms(place)) is State.OPEN

    def test_of_the_local_cloud(self, local: Place) -> None:
        assert state(of_stack.alarms(local)) is State.UNKNOWN


class TestReplication:
    def lag(self, place: Place, metric: str, dimension: str, name: str, value: float) -> None:
        datum: Any = {
            "MetricName": metric,
            "Dimensions": [{"Name": dimension, "Value": name}],
            "Timestamp": NOW - timedelta(minutes=5),
            "Value": value,
        }
        cloudwatch(place.found).put_metric_data(Namespace="AWS/RDS", MetricData=[datum])

    def test_one_instance_has_none(self, place: Place) -> None:
        deploy(place.found, "phase1")
        assert state(of_stack.replication(place)) is State.OPEN

    def test_a_standby_is_one(self, place: Place) -> None:
        deploy(place.found, "phase1", DatabaseMultiAz="true")
        assert state(of_stack.replication(place)) is State.DONE

    def test_a_reader_is_one_while_it_follows(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Deployed, "physical_id", lambda _, name: f"tango-{name.lower()}")
        deploy(place.found, "phase2")
        assert state(of_stack.replication(place)) is State.UNKNOWN
        self.lag(place, "ReplicaLag", "DBInstanceIdentifier", "tango-reader", 2.5)
        answer = of_stack.replication(place)
        assert state(answer) is State.DONE
        assert "2.5 s" in answer.said
        self.lag(place, "ReplicaLag", "DBInstanceIdentifier", "tango-reader", 300)
        assert state(of_stack.replication(place)) is State.OPEN

    def test_of_a_cluster_is_told_in_milliseconds(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        deploy(place.found, "phase3-us-east-1")
        monkeypatch.setattr(Deployed, "physical_id", lambda _, name: name)
        outputs(monkeypatch, ClusterId="tango-cluster")
        self.lag(place, "AuroraReplicaLagMaximum", "DBClusterIdentifier", "tango-cluster", 90)
        answer = of_stack.replication(place)
        assert state(answer) is State.DONE
        assert "0.1 s" in answer.said

    def test_of_the_local_cloud(self, local: Place) -> None:
        assert state(of_stack.replication(local)) is State.UNKNOWN


def test_queues_are_there_and_nothing_was_given_up(place: Place) -> None:
    lines = checklist.look(place, (("queues", of_stack.queues),), lambda _: None)
    assert lines[0].answer.state is State.UNKNOWN  # none is deployed
    urls = {}
    for queue in redrive.QUEUES:
        for name in filter(None, (queue.source, queue.dead_letters)):
            urls[name] = place.found.sqs.create_queue(QueueName=name)["QueueUrl"]
    place = replace(place, found=Named(place.found.session, "mundo-tango", urls=urls))
    assert state(of_stack.queues(place)) is State.DONE
    place.found.sqs.send_message(QueueUrl=urls["MailDeadLetters"], MessageBody="{}")
    assert state(of_stack.queues(place)) is State.OPEN


class Named(Deployed):
    def __init__(self, session: boto3.Session, stack_name: str, *, urls: dict[str, str]) -> None:
        super().__init__(session, stack_name)
        self.__dict__["urls"] = urls

    def physical_id(self, logical_id: str) -> str:
        return str(self.__dict__["urls"][logical_id])


class TestRepository:
    @pytest.fixture
    def docs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(of_repository, "DOCS", tmp_path)
        return tmp_path

    def test_costs_are_fresh_and_read(self, place: Place, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(report, "text", lambda _: "what it costs\n")
        (docs / "costs.md").write_text("what it cost\n")
        put(place, Kind.COST_REVIEW, NOW, {})
        assert state(of_repository.costs(place)) is State.OPEN
        (docs / "costs.md").write_text("what it costs\n")
        assert state(of_repository.costs(place)) is State.DONE
        put(place, Kind.COST_REVIEW, MONTHS_AGO, {})
        assert state(of_repository.costs(place)) is State.OPEN

    @pytest.mark.parametrize("check", [of_repository.architecture, of_repository.regions, of_repository.recovery])
    def test_what_is_written_here_is_found(self, check: checklist.Check, place: Place) -> None:
        assert state(check(place)) is State.DONE

    @pytest.mark.parametrize(
        "check",
        [of_repository.architecture, of_repository.regions, of_repository.recovery, of_repository.benchmarks],
    )
    def test_what_is_not_written_is_missed(self, check: checklist.Check, place: Place, docs: Path) -> None:
        assert not list(docs.iterdir())
        assert state(check(place)) is State.OPEN

    @pytest.mark.parametrize(
        ("said", "missed"),
        [
            ("p95_ms     85 (aim 300)", False),
            ("p95_ms     301 (aim 300)", True),
            ("requests_per_s           1343 (aim 1000)", False),
            ("requests_per_s           900 (aim 1000)", True),
            ("vs_seqscan           12.9 (aim at least 20)", True),
            ("ssim_delta           -0.0004 (aim at least -0.005)", False),
            ("p95_s                0.427 (aim below 1)", False),
            ("balance_ok   True (aim True)", False),
            ("balance_ok   False (aim True)", True),
            ("accepted     99 (aim 100)", True),
        ],
    )
    def test_figures_are_held_to_their_aims(self, place: Place, docs: Path, said: str, missed: bool) -> None:
        (docs / "benchmarks.md").write_text(f"```text\n{said}\nfeed_ratio 1.24 (aim 1.5)\n```\n")
        answer = of_repository.benchmarks(place)
        assert state(answer) is (State.OPEN if missed else State.DONE)
        assert "2 " in answer.said

    def test_each_figure_with_an_aim_is_read(self) -> None:
        page = (of_repository.DOCS / "benchmarks.md").read_text(encoding="utf-8")
        assert len(of_repository.FIGURE.findall(page)) == page.count(" (aim ")

    def test_a_scan(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        found: list[check.Finding] = []
        monkeypatch.setattr(check, "examine", lambda names: ([None] * len(names), found))
        assert state(of_repository.security(place)) is State.DONE
        found.append(check.Finding("phase3-us-east-1", "Database", "CKV_AWS_17 public"))
        assert state(of_repository.security(place)) is State.OPEN

    def test_a_scan_without_scanners_is_not_checkable(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(check, "SCANNERS", ROOT / "nowhere")
        (line,) = checklist.look(place, (("scan", of_repository.security),), lambda _: None)
        assert state(line.answer) is State.UNKNOWN


class TestCommand:
    def run(self, monkeypatch: pytest.MonkeyPatch, *states: State) -> tuple[int, dict[str, Any]]:
        def answering(one: State) -> checklist.Check:
            return lambda _: Answer(one, "because", "" if one is State.DONE else "do it")

        made = tuple((f"line {number}", answering(one)) for number, one in enumerate(states))
        monkeypatch.setattr(commands, "CHECKLISTS", {2: made})
        monkeypatch.setattr(commands, "find", lambda *_: Deployed(boto3.Session(), "mundo-tango"))
        done = CliRunner().invoke(cli.app, ["scale", "checklist", "--phase", "2", "--json"])
        return done.exit_code, json.loads(done.stdout)

    def test_all_done_is_code_0(self, monkeypatch: pytest.MonkeyPatch) -> None:
        code, told = self.run(monkeypatch, State.DONE, State.DONE)
        assert (code, told["done"]) == (0, True)

    @pytest.mark.parametrize("other", [State.OPEN, State.UNKNOWN])
    def test_anything_else_is_code_1_with_its_cure(self, monkeypatch: pytest.MonkeyPatch, other: State) -> None:
        code, told = self.run(monkeypatch, State.DONE, other)
        assert (code, told["done"]) == (1, False)
        assert told["lines"][1] == {"item": "line 1", "state": other, "said": "because", "cure": "do it"}

    def test_no_such_phase_is_one_line(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("sys.argv", ["mundo", "scale", "checklist", "--phase", "7"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = "mundo: there is no checklist for phase 7; choose one of 2, 3, 4"
        assert (ended.value.code, capsys.readouterr().err.splitlines()) == (1, [said])

    def test_a_review_is_noted(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(commands, "find", lambda *_: place.found)
        assert CliRunner().invoke(cli.app, ["scale", "reviewed"]).exit_code == 0
        noted = records.last(place.found, Kind.COST_REVIEW)
        assert noted is not None
        assert noted.is_within(1, datetime.now(UTC))


@pytest.mark.parametrize("phase", [2, 3])
def test_where_nothing_is_deployed_each_line_still_says_something(
    place: Place, phase: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "examine", lambda _: ([], []))
    bare = replace(place, found=Deployed(place.found.session, "mundo-tango"))
    lines = checklist.look(bare, checklist.of_phase(phase, commands.CHECKLISTS), lambda _: None)
    assert len(lines) == {2: 8, 3: 6}[phase]
    assert all(state(line.answer) for line in lines)
