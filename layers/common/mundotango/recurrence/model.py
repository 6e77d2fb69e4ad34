"""When a series takes place: a rule of RFC 5545 (section 3.3.10), what is left out of it, and what is added to it.

All times here are those of the clocks on the wall at the place, without an offset: what begins at 22:00 begins at 22:00
in summer and in winter. `mundotango.recurrence.service.at` says which moment that is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Frequency = Literal["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`rule` is the value of an RRULE, with its UNTIL in the time of the place; "" if there is only what is added.

    `excluded` and `added` are EXDATE and RDATE.
    """

    rule: str
    excluded: tuple[datetime, ...] = ()
    added: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week, Monday being 0: each of them, or the `nth` of the month or year, the last being -1."""

    weekday: int
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule taken apart: `days` is BYDAY, `by` the other BY parts, by their names. A start at `until` is one too."""

    frequency: Frequency
    interval: int
    count: int | None
    until: datetime | None
    week_start: int
    days: tuple[Day, ...]
    by: Mapping[str, tuple[int, ...]]
