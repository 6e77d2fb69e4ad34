"""What a stack with CloudFront's flat-rate plan pays, of a million people who ask 730 million times a month."""

from dataclasses import replace
from math import inf
from typing import Any

import pytest

from operations import config_env
from operations.cost import prices
from operations.cost.bill import Bill, by_component
from operations.cost.edge_plan import BUSINESS, CREDIT_GB, PREMIUM, settle, subscribed
from operations.cost.idle import always_on
from operations.cost.model import Assumptions, Projection, project, project_places
from operations.cost.options import options
from operations.cost.places import Place, of_phase, place
from operations.cost.prices import Prices
from operations.refusal import Refusal
from tests.unit.operations.cost.conftest import stack

WITHIN = {
    "edge_requests", "edge_gigabytes", "edge_functions", "firewall_requests", "firewall_lists", "firewall_rules",
}  # fmt: skip
LEVELS = {level.name: level for level in PREMIUM}


FIREWALL = {"Type": "AWS::WAFv2::WebACL", "Properties": {"Rules": [{}, {}]}}


def with_plan(level: str) -> Place:
    """Behind a firewall of two rules."""
    return stack(
        Acl=FIREWALL,
        Plan={
            "Type": "AWS::PricingPlanManager::Subscription",
            "Properties": {"PlanFamily": "CloudFront", "PlanTier": "PREMIUM", "UsageLevel": level},
        },
    )


def bill(**units: float) -> Bill:
    made = Bill(prices.load())
    made.add("edge plan", LEVELS["DEFAULT"].price, "us-east-1", 1)
    for name, many in units.items():
        made.add(name, name, "us-east-1", many)
    return made


# Millions of requests that the firewall looks at, which are more than any level by themselves: $12,000.
DEAR = 20_000.0


def billed(level: str, **units: float) -> dict[str, float]:
    made = bill(**units, firewall_requests=DEAR)
    settle(made, LEVELS["DEFAULT"], prices.load())
    assert level == next(line.price for line in made.lines if line.component == "edge plan").split()[-1]
    return by_component(made.costs())


def flat(projection: Projection) -> float:
    return sum(one.usd for one in projection.components if one.name == "edge plan")


@pytest.mark.parametrize(
    ("units", "level", "usd"),
    [
        ({"edge_requests": 499.0, "edge_gigabytes": 9_000.0}, "DEFAULT", 1000),
        ({"edge_requests": 500.0, "edge_gigabytes": 50 * 1024.0}, "DEFAULT", 1000),
        ({"edge_requests": 500.1, "edge_gigabytes": 1.0}, "CF_PREMIUM_L2", 1450),
        ({"edge_requests": 1.0, "edge_gigabytes": 50 * 1024.0 + 1}, "CF_PREMIUM_L2", 1450),
        ({"edge_requests": 751.0}, "CF_PREMIUM_L3", 2250),
        ({"edge_requests": 1_251.0}, "CF_PREMIUM_L4", 3500),
        ({"edge_requests": 2_001.0}, "CF_PREMIUM_L5", 6000),
        ({"edge_requests": 6_000.0, "edge_gigabytes": 600 * 1024.0}, "CF_PREMIUM_L6", 10_000),
    ],
)
def test_the_smallest_level_that_has_room_is_all_that_is_paid(units: dict[str, float], level: str, usd: float) -> None:
    assert billed(level, **units) == {"edge plan": usd}


@pytest.mark.parametrize("units", [{"edge_requests": 6_000.1}, {"edge_gigabytes": 600 * 1024.0 + 1}])
def test_above_the_largest_level_nothing_is_made_up(units: dict[str, float]) -> None:
    with pytest.raises(Refusal, match=r"largest plan has .*EdgePlan=none"):
        billed("CF_PREMIUM_L6", **units)


def test_what_no_page_says_is_within_is_paid_besides() -> None:
    found = billed("DEFAULT", edge_tags=2_000.0, edge_shield=10.0, edge_to_origin=100.0, dns_queries=10.0)

    assert found == pytest.approx(
        {"edge plan": 1000, "edge_tags": 5.0, "edge_shield": 7.5, "edge_to_origin": 2.0, "dns_queries": 6.0}
    )


def test_a_plan_that_does_not_pay_is_not_approved(idle: Assumptions) -> None:
    waiting = project_places([with_plan("CF_PREMIUM_L3")], "phase1", 1_000, idle)
    without = project_places([stack(Acl=FIREWALL)], "phase1", 1_000, idle)

    assert (waiting.lines, waiting.components) == (without.lines, without.components)


@pytest.mark.parametrize(("looked_at", "usd"), [(1_666.0, 999.6), (1_667.0, 1000.0)])
def test_the_cheaper_of_the_two_is_paid(looked_at: float, usd: float) -> None:
    made = bill(firewall_requests=looked_at)
    settle(made, LEVELS["DEFAULT"], prices.load())

    assert made.total() == pytest.approx(usd)


def test_the_credit_is_weighed_too() -> None:
    """5 TB of pictures are $117.76."""
    made = bill(firewall_requests=1_500.0, s3_storage=float(CREDIT_GB))
    settle(made, LEVELS["DEFAULT"], prices.load())

    assert by_component(made.costs()) == {"edge plan": 1000}


def test_the_level_of_the_template_is_the_least() -> None:
    made = bill(firewall_requests=DEAR)
    made.lines[0] = replace(made.lines[0], price=LEVELS["CF_PREMIUM_L3"].price)
    settle(made, LEVELS["CF_PREMIUM_L3"], prices.load())

    assert by_component(made.costs()) == {"edge plan": 2250}


