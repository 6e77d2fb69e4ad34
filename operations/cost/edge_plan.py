"""CloudFront's flat-rate plans: what each has room for, and what a stack that has one does not pay besides.

What AWS asks stands in prices.toml. Of the plans' allowances nothing is carried from a month to the next, and what is
above them is not billed: AWS may deliver it slower. So whoever is above one is reckoned with the next larger.
https://docs.aws.amazon.com/PricingPlanManager/latest/UserGuide/plans.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/flat-rate-pricing-plan.html
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from operations.cost.bill import Bill, Line
from operations.cost.places import HOME
from operations.cost.prices import Prices
from operations.expansion import Template
from operations.refusal import Refusal

COMPONENT = "edge plan"
SUBSCRIPTION = "AWS::PricingPlanManager::Subscription"
# What is asked of the edge and sent to viewers, functions, and the firewall with its rules. Whether invalidations and
# Origin Shield are within a plan, AWS's pages do not say as far as we read them, and what is sent on to the origin
# neither: those are paid as before. So are queries of names, as our template leaves the hosted zone out.
COVERED = frozenset(
    {
        "edge_requests", "edge_gigabytes", "edge_functions", "firewall_requests", "firewall_lists", "firewall_rules",
    }
)  # fmt: skip
CREDITED, CREDIT_GB = "s3_storage", 5 * 1024  # of Premium, for the account that pays


class Level(NamedTuple):
    """Room for a month: `millions` of requests, and `gigabytes` to viewers."""

    tier: str
    name: str
    millions: float
    gigabytes: float

    @property
    def price(self) -> str:
        return price_of(self.tier, self.name)


# Free and Pro are no choice for this platform: they take no cache policy of one's own, and public answers have one.
BUSINESS = Level("BUSINESS", "DEFAULT", 125, 50 * 1024)
PREMIUM = tuple(
    Level("PREMIUM", name, millions, terabytes * 1024)
    for name, millions, terabytes in (
        ("DEFAULT", 500, 50),
        ("CF_PREMIUM_L2", 750, 75),
        ("CF_PREMIUM_L3", 1_250, 125),
        ("CF_PREMIUM_L4", 2_000, 200),
        ("CF_PREMIUM_L5", 3_500, 350),
        ("CF_PREMIUM_L6", 6_000, 600),
    )
)


def price_of(tier: str, level: str) -> str:
    """The name of its price."""
    return f"edge plan {tier} {level}"


def subscribed(templates: Iterable[Template]) -> Level | None:
    """The level that a stack's expanded templates ask for."""
    for template in templates:
        for one in template.resources.values():
            if one["Type"] == SUBSCRIPTION:
                return next(level for level in PREMIUM if level.name == one["Properties"]["UsageLevel"])
    return None


def settle(bill: Bill, least: Level, prices: Prices) -> None:
    """Leaves the cheaper of two bills: by request, without a plan, as nobody approves one that costs more; or with the
    level in the place of `least` that has room for what is asked.

    Raises:
        Refusal: none has.
    """
    by_request = Bill(prices, (line for line in bill.lines if line.price != least.price))
    level = _needed(least, by_request.lines)
    bill.lines = min(by_request, Bill(prices, under(level, by_request.lines, prices)), key=Bill.total).lines


def under(level: Level, lines: Iterable[Line], prices: Prices) -> list[Line]:
    """The plan's own line, and what of `lines`, which are by request, is paid besides."""
    besides = [line for line in lines if line.price not in COVERED]
    credited = _credited(besides, prices) if level in PREMIUM else besides
    return [*credited, Line(COMPONENT, level.price, HOME, 1)]


def smallest(levels: Iterable[Level], lines: Iterable[Line]) -> Level | None:
    """The first of the levels, which ascend, that has room for what is asked; None, none has."""
    millions, gigabytes = asked(lines)
    return next((one for one in levels if millions <= one.millions and gigabytes <= one.gigabytes), None)


def asked(lines: Iterable[Line]) -> tuple[float, float]:
    """Of the edge: millions of requests, and gigabytes to viewers."""
    every = list(lines)
    millions, gigabytes = (
        sum(line.units for line in every if line.price == measured) for measured in ("edge_requests", "edge_gigabytes")
    )
    return millions, gigabytes


def _needed(least: Level, lines: list[Line]) -> Level:
    if level := smallest(PREMIUM[PREMIUM.index(least) :], lines):
        return level
    millions, gigabytes = asked(lines)
    largest = PREMIUM[-1]
    raise Refusal(
        f"{millions:,.0f} million requests and {gigabytes:,.0f} GB are more than CloudFront's largest plan has"
        f" ({largest.millions:,.0f} and {largest.gigabytes:,.0f})",
        cure="ask AWS for a price, or set EdgePlan=none in samconfig.toml to see it by request",
    )


def _credited(lines: list[Line], prices: Prices) -> Iterable[Line]:
    """Where a gigabyte is cheapest first: that the credit goes to the dearest nobody promises."""
    left: dict[int, float] = {}
    credit = float(CREDIT_GB)
    stored = [(place, line) for place, line in enumerate(lines) if line.price == CREDITED]
    for place, line in sorted(stored, key=lambda one: prices[CREDITED].tiers[one[1].region][0][1]):
        taken = min(credit, line.units)
        left[place], credit = line.units - taken, credit - taken
    for place, line in enumerate(lines):
        if left.get(place, line.units):
            yield replace(line, units=left.get(place, line.units))
