"""CloudFront's flat-rate plan of a deployed edge: how it stands, and the approval from which on it is paid.

CloudFormation makes the subscription and never approves it: until somebody does, each request and gigabyte is paid, and
the subscription waits without end.
https://docs.aws.amazon.com/PricingPlanManager/latest/UserGuide/getting-started-pricingplanmanager-api.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import boto3

from operations import edge_stack
from operations.account import AwsAccount
from operations.config_env import ConfigEnv
from operations.cost.edge_plan import BUSINESS, PREMIUM, Level, price_of
from operations.cost.places import HOME
from operations.cost.prices import load
from operations.deployed import BRISK, Deployed
from operations.options import session
from operations.preflight import Finding, State
from operations.refusal import Refusal, aws_errors_explained
from operations.scale.advising import deployed_env
from operations.scale.checklist import Answer, Place, done, undone

SERVICE = "pricing-plan-manager"  # of boto3; in policies of IAM its actions begin with pricingplanmanager
CANCELLATION = "CANCELLATION"  # a change of AWS's, besides DOWNGRADE
APPROVE = "mundo scale edge-plan --approve"


class Status(StrEnum):
    """AWS's own words, of those that are known."""

    PENDING = "PENDING_APPROVAL"
    SYNCING = "SYNC_IN_PROGRESS"
    ACTIVE = "ACTIVE"
    FAILED = "FAILED"


