"""What could be saved by a promise for a year, and by CloudFront's flat plans."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from operations.cost.bill import Bill
from operations.cost.edge_plan import BUSINESS, PREMIUM, smallest, under
from operations.cost.model import Projection
from operations.cost.places import HOME
from operations.refusal import Refusal

PATH = Path(__file__).parent.parent / "discounts.toml"


@dataclass(frozen=True, slots=True)
class Option:
    what: str
    of_usd: float
    saves_usd: float
    source: str
    confirmed: bool


def options(projection: Projection) -> list[Option]:
    """Those that save something, the largest first."""
    found = []
    try:
        written = tomllib.loads(PATH.read_text(encoding="utf-8"))
        for one in written.values():
            names = tuple(one["prices"])
            of = sum(usd for line, usd in projection.lines if line.price.startswith(names))
            found.append(Option(one["what"], of, of * one["share"], one["source"], one["confirmed"]))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise Refusal(f"{PATH.name} cannot be read: {error!r}", cure="correct it") from error
    flat = _flat(projection)
    return sorted([one for one in (*found, *flat) if one.saves_usd > 0], key=lambda one: -one.saves_usd)


def _flat(projection: Projection) -> list[Option]:
    """The smallest that has room. Whoever has one pays for nothing of what it is instead of, and is offered none."""
    lines, prices = [line for line, _ in projection.lines], projection.prices
    level = smallest((BUSINESS, *PREMIUM), lines)
    if level is None:
        return []
    price = prices[level.price]
    saves = projection.total_usd - Bill(prices, under(level, lines, prices)).total()
    what = f"CloudFront's flat plan {level.tier} {level.name} instead of requests and gigabytes"
    return [Option(what, saves + price.cost(HOME, 1), saves, price.source, HOME in price.confirmed)]
