"""Tables that are paid by what is kept for them: their floors, their alarms, and what is kept above the floors."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from operations.cost.bill import Bill
from operations.cost.day import demand
from operations.cost.prices import HOURS_A_MONTH, SECONDS_A_MONTH
from operations.cost.scaling import Limits, paid
from operations.expansion import Template

TABLE = "AWS::DynamoDB::GlobalTable"
RARE = "STANDARD_INFREQUENT_ACCESS"
SECONDS_A_DAY = 86_400
KINDS = ("writes", "reads")
# Of each policy AlarmHigh and AlarmLow, of what is used, and ProvisionedCapacityHigh and ProvisionedCapacityLow, of
# what is kept, as accounts show them and moto makes them. AWS says that they are made and paid, and not how many:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
ALARMS_A_POLICY = 4

Standing = tuple[str, str, str, str, float]  # component, what it is, price, region, units a month
Day = tuple[tuple[str, float], ...]  # units that people of each region ask for in one


@dataclass(frozen=True, slots=True)
class Scaled:
    """A table, or one of its indexes, in one region. `unit` is as what acts take is named: `reactions by_user`."""

    unit: str
    region: str
    writes: Limits
    reads: Limits
    rare: bool  # of the class Standard-IA

    def price(self, kind: str) -> str:
        return f"dynamodb_{'rare_' if self.rare else ''}{kind.removesuffix('s')}_hours"

    @property
    def component(self) -> str:
        return f"DynamoDB {self.unit.partition(' ')[0]}"


def scaled(templates: Iterable[Template]) -> Iterator[Scaled]:
    """What the expanded templates of a stack scale; of tables that are one in all regions, each region's copy."""
    for template in templates:
        for name, one in template.resources.items():
            if one["Type"] == TABLE and one["Properties"].get("BillingMode") == "PROVISIONED":
                yield from _of_table(name.removesuffix("Table").lower(), one["Properties"])


def _of_table(table: str, properties: Mapping[str, Any]) -> Iterator[Scaled]:
    indexes = {one["IndexName"]: one for one in properties.get("GlobalSecondaryIndexes", [])}
    for replica in properties["Replicas"]:
        region, rare = str(replica["Region"]), replica.get("TableClass") == RARE
        yield Scaled(table, region, _limits(properties, "Write"), _limits(replica, "Read"), rare)
        for index in replica.get("GlobalSecondaryIndexes", []):
            name = index["IndexName"]
            yield Scaled(f"{table} {name}", region, _limits(indexes[name], "Write"), _limits(index, "Read"), rare)


def _limits(of: Mapping[str, Any], kind: str) -> Limits:
    found = of[f"{kind}ProvisionedThroughputSettings"][f"{kind}CapacityAutoScalingSettings"]
    target = float(found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]) / 100
    return Limits(float(found["MinCapacity"]), float(found["MaxCapacity"]), target)


def standing(templates: Iterable[Template]) -> Iterator[Standing]:
    """What is paid of them while nobody comes."""
    for one in scaled(templates):
        for kind, limits in (("writes", one.writes), ("reads", one.reads)):
            what = f"{one.unit} in {one.region}: {limits.floor:g} {kind} a second kept"
            yield one.component, what, one.price(kind), one.region, limits.floor * HOURS_A_MONTH
        alarms = f"{one.unit} in {one.region}: auto scaling's alarms"
        yield "monitoring", alarms, "alarms", one.region, 2 * ALARMS_A_POLICY


class Asked:
    """Collects what is asked of scaled tables in a month, by the region of those who ask."""

    def __init__(self, of: Iterable[Scaled]) -> None:
        self._scaled = {(one.unit, one.region): one for one in of}
        self._units: dict[tuple[str, str, str], defaultdict[str, float]] = {
            (unit, region, kind): defaultdict(float) for unit, region in self._scaled for kind in KINDS
        }

    def add(self, unit: str, region: str, kind: str, by: Mapping[str, float]) -> bool:
        """Whether it is paid so. A local index is kept with its table."""
        for name in (unit, unit.partition(" ")[0]):
            if (name, region) in self._scaled:
                for origin, units in by.items():
                    self._units[name, region, kind][origin] += units
                return True
        return False

    def fill(self, bill: Bill) -> None:
        """What is kept above the floors, which stand."""
        for (unit, region), one in self._scaled.items():
            limits = {"writes": one.writes, "reads": one.reads}
            days = [(self._a_day(unit, region, kind), limits[kind]) for kind in KINDS]
            for kind, kept in zip(KINDS, _kept(*days), strict=True):
                bill.add(one.component, one.price(kind), region, (kept - limits[kind].floor) * HOURS_A_MONTH)

    def _a_day(self, unit: str, region: str, kind: str) -> Day:
        month = self._units[unit, region, kind]
        return tuple((origin, units / SECONDS_A_MONTH * SECONDS_A_DAY) for origin, units in month.items())


@cache  # of docs/costs.md two thirds: most assumptions leave a table's day as it was
def _kept(*of_table: tuple[Day, Limits]) -> tuple[float, ...]:
    return tuple(paid((demand(dict(day)), limits) for day, limits in of_table))
