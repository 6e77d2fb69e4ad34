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
        self._lately = [*demand[1 - DOWN_AFTER :], *demand]
        self.units = limits.of(demand[0])
        self._above = 0
        self.below = 0
        self.minutes: list[float] = []

    def grow(self, minute: int) -> None:
        used = self._demand[minute] / self.units / self._limits.target
        self._above = self._above + 1 if used > 1 else 0
        self.below = self.below + 1 if used < SLACK else 0
        if self._above >= UP_AFTER:
            self.units, self._above = self._limits.of(self._demand[minute]), 0

    def waits(self, minute: int) -> bool:
        """To become less."""
        return self.below >= DOWN_AFTER and self.units > self._limits.floor and self._less(minute) < self.units

    def shrink(self, minute: int) -> None:
        self.units, self.below = self._less(minute), 0

    def _less(self, minute: int) -> float:
        """By the busiest of the minutes that were looked at."""
        return self._limits.of(max(self._lately[minute : minute + DOWN_AFTER]))

    def paid(self) -> float:
        """In the mean of the second day; an hour is paid by the most that it had."""
        hours = [max(self.minutes[begin : begin + 60]) for begin in range(MINUTES, 2 * MINUTES, 60)]
        return sum(hours) / len(hours)


def paid(of_table: Iterable[tuple[Sequence[float], Limits]]) -> list[float]:
    """Units that are paid for in the mean of a day, of each demand of one table, on the second of two days alike."""
    every = [_Kept(demand, limits) for demand, limits in of_table]
    for _ in range(2):
        decreases = last = 0
        for minute in range(MINUTES):
            for one in every:
                one.grow(minute)
            # First whether one may become less, as that is seldom.
            if decreases < DECREASES_A_DAY or minute - last >= DECREASE_AFTER:
                waits = [one for one in every if one.waits(minute)]
                if waits:
                    max(waits, key=lambda one: one.below).shrink(minute)
                    decreases, last = decreases + 1, minute
            for one in every:
                one.minutes.append(one.units)
    return [one.paid() for one in every]
