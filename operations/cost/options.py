"""What could be saved by a promise for a year, and by CloudFront's flat plans."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from operations.cost.edge_plan import BUSINESS, COVERED, PREMIUM
from operations.cost.model import Projection
from operations.cost.places import HOME
from operations.cost.prices import load
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
    asked, sent = (
        sum(line.units for line, _ in projection.lines if line.price == measured)
        for measured in ("edge_requests", "edge_gigabytes")
    )
    paid = sum(usd for line, usd in projection.lines if line.price in COVERED)
    level = next((one for one in (BUSINESS, *PREMIUM) if asked <= one.millions and sent <= one.gigabytes), None)
    if level is None:
        return []
    price = load()[level.price]
    what = f"CloudFront's flat plan {level.tier} {level.name} instead of requests and gigabytes"
    return [Option(what, paid, paid - price.cost(HOME, 1), price.source, HOME in price.confirmed)]
