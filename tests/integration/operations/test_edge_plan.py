"""The edge's plan as an operator reads and approves it. Moto has no such service: its answers are written here, and
botocore holds them to AWS's model."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from operations import cli, config_env, parameters
from operations import preflight as preflights
from operations.deployed import Deployed
from operations.preflight import Finding
from operations.refusal import Refusal
from operations.scale import checklist, commands, edge_plan
from operations.scale.checklist import Place, State
from operations.scale.edge_plan import Status

ARN = "arn:aws:pricingplanmanager::123456789012:subscription:sub_EXAMPLE"
NOW, MONTHS_END = datetime(2026, 11, 29, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
STACK = "mundo-tango"
EDGE = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{STACK}-EdgeStack-1/0"


def subscription(status: str, **more: Any) -> dict[str, Any]:
    known = {"arn": ARN, "planFamily": "CloudFront", "planTier": "PREMIUM", "usageLevel": "CF_PREMIUM_L2"}
    resources = ["arn:aws:cloudfront::123456789012:distribution/E1"]
    return {**known, "status": str(status), "resourceArns": resources, "createdAt": NOW, "updatedAt": NOW} | more


class Session:
    """Its two clients are stubbed, and ask nothing else than what was written for them."""

    region_name = "us-east-1"

    def __init__(self) -> None:
        real = boto3.Session("none", "none", region_name=self.region_name)
        self._clients = {name: real.client(cast(Any, name)) for name in ("cloudformation", edge_plan.SERVICE)}
        self.stacks, self.plans = (Stubber(client) for client in self._clients.values())
        self.stacks.activate()
        self.plans.activate()
        self.regions: list[str | None] = []

    def client(self, service: str, region_name: str | None = None, **_: Any) -> Any:
        self.regions.append(region_name)
        return self._clients[service]

    def deployed(self, **given: str) -> None:
        has = parameters.effective(config_env.load("phase4-us-east-1").parameters, given)
        stack = {
            "StackName": STACK,
            "CreationTime": NOW,
            "StackStatus": "UPDATE_COMPLETE",
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in has.items()],
        }
        self.stacks.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": STACK})

    def has(self, stack: str, logical_id: str, physical_id: str) -> None:
        one = {
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": "AWS::Any::Thing",
            "Timestamp": NOW,
            "ResourceStatus": "CREATE_COMPLETE",
        }
        asked = {"StackName": stack, "LogicalResourceId": logical_id}
        self.stacks.add_response("describe_stack_resources", {"StackResources": [one]}, asked)

    def subscribed(self, status: str, **more: Any) -> None:
        self.deployed()
        self.has(STACK, "EdgeStack", EDGE)
        self.has(EDGE, "Plan", ARN)
        answer = {"subscription": subscription(status, **more), "eTag": "v1"}
        self.plans.add_response("get_subscription", answer, {"arn": ARN})

    def approves(self) -> None:
        answer = {"subscription": subscription(Status.SYNCING), "eTag": "v2"}
        self.plans.add_response("approve_paid_subscription", answer, {"arn": ARN, "ifMatch": "v1"})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    session = Session()
    monkeypatch.setattr(commands, "find", lambda *_: Deployed(cast(boto3.Session, session), STACK))
    yield session
    session.stacks.assert_no_pending_responses()
    session.plans.assert_no_pending_responses()


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli.app, ["scale", "edge-plan", *arguments])
    if done.exception:
        raise done.exception
    return done.stdout


def refusal(*arguments: str) -> str:
    with pytest.raises(Refusal) as refused:
        run(*arguments)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_what_it_is_has_room_for_and_costs(aws: Session) -> None:
    aws.subscribed(Status.ACTIVE, scheduledChange={"changeType": "CANCELLATION", "effectiveDate": MONTHS_END})

    assert run().splitlines() == [
        "plan: PREMIUM CF_PREMIUM_L2",
        "status: active",
        "with the end of the month that is paid, 2026-12-01: CANCELLATION",
        "room: 750 million requests and 76,800 GB to viewers a month",
        "price: $1,450 a month",
    ]
    assert aws.regions[-1] == "us-east-1"  # the service is there alone


def test_a_change_whose_day_aws_has_not_confirmed(aws: Session) -> None:
    aws.subscribed(Status.ACTIVE, scheduledChange={"changeType": "DOWNGRADE", "usageLevel": "DEFAULT"})

    assert "with the end of the month that is paid: DOWNGRADE DEFAULT" in run().splitlines()


def test_of_a_level_that_is_new_no_price_is_made_up(aws: Session) -> None:
    aws.subscribed(Status.ACTIVE, usageLevel="CF_PREMIUM_L7")
    said = json.loads(run("--json"))

    assert (said["level"], said["usd"], said["room"]) == ("CF_PREMIUM_L7", None, None)


def test_a_status_that_is_new_is_told_in_awss_word(aws: Session) -> None:
    aws.subscribed("CANCELLED")

    assert "status: CANCELLED" in run()


def test_what_waits_is_approved_as_it_was_read(aws: Session) -> None:
    aws.subscribed(Status.PENDING)
    aws.approves()

    assert "status: being applied" in run("--approve", "--yes")


def test_nobody_pays_who_did_not_agree(aws: Session) -> None:
    aws.subscribed(Status.PENDING)

    assert "nobody agreed; say --yes" in refusal("--approve")


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SYNCING, Status.FAILED])
def test_what_does_not_wait_is_not_approved(aws: Session, status: Status) -> None:
    aws.subscribed(status, **({"statusReason": "no web ACL"} if status is Status.FAILED else {}))
    said = refusal("--approve", "--yes")

    assert "nothing waits for approval" in said
    assert edge_plan.SAID[status] in said
    assert ("no web ACL" in said) == (status is Status.FAILED)


def test_what_changed_meanwhile_is_not_approved(aws: Session) -> None:
    aws.subscribed(Status.PENDING)
    aws.plans.add_client_error("approve_paid_subscription", "ConflictException", "ETag", 409)

    assert "changed meanwhile" in refusal("--approve", "--yes")


def test_a_stack_without_a_plan(aws: Session) -> None:
    aws.deployed(EdgePlan="none")

    assert "has no plan of CloudFront's" in refusal()


def test_a_stack_that_has_not_been_deployed_since(aws: Session) -> None:
    aws.deployed()
    aws.has(STACK, "EdgeStack", EDGE)
    asked = {"StackName": EDGE, "LogicalResourceId": "Plan"}
    aws.stacks.add_response("describe_stack_resources", {"StackResources": []}, asked)

    assert "has no Plan; deploy this version" in refusal()


def test_a_stack_that_is_not_there(aws: Session) -> None:
    aws.stacks.add_client_error("describe_stacks", "ValidationError", f"Stack {STACK} does not exist")

    assert "does not exist" in refusal()


def test_another_regions_edge(aws: Session) -> None:
    aws.deployed(Edge="none")

    assert "has no edge" in refusal()


def test_an_edge_apart_is_a_stack_of_its_own(aws: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_plan, "session", lambda _env, region: aws if region == "us-east-1" else None)
    aws.deployed(Edge="apart")
    aws.has(f"{STACK}-edge-us-east-1", "Plan", ARN)
    aws.plans.add_response("get_subscription", {"subscription": subscription(Status.ACTIVE), "eTag": "v1"})

    assert "status: active" in run()


def test_whoever_may_not_ask_is_told_so(aws: Session) -> None:
    aws.deployed()
    aws.has(STACK, "EdgeStack", EDGE)
    aws.has(EDGE, "Plan", ARN)
    aws.plans.add_client_error("get_subscription", "AccessDeniedException", "not authorized", 403)

    assert "look at the role's permissions" in refusal()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status.ACTIVE, State.DONE),
        (Status.SYNCING, State.DONE),
        (Status.PENDING, State.OPEN),
        (Status.FAILED, State.OPEN),
    ],
)
def test_the_checklist_has_its_line(aws: Session, status: Status, state: State) -> None:
    aws.subscribed(status)
    place = Place(Deployed(cast(boto3.Session, aws), STACK), config_env.load("phase4-us-east-1"), NOW)
    (line,) = checklist.look(place, commands.CHECKLISTS[4], lambda _: None)

    assert (line.item, line.answer.state) == ("Edge plan approved", state)
    assert ("--approve --env phase4-us-east-1" in line.answer.cure) == (status is Status.PENDING)


@pytest.mark.parametrize(("change", "state"), [("CANCELLATION", State.OPEN), ("DOWNGRADE", State.DONE)])
def test_the_checklist_knows_a_plan_that_ends_with_the_month(aws: Session, change: str, state: State) -> None:
    aws.subscribed(Status.ACTIVE, scheduledChange={"changeType": change, "effectiveDate": MONTHS_END})
    place = Place(Deployed(cast(boto3.Session, aws), STACK), config_env.load("phase4-us-east-1"), NOW)

    answer = edge_plan.approved(place)

    assert answer.state == state
    if state is State.OPEN:
        assert "cancelled with the end of the month that is paid, 2026-12-01" in answer.said
        assert f"cancel-subscription-change --region us-east-1 --arn {ARN} --if-match v1" in answer.cure


def preflight(aws: Session, wanted: str) -> list[Finding]:
    env = config_env.load("phase4-us-east-1")
    env = replace(env, stack_name=STACK, parameters=parameters.effective(env.parameters, {"EdgePlan": wanted}))
    return list(edge_plan.findings(env, cast(boto3.Session, aws)))


@pytest.mark.parametrize("status", [Status.PENDING, Status.ACTIVE])
def test_preflight_refuses_another_level_of_one_that_is_there(aws: Session, status: Status) -> None:
    aws.deployed()
    aws.deployed()
    aws.subscribed(status)
    (finding,) = preflight(aws, "DEFAULT")

    assert finding.state == preflights.State.REFUSED
    assert "EdgePlan=DEFAULT, and the subscription has CF_PREMIUM_L2" in finding.said
    assert "EdgePlan=none" in finding.cure


def test_preflight_takes_a_level_that_was_changed_at_aws(aws: Session) -> None:
    aws.deployed()
    aws.deployed()
    aws.subscribed(Status.ACTIVE, usageLevel="CF_PREMIUM_L3")

    assert preflight(aws, "CF_PREMIUM_L3") == []


@pytest.mark.parametrize(("has", "wanted"), [("none", "CF_PREMIUM_L2"), ("CF_PREMIUM_L2", "CF_PREMIUM_L2")])
def test_preflight_asks_of_no_subscription_where_the_deploy_changes_none(aws: Session, has: str, wanted: str) -> None:
    aws.deployed(EdgePlan=has)
    aws.deployed(EdgePlan=has)

    assert preflight(aws, wanted) == []


def test_preflight_asks_nothing_where_no_plan_is_wanted(aws: Session) -> None:
    assert preflight(aws, "none") == []


def test_preflight_of_a_first_deploy(aws: Session) -> None:
    aws.stacks.add_client_error("describe_stacks", "ValidationError", f"Stack {STACK} does not exist")

    assert preflight(aws, "DEFAULT") == []


def test_preflight_says_that_it_could_not_look(aws: Session) -> None:
    aws.stacks.add_client_error("describe_stacks", "AccessDenied", "not authorized", 403)
    (finding,) = preflight(aws, "DEFAULT")

    assert finding.state == preflights.State.REFUSED
    assert "look at the role's permissions" in finding.cure
