"""What a month's use comes to: free units shared by all who use them, tiers by region, and each component its part."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from operations.cost.prices import Prices


@dataclass(frozen=True, slots=True)
class Line:
    component: str
    price: str
    region: str
    units: float


class Bill:
    def __init__(self, prices: Prices, lines: Iterable[Line] = ()) -> None:
        self._prices = prices
        self.lines = list(lines)

    def add(self, component: str, price: str, region: str, units: float) -> None:
        """Refused at once where there is no such price."""
        if units < 0:
            raise ValueError(f"{component} uses {units} of {price}")
        known = self._prices[price]
        if units:
            self.lines.append(Line(component, known.name, region, units))

    def costs(self) -> list[tuple[Line, float]]:
        """Each line with its dollars; of what is free and of tiers each has its share."""
        used: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for line in self.lines:
            used[line.price][line.region] = used[line.price].get(line.region, 0) + line.units
        dollars: dict[tuple[str, str], float] = {}
        for name, regions in used.items():
            price, together = self._prices[name], sum(regions.values())
            paid = max(1 - price.free / together, 0)
            for region, units in regions.items():
                dollars[name, region] = price.cost(region, units * paid) / units
        return [(line, dollars[line.price, line.region] * line.units) for line in self.lines]

    def total(self) -> float:
        return sum(usd for _, usd in self.costs())


def by_component(costs: Iterable[tuple[Line, float]]) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for line, usd in costs:
        found[line.component] += usd
    return dict(found)