def test_one_that_is_approved_is_paid_while_nobody_comes(idle: Assumptions) -> None:
    found = project_places([with_plan("DEFAULT")], "phase1", 1_000_000, idle)

    assert [one.idle_usd for one in found.components if one.name == "edge plan"] == [1000]
    assert flat(found) == 1450


def test_nothing_is_paid_twice(idle: Assumptions) -> None:
    found = project_places([with_plan("DEFAULT")], "phase1", 1_000_000, idle)

    assert flat(found) == 1450  # 730 million requests are more than the template's level has room for
    assert not {line.price for line, _ in found.lines} & WITHIN
    assert [line.units for line, _ in found.lines if line.component == "edge plan"] == [1]


def test_always_on_is_the_firewall_and_the_plan_once_it_is_approved() -> None:
    found = {one.what: one for one in always_on(with_plan("DEFAULT").templates, "us-east-1")}

    plan = found["Plan: CloudFront's plan"]
    assert plan.monthly == 0
    assert "$1,000 once it is approved" in plan.quantity
    assert (found["Acl: web ACL"].monthly, found["Acl: rules"].monthly) == (5, 2)


@pytest.mark.parametrize(
    ("stored", "left"),
    [
        ({"sa-east-1": 1_000.0}, {}),
        ({"us-east-1": float(CREDIT_GB)}, {}),
        ({"us-east-1": CREDIT_GB + 10.0}, {"us-east-1": 10.0}),
        # The cheapest region's first: 4,000 there, and 1,120 of the dearer one's.
        ({"sa-east-1": 2_000.0, "eu-west-1": 4_000.0}, {"sa-east-1": 880.0}),
    ],
)
def test_no_more_is_credited_than_is_stored(stored: dict[str, float], left: dict[str, float]) -> None:
    made = bill(firewall_requests=DEAR)
    for region, gigabytes in stored.items():
        made.add("pictures", "s3_storage", region, gigabytes)
    settle(made, LEVELS["DEFAULT"], prices.load())

    assert {line.region: line.units for line in made.lines if line.price == "s3_storage"} == pytest.approx(left)
    assert all(usd >= 0 for _, usd in made.costs())


def test_whoever_has_a_plan_is_offered_none(idle: Assumptions) -> None:
    given = project_places([with_plan("DEFAULT")], "phase1", 1_000_000, idle)
    without = project_places([stack()], "phase1", 1_000_000, idle)

    assert not [one for one in options(given) if "flat plan" in one.what]
    (offered,) = [one for one in options(without) if "flat plan" in one.what]
    assert "PREMIUM CF_PREMIUM_L2" in offered.what
    assert offered.of_usd - offered.saves_usd == pytest.approx(1450)
    assert offered.saves_usd == pytest.approx(without.total_usd - given.total_usd)  # with S3's credit


def test_the_offer_is_of_the_prices_that_were_reckoned_with(idle: Assumptions) -> None:
    known = {price.name: price for price in idle.prices}
    plan = known["edge plan PREMIUM CF_PREMIUM_L2"]
    dearer = Prices(known | {plan.name: replace(plan, tiers={"us-east-1": ((inf, 1500.0),)})})
    found = project_places([stack()], "phase1", 1_000_000, replace(idle, prices=dearer))

    (offered,) = [one for one in options(found) if "flat plan" in one.what]
    assert offered.of_usd - offered.saves_usd == pytest.approx(1500)


def test_each_level_has_a_price_and_more_room_than_the_one_before() -> None:
    usd = [prices.load()[level.price].cost("us-east-1", 1) for level in (BUSINESS, *PREMIUM)]

    assert usd == sorted(usd) == [200, 1000, 1450, 2250, 3500, 6000, 10_000]
    rooms = [(level.millions, level.gigabytes) for level in PREMIUM]
    assert all(list(one) == sorted(set(one)) for one in zip(*rooms, strict=True))


def phases() -> list[str]:
    return [name for name in config_env.names() if name not in ("local", "phase3-prepare")]


@pytest.mark.parametrize("name", phases())
def test_phase_4s_home_alone_has_a_plan(name: str) -> None:
    level = subscribed(place(config_env.load(name)).templates)

    assert level == (LEVELS["CF_PREMIUM_L2"] if name == "phase4-us-east-1" else None)


@pytest.fixture(scope="module")
def by_request() -> list[Place]:
    def changed(one: Place) -> Place:
        given: dict[str, Any] = {**one.env.parameters, "EdgePlan": "none"}
        return place(replace(one.env, parameters=given), home=one.home)

    return [changed(one) for one in of_phase("phase4")]


@pytest.mark.parametrize(("users", "pays"), [(540_000, False), (560_000, True), (1_000_000, True)])
def test_phase_4s_plan_pays_from_550_000_people_on(users: int, by_request: list[Place], *, pays: bool) -> None:
    """So docs/scaling.md says."""
    without = project_places(by_request, "phase4", users)
    covered = sum(usd for line, usd in without.lines if line.price in WITHIN)
    credit = min(CREDIT_GB, sum(line.units for line, _ in without.lines if line.price == "s3_storage")) * 0.023
    approved = without.total_usd - covered + 1450 - credit
    given = project("phase4", users).total_usd

    assert given == pytest.approx(approved if pays else without.total_usd)
    assert (approved < without.total_usd) is pays


@pytest.mark.parametrize(("users", "level"), [(1_027_000, 1450), (1_028_000, 2250)])
def test_phase_4s_level_has_room_for_1_027_000(users: int, level: float) -> None:
    assert flat(project("phase4", users)) == level
