"""What could be saved by a promise for a year, and by CloudFront's flat plans."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from operations.cost.model import Projection
from operations.refusal import Refusal

PATH = Path(__file__).parent.parent / "discounts.toml"
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/flat-rate-pricing-plan.html: dollars a month,
# million requests and terabytes that it is for; a web ACL is within it. Unconfirmed but the dollars.
FLAT_PLANS = (("Pro", 15.0, 10.0, 0.05), ("Business", 200.0, 125.0, 50.0), ("Premium", 1000.0, 500.0, 50.0))


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
    asked = sum(line.units for line, _ in projection.lines if line.price == "edge_requests")
    sent = sum(line.units for line, _ in projection.lines if line.price == "edge_gigabytes") / 1024
    edge = {"edge requests", "edge transfer", "edge functions", "firewall"}
    paid = sum(usd for line, usd in projection.lines if line.component in edge)
    source = "https://aws.amazon.com/cloudfront/pricing/"
    return [
        Option(
            f"CloudFront's flat plan {name} instead of requests and gigabytes",
            paid,
            paid - usd,
            source,
            confirmed=False,
        )
        for name, usd, millions, terabytes in FLAT_PLANS
        if asked <= millions and sent <= terabytes
    ][:1]
