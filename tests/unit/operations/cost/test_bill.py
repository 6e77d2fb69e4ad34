from math import inf

import pytest

from operations.cost.bill import Bill, by_component
from operations.cost.prices import Price, Prices
from operations.refusal import Refusal

FLAT = ((inf, 2.0),)
PRICES = Prices(
    {
        "calls": Price("calls", "million", "s", "d", frozenset(), 10, {"us-east-1": FLAT, "sa-east-1": ((inf, 4.0),)}),
        "disk": Price("disk", "GB", "s", "d", frozenset(), 0, {"us-east-1": ((5, 1.0), (inf, 0.5))}),
    }
)


def costs(*lines: tuple[str, str, str, float]) -> dict[str, float]:
    bill = Bill(PRICES)
    for line in lines:
        bill.add(*line)
    return by_component(bill.costs())


def test_what_is_free_costs_nothing() -> None:
    assert costs(("api", "calls", "us-east-1", 10)) == {"api": 0}
    assert costs(("api", "calls", "us-east-1", 11))["api"] == pytest.approx(2)


def test_what_is_free_is_free_once_however_many_use_it() -> None:
    """20 of 10 free: each region pays for half of its own."""
    found = costs(("api", "calls", "us-east-1", 10), ("push", "calls", "sa-east-1", 10))

    assert found == pytest.approx({"api": 10, "push": 20})


def test_components_share_the_tiers_and_add_up() -> None:
    found = costs(("media", "disk", "us-east-1", 4), ("posts", "disk", "us-east-1", 6))

    assert sum(found.values()) == pytest.approx(5 * 1.0 + 5 * 0.5)
    assert found["media"] / found["posts"] == pytest.approx(4 / 6)


def test_a_use_without_a_price_is_refused_at_once() -> None:
    with pytest.raises(Refusal, match="no price of nat"):
        costs(("network", "nat", "us-east-1", 1))
