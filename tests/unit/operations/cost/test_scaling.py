"""What auto scaling keeps over a day, and what that makes of a write's price."""

import pytest

from operations.cost.day import HOURS, MINUTES, SWELL, demand
from operations.cost.scaling import Limits, paid

WIDE = Limits(1, 100_000, 0.7)
DAY = 86_400


def flat(units: float) -> list[float]:
    return [units] * MINUTES


def steps(*units: float) -> list[float]:
    """Each as long as the others, in a day."""
    return [one for one in units for _ in range(MINUTES // len(units))]


def mean(demands: list[float]) -> float:
    return sum(demands) / len(demands)


def test_a_day_has_all_its_units_and_is_busiest_at_nine_in_the_evening_there() -> None:
    found = demand({"eu-west-1": DAY * 10.0})

    assert mean(found) == pytest.approx(10, rel=0.001)
    hours = [sum(found[60 * hour : 60 * hour + 60]) for hour in range(24)]
    assert hours.index(max(hours)) == HOURS.index(max(HOURS)) - 1  # Madrid is an hour before UTC
    assert max(hours) / min(hours) > 20


def test_three_regions_together_are_evener_than_one() -> None:
    alone = demand({"us-east-1": DAY * 10.0})
    together = demand({"us-east-1": DAY * 2.0, "eu-west-1": DAY * 4.5, "sa-east-1": DAY * 3.5})

    assert max(together) < 0.85 * max(alone)


def test_what_is_even_is_paid_by_the_target() -> None:
    assert paid([(flat(70), WIDE)]) == [100]


def test_between_floor_and_ceiling() -> None:
    assert paid([(flat(1), Limits(5, 50, 0.7))]) == [5]
    assert paid([(flat(99), Limits(5, 50, 0.7))]) == [50]


def test_it_shrinks_after_a_quarter_of_an_hour_and_pays_the_hour_that_began_larger() -> None:
    """Twelve hours of 70 and twelve of 7: the hour of the fall is paid in full, and the one of the rise too."""
    (found,) = paid([(steps(7, 70), WIDE)])

    assert found == pytest.approx((10 * 11 + 100 + 100 * 12) / 24)


def test_it_shrinks_to_the_busiest_of_the_quarter_of_an_hour() -> None:
    """In the last minute of an hour, and again within the next."""
    evening = [70.0] * 765 + [7.0] * (MINUTES - 765)
    evening[766] = 40

    assert paid([(evening, WIDE)]) == [pytest.approx((100 * 13 + 58 + 10 * 10) / 24)]


def test_a_minute_alone_changes_nothing() -> None:
    peak = flat(7)
    peak[700] = 70

    assert paid([(peak, WIDE)]) == [10]


def test_less_than_a_fifth_below_the_target_is_left() -> None:
    """It has 100 for 70, and 60 are 60 % of it: above the 56 % at which it shrinks."""
    assert paid([(steps(70, 60), WIDE)]) == [100]
    assert paid([(steps(70, 50), WIDE)])[0] < 100


def test_decreases_are_rationed_over_the_reads_and_the_writes_of_a_table() -> None:
    """Steps down of two hours each: alone it follows each, beside another that falls too it waits for its turn."""
    falling = steps(*[1000 * 0.7**step for step in range(12)])
    (alone,) = paid([(falling, WIDE)])

    assert sum(paid([(falling, WIDE), (falling, WIDE)])) > 2 * alone


def test_of_what_is_paid_not_half_is_used_in_a_region_alone_and_more_in_three_together() -> None:
    """The declared day with its unevenness: far from the 70 % that auto scaling aims at."""
    alone = demand({"sa-east-1": DAY * 100.0})
    together = demand({"us-east-1": DAY * 20.0, "eu-west-1": DAY * 45.0, "sa-east-1": DAY * 35.0})
    used = [mean(found) / paid([(found, WIDE), (found, WIDE)])[0] for found in (alone, together)]

    assert SWELL > 0
    assert 0.45 < used[0] < used[1] < 0.62
