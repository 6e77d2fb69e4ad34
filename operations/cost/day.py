"""When in a day people are here: the declared profile, which bench/edge_trace.py draws its visitors from too."""

from collections.abc import Mapping
from functools import cache
from math import pi, sin
from operator import mul

# Of a day by the clocks there: an hour's share, lowest before dawn, highest at nine in the evening.
HOURS = (
    2.5,
    1.6,
    0.9,
    0.5,
    0.4,
    0.4,
    0.7,
    1.4,
    2.4,
    3.0,
    3.4,
    3.7,
    4.2,
    4.2,
    3.9,
    3.9,
    4.3,
    5.2,
    6.8,
    8.8,
    10.6,
    11.2,
    9.4,
    5.6,
)
MINUTES = 24 * 60
# Hours that clocks are before UTC where most of a region's people are: New York, Madrid, Buenos Aires, in December.
AHEAD = {"us-east-1": -5, "eu-west-1": 1, "sa-east-1": -3}
# Minutes are unlike their hour: as a wave of 20 minutes, a sixth up and down. Declared, as nobody has measured it: it
# keeps auto scaling from shrinking what a quiet quarter of an hour does not need, as real unevenness does.
SWELL, WAVE = 0.15, 20


def demand(a_day: Mapping[str, float]) -> list[float]:
    """Units a second in each minute of a day of UTC, of so many units a day that people of each region ask for."""
    return [sum(map(mul, a_day.values(), shares)) / 60 for shares in _shares(tuple(a_day))]


@cache
def _shares(regions: tuple[str, ...]) -> list[tuple[float, ...]]:
    """What is of each region's day in each minute of UTC."""
    return [tuple(_share(minute + 60 * AHEAD[region]) for region in regions) for minute in range(MINUTES)]


def _share(minute: int) -> float:
    """Of a day, that minute by the clocks there: straight lines between the middles of hours."""
    hour, past = divmod((minute + 0.5) / 60 - 0.5, 1)
    before, after = HOURS[int(hour) % 24], HOURS[int(hour + 1) % 24]
    wave = 1 + SWELL * sin(2 * pi * minute / WAVE)
    return (before + (after - before) * past) / sum(HOURS) / 60 * wave
