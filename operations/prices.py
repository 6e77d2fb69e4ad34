"""What phase 1 costs while nobody uses it: the parts that are paid by the hour.

List prices of us-east-1 in US dollars, before tax. `confirmed` is false for a price taken from memory of the price
list and not looked up again; look before you rely on it.
"""

from dataclasses import dataclass

AS_OF = "2026-11"
HOURS_A_MONTH = 730
BUDGET = 25.0  # what the platform's first phase cost on the single server it came from


@dataclass(frozen=True, slots=True)
class Price:
    what: str
    quantity: str
    monthly: float
    source: str
    confirmed: bool = True


RDS = "aws.amazon.com/rds/postgresql/pricing"
ALWAYS_ON = (
    Price("RDS db.t4g.micro, single AZ", "730 h at $0.016", HOURS_A_MONTH * 0.016, RDS),
    Price("RDS gp3 storage", "20 GB at $0.115", 20 * 0.115, RDS, confirmed=False),
    Price(
        "ElastiCache Serverless for Valkey",
        "its least, 0.1 GB at $0.084 an hour",
        HOURS_A_MONTH * 0.1 * 0.084,
        "aws.amazon.com/elasticache/pricing",
    ),
    Price(
        "Secrets Manager, the master password",
        "1 at $0.40",
        0.40,
        "aws.amazon.com/secrets-manager/pricing",
        confirmed=False,
    ),
)


def total() -> float:
    return sum(price.monthly for price in ALWAYS_ON)
