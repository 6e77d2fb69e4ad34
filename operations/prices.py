"""What a stack costs while nobody uses it: the parts that are paid by the hour.

List prices of us-east-1 in US dollars, before tax. `confirmed` is false for a price taken from memory of the price
list and not looked up again; look before you rely on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

AS_OF = "2026-11"
HOURS_A_MONTH = 730
BUDGET = 25.0  # what the platform's first phase cost on the single server it came from


@dataclass(frozen=True, slots=True)
class Price:
    what: str
    quantity: str
    monthly: float | None  # None: not known here
    source: str
    confirmed: bool = True


RDS = "aws.amazon.com/rds/postgresql/pricing"
CONFIRMED_CLASS = "db.t4g.micro"
HOURLY = {CONFIRMED_CLASS: 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065, "db.t4g.large": 0.129}


def always_on(parameters: Mapping[str, str]) -> list[Price]:
    """What a stack of these parameters makes; what is there already is paid elsewhere."""
    found = []
    if not parameters["DatabaseHost"]:
        found += _database(parameters["DatabaseInstanceClass"], standby=parameters["DatabaseMultiAz"] == "true")
    if not parameters["CacheHost"]:
        least = HOURS_A_MONTH * 0.1 * 0.084
        cache, source = "Valkey, ElastiCache Serverless", "aws.amazon.com/elasticache/pricing"
        found.append(Price(cache, "0.1 GB at $0.084 an hour", least, source))
    return found


def _database(size: str, *, standby: bool) -> list[Price]:
    """A standby is a second machine with a second disk."""
    machines, hourly = 2 if standby else 1, HOURLY.get(size)
    zones = "two zones" if standby else "single zone"
    return [
        Price(
            f"RDS {size}, {zones}",
            f"{machines * HOURS_A_MONTH} h" + (f" at ${hourly:.3f}" if hourly else ""),
            machines * HOURS_A_MONTH * hourly if hourly else None,
            RDS,
            confirmed=size == CONFIRMED_CLASS,
        ),
        Price("RDS gp3 storage", f"{machines * 20} GB at $0.115", machines * 20 * 0.115, RDS, confirmed=False),
        Price("Secrets Manager", "1 secret", 0.40, "aws.amazon.com/secrets-manager/pricing", confirmed=False),
    ]


def total(prices: list[Price]) -> float:
    """Of those that are known."""
    return sum(price.monthly or 0 for price in prices)
