"""Places as they are meant, tried out: every way to dance, and every choice of those who wait."""

from collections.abc import Collection, Iterator
from functools import cache
from itertools import product

from mundotango.registrations.model import Headcount, Limits


@cache
def differences(limits: Limits, taken: Headcount) -> tuple[int, ...]:
    """Between leaders and followers, of each way in which all of them fit."""
    if limits.capacity is not None and taken.total > limits.capacity:
        return ()
    ways = ((taken.leaders + x, taken.followers + taken.both - x) for x in range(taken.both + 1))
    return tuple(
        abs(leaders - followers)
        for leaders, followers in ways
        if (limits.leaders is None or leaders <= limits.leaders)
        and (limits.followers is None or followers <= limits.followers)
    )


def admissible(limits: Limits, taken: Headcount, coming: Headcount) -> bool:
    ways = differences(limits, taken + coming)
    if not ways or limits.tolerance is None:
        return bool(ways)
    return min(ways) <= max(limits.tolerance, min(differences(limits, taken)))


def choices(waiting: Collection[Headcount]) -> Iterator[Headcount]:
    """Everybody's headcount, for each choice of one party or more; two of a kind are alike."""
    kinds = {party: list(waiting).count(party) for party in waiting}
    for numbers in product(*(range(number + 1) for number in kinds.values())):
        if any(numbers):
            yield sum((party for party, number in zip(kinds, numbers, strict=True) for _ in range(number)), Headcount())
