"""What auto scaling keeps, minute by minute, of what a table may be asked for.

The rules are AWS's: up after two minutes above the target, down after fifteen below four fifths of it; four decreases
of a table in a day of UTC, and beside them one for each hour without any. Its reads and its writes share them, here in
turn, though one call may make both smaller.
https://repost.aws/knowledge-center/dynamodb-auto-scaling
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from operations.cost.day import MINUTES

UP_AFTER, DOWN_AFTER = 2, 15
SLACK = 0.8
DECREASES_A_DAY, DECREASE_AFTER = 4, 60


@dataclass(frozen=True, slots=True)
class Limits:
    """Units a second, and the share of what is kept that is wanted used."""

    floor: float
    ceiling: float
    target: float

    def of(self, asked: float) -> float:
        return min(max(ceil(asked / self.target), self.floor), self.ceiling)


class _Kept:
    """Of a table's reads, or of its writes."""

    def __init__(self, demand: Sequence[float], limits: Limits) -> None:
        self._demand, self._limits = demand, limits
        self.units = limits.of(demand[0])
        self._above = 0
        self.below = 0

    def grow(self, minute: int) -> None:
        used = self._demand[minute % MINUTES] / self.units / self._limits.target
        self._above = self._above + 1 if used > 1 else 0
        self.below = self.below + 1 if used < SLACK else 0
        if self._above >= UP_AFTER:
            self.units, self._above = self._limits.of(self._demand[minute % MINUTES]), 0

    def less(self, minute: int) -> float:
        """What it would shrink to, by the busiest of the minutes that were looked at."""
        lately = range(minute - DOWN_AFTER + 1, minute + 1)
        return self._limits.of(max(self._demand[one % MINUTES] for one in lately))

    def shrink(self, minute: int) -> None:
        self.units, self.below = self.less(minute), 0


def paid(of_table: Iterable[tuple[Sequence[float], Limits]]) -> list[float]:
    """Units that are paid for in the mean of a day, of each demand of one table: an hour is paid by the most that it
    had. Of two days alike the second."""
    every = [_Kept(demand, limits) for demand, limits in of_table]
    decreases, last = 0, -DECREASE_AFTER
    hours = [[0.0] * (MINUTES // 60) for _ in every]
    for minute in range(2 * MINUTES):
        if minute % MINUTES == 0:
            decreases = 0
        for one in every:
            one.grow(minute)
        waits = [one for one in every if one.below >= DOWN_AFTER and one.less(minute) < one.units]
        if waits and (decreases < DECREASES_A_DAY or minute - last >= DECREASE_AFTER):
            max(waits, key=lambda one: one.below).shrink(minute)
            decreases, last = decreases + 1, minute
        if minute >= MINUTES:
            for kept, one in zip(hours, every, strict=True):
                hour = minute % MINUTES // 60
                kept[hour] = max(kept[hour], one.units)
    return [sum(kept) / len(kept) for kept in hours]