SAID: dict[str, str] = {
    Status.PENDING: "waits for approval; until then each request and gigabyte is paid",
    Status.SYNCING: "being applied, which takes some minutes",
    Status.ACTIVE: "active",
    Status.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """`change` is what AWS has noted for the end of the month that is paid, and to which plan; `ends` is when, once AWS
    knows. Empty, nothing is noted. `etag` is what an approval names, so that it approves what was read."""

    arn: str
    tier: str
    level: str
    status: str
    reason: str
    change: str
    ends: str
    etag: str

    @property
    def room(self) -> Level | None:
        """None of a tier or level that is not known here."""
        return next((one for one in (BUSINESS, *PREMIUM) if one[:2] == (self.tier, self.level)), None)

    @property
    def usd(self) -> float | None:
        """A month; None where no price is known."""
        name, prices = price_of(self.tier, self.level), load()
        return prices[name].cost(HOME, 1) if name in prices else None


def read(found: Deployed, env: ConfigEnv) -> Subscription:
    """
    Raises:
        Refusal: the stack is not there, has no plan, or AWS does not answer.
    """
    edge = _edge_of(found, env)
    arn = edge.physical_id("Plan")
    with aws_errors_explained("reading the plan's subscription"):
        return _subscription(_client(edge).get_subscription(arn=arn))


def approve(found: Deployed, pending: Subscription) -> Subscription:
    """As it stands then. From here on it is paid.

    Raises:
        Refusal: it does not wait for approval, or is another one than was read.
    """
    if pending.status != Status.PENDING:
        said = f"nothing waits for approval: the plan is {said_of(pending)}"
        raise Refusal(f"{said} {pending.reason}".rstrip(), cure="mundo scale edge-plan says how it stands")
    client = _client(found)
    with aws_errors_explained("approving the plan"):
        try:
            return _subscription(client.approve_paid_subscription(arn=pending.arn, ifMatch=pending.etag))
        except client.exceptions.ConflictException as error:
            raise Refusal("the subscription changed meanwhile, and is not approved", cure=f"{APPROVE} again") from error


def told(plan: Subscription) -> list[str]:
    """Lines for the operator."""
    lines = [f"plan: {plan.tier} {plan.level}", f"status: {said_of(plan)}"]
    if plan.reason:
        lines.append(f"why: {plan.reason}")
    if plan.change:
        lines.append(f"{_end_of(plan)}: {plan.change}")
    if plan.room:
        room = f"{plan.room.millions:,.0f} million requests and {plan.room.gigabytes:,.0f} GB to viewers a month"
        lines.append(f"room: {room}")
    return [*lines, f"price: {dollars(plan)}"]


def said_of(plan: Subscription) -> str:
    return SAID.get(plan.status, plan.status)


def dollars(plan: Subscription) -> str:
    return "an unknown price" if plan.usd is None else f"${plan.usd:,.0f} a month"


def approved(place: Place) -> Answer:
    """The line of the checklist."""
    found = read(place.found, place.env)
    said = f"{found.tier} {found.level} is {said_of(found)} {found.reason}".rstrip()
    if found.change.startswith(CANCELLATION):
        cure = f"aws {SERVICE} cancel-subscription-change --region {edge_stack.REGION} --arn {found.arn}"
        return undone(f"{said}, and cancelled {_end_of(found)}", f"{cure} --if-match {found.etag}")
    if found.status in (Status.ACTIVE, Status.SYNCING):
        return done(said)
    if found.status == Status.PENDING:
        return undone(said, f"{APPROVE} --env {place.env.name}")
    return undone(said, "deploy with EdgePlan=none, then with the level again: AWS wants a failed one made anew")


def findings(env: ConfigEnv, here: boto3.Session) -> Iterator[Finding]:
    """For `mundo preflight`: CloudFormation changes no level, of a subscription that waits neither.

    The parameters of `env` are all that the template has.
    """
    try:
        has = _other_level(env, here)
    except Refusal as refusal:
        yield Finding("edge plan", State.REFUSED, refusal.cause, refusal.cure)
        return
    if has:
        said = f"EdgePlan={env.parameters['EdgePlan']}, and the subscription has {has}: CloudFormation changes no level"
        cure = "deploy EdgePlan=none first if it waits, else change it at AWS first: docs/scaling.md, The edge's plan"
        yield Finding("edge plan", State.REFUSED, said, cure)


def _other_level(env: ConfigEnv, here: boto3.Session) -> str:
    """What the subscription has, if it is there and has another level than `env` asks for."""
    wanted, found = env.parameters["EdgePlan"], Deployed(here, env.stack_name)
    if wanted == "none" or AwsAccount(here).stack_status(env.stack_name) is None:
        return ""
    if deployed_env(found, env).parameters["EdgePlan"] in ("none", wanted):
        return ""
    level = read(found, env).level
    return "" if level == wanted else level


def _end_of(plan: Subscription) -> str:
    return f"with the end of the month that is paid{f', {plan.ends}' if plan.ends else ''}"


def _edge_of(found: Deployed, asked: ConfigEnv) -> Deployed:
    """The stack that makes the distribution."""
    env = deployed_env(found, asked)
    if env.parameters["EdgePlan"] == "none":
        cure = "deploy it with EdgePlan, as phase4-us-east-1 does, or name that env by --env"
        raise Refusal(f"the stack {found.stack_name} has no plan of CloudFront's", cure=cure)
    match env.parameters["Edge"]:
        case "here":
            return replace(found, stack_name=found.physical_id("EdgeStack"))
        case "apart":
            name = edge_stack.name_of(replace(env, region=found.session.region_name))
            return Deployed(session(env, edge_stack.REGION), name, found.endpoint)
        case _:
            raise Refusal(f"the stack {found.stack_name} has no edge", cure="name home's env by --env")


def _client(found: Deployed) -> Any:
    made: Any = found.session.client
    return made(SERVICE, region_name=edge_stack.REGION, endpoint_url=found.endpoint, config=BRISK)


def _subscription(answer: dict[str, Any]) -> Subscription:
    one = answer["subscription"]
    change = one.get("scheduledChange", {})
    return Subscription(
        arn=one["arn"],
        tier=one["planTier"],
        level=one.get("usageLevel", "DEFAULT"),
        status=one["status"],
        reason=one.get("statusReason", ""),
        change=" ".join(change[name] for name in ("changeType", "planTier", "usageLevel") if change.get(name)),
        ends=f"{change['effectiveDate']:%Y-%m-%d}" if "effectiveDate" in change else "",
        etag=answer["eTag"],
    )
