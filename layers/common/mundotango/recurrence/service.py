from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import MAXYEAR, UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, islice, takewhile
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dateutil import rrule

from mundotango.errors import Said
from mundotango.recurrence import policy
from mundotango.recurrence.model import Frequency, Recurrence, Rule
from mundotango.text import refused

# After 400 years the calendar repeats, to the day of the week.
_CYCLE_YEARS = 400
_CYCLE = timedelta(days=146_097)
_SPARE_YEARS = 100

_FREQUENCIES: Mapping[Frequency, Literal[0, 1, 2, 3, 4, 5, 6]] = {
    "YEARLY": rrule.YEARLY,
    "MONTHLY": rrule.MONTHLY,
    "WEEKLY": rrule.WEEKLY,
    "DAILY": rrule.DAILY,
    "HOURLY": rrule.HOURLY,
    "MINUTELY": rrule.MINUTELY,
    "SECONDLY": rrule.SECONDLY,
}


def checked(recurrence: Recurrence, first: datetime, zone: str) -> Recurrence:
    """The series as it is kept, if it is one that an event may have: its rule and its last start are bounded.

    `first` has to be a start of the rule, as the RFC says what comes of another is not defined. It may be excluded.
    """
    policy.local("first", first)
    policy.dates("excluded", recurrence.excluded)
    policy.dates("added", recurrence.added)
    last = first + policy.LONGEST_SERIES
    if any(start <= first for start in recurrence.added):
        raise refused("added", "must be after the first start")
    if any(start > last for start in recurrence.added):
        raise policy.too_long("added")
    kept = replace(recurrence, rule=policy.localised(recurrence.rule, zone))
    if kept.rule:
        _check(policy.parsed(kept.rule), first, last)
    found = starts(kept, first, until=last, limit=policy.MOST_STARTS + 1)
    if not found:
        raise refused("excluded", "must leave a start")
    if len(found) > policy.MOST_STARTS:
        raise policy.too_many()
    return kept


def starts(recurrence: Recurrence, first: datetime, *, until: datetime, limit: int) -> list[datetime]:
    """In order and each once, the first `limit` of those until then; one at `until` is among them.

    `first` is one unless it is excluded, whatever the rule says (RFC 5545, section 3.8.5.3).
    """
    by_rule = _by_rule(policy.parsed(recurrence.rule), first) if recurrence.rule else iter(())
    excluded = set(recurrence.excluded)
    each = (start for start, _ in groupby(merge([first], sorted(recurrence.added), by_rule)))
    left = (start for start in takewhile(lambda start: start <= until, each) if start not in excluded)
    return list(islice(left, limit))


def at(local: datetime, zone: str) -> datetime:
    """The moment, in UTC, at which clocks of the zone show that time (RFC 5545, section 3.3.5).

    Where it comes twice, the first. Where clocks leap over it, it is as if they had not yet: 02:30, if it is skipped,
    is when they show 03:30. No start of a series is lost by that (section 3.3.10 said otherwise until erratum 4271).
    """
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def in_utc(rule: str, zone: str) -> str:
    """As calendars are told it: where times are by the clocks of a zone, an UNTIL is in UTC (RFC 5545, 3.3.10)."""
    until = policy.parsed(rule).until if rule else None
    if until is None:
        return rule
    ends = f"UNTIL={at(until, zone):%Y%m%dT%H%M%SZ}"
    return ";".join(ends if part.startswith("UNTIL=") else part for part in rule.split(";"))


def _check(rule: Rule, first: datetime, last: datetime) -> None:
    policy.suits_events(rule)
    within = takewhile(lambda start: start <= last, _by_rule(rule, first))
    found = list(islice(within, policy.MOST_STARTS))
    if found[:1] != [first]:
        raise refused("rule", Said("must have its first start at {first}", first=first.isoformat()))
    if (rule.count is not None and len(found) < rule.count) or (rule.until is not None and rule.until > last):
        raise policy.too_long("rule")


def _by_rule(rule: Rule, first: datetime) -> Iterator[datetime]:
    """From `first` on.

    A rule such as the 31st of each February has no start to stop at: dateutil looks until the year 9999, 15 seconds
    long. So it is asked at the end of the calendar, where the same days come, and has looked at most 500 years ahead.
    """
    shift = (MAXYEAR - _SPARE_YEARS - first.year) // _CYCLE_YEARS * _CYCLE
    try:
        for shifted in _expanded(rule, first + shift):
            start = shifted - shift
            if rule.until is not None and start > rule.until:
                return
            yield start
    except ValueError:
        return  # in the last week of 9999, of which the end is in the year 10000


def _expanded(rule: Rule, first: datetime) -> rrule.rrule:
    options: dict[str, Any] = {name.lower(): values for name, values in rule.by.items()}
    if rule.days:
        options["byweekday"] = [rrule.weekday(day.weekday, day.nth) for day in rule.days]
    return rrule.rrule(
        freq=_FREQUENCIES[rule.frequency],
        dtstart=first,
        interval=rule.interval,
        wkst=rule.week_start,
        count=rule.count,
        **options,
    )
