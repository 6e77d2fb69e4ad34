import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import cast, get_args
from zoneinfo import ZoneInfo

from mundotango.errors import Invalid, Said
from mundotango.recurrence.model import Day, Frequency, Rule
from mundotango.text import refused

# A series is announced again when it ends; nobody knows more than five years ahead where they will dance.
LONGEST_YEARS = 5
LONGEST_SERIES = timedelta(days=LONGEST_YEARS * 366)
MOST_STARTS = 1000
MOST_DATES = 400
LONGEST_RULE = 500

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = re.compile(r"(?:([+-]?)([0-9]{1,2}))?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
_POSITIVE = re.compile(r"0*[1-9][0-9]*")
_WALL_TIME = re.compile(r"[0-9]{8}(T[0-9]{6})?")
_UNTIL_IN_UTC = re.compile(r"(?<=UNTIL=)([0-9]{8}T[0-9]{6})Z")


def _from_either_end(last: int) -> frozenset[int]:
    return frozenset({*range(-last, 0), *range(1, last + 1)})


# The RFC has a second 60 too, for leap seconds; no clock of ours has.
_NUMBERS: Mapping[str, frozenset[int]] = {
    "BYSECOND": frozenset(range(60)),
    "BYMINUTE": frozenset(range(60)),
    "BYHOUR": frozenset(range(24)),
    "BYMONTHDAY": _from_either_end(31),
    "BYYEARDAY": _from_either_end(366),
    "BYWEEKNO": _from_either_end(53),
    "BYMONTH": frozenset(range(1, 13)),
    "BYSETPOS": _from_either_end(366),
}
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_NUMBERS})


def localised(text: str, zone: str) -> str:
    """The rule as it is kept: in capitals, and an UNTIL in UTC, as calendars have it, in the time of the place."""

    def local(found: re.Match[str]) -> str:
        moment = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return moment.astimezone(ZoneInfo(zone)).strftime("%Y%m%dT%H%M%S")

    if len(text) > LONGEST_RULE:
        raise refused("rule", Said("must be at most {longest} characters", longest=LONGEST_RULE))
    try:
        return _UNTIL_IN_UTC.sub(local, text.upper())
    except (ValueError, OverflowError) as error:
        raise _misused("UNTIL") from error


def parsed(text: str) -> Rule:
    """What RFC 5545 allows, and nothing else; what comes of it at an event is the business of `suits_events`."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS:
            raise refused("rule", "must be a recurrence rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=FR;COUNT=10")
        if name in parts:
            raise _misused(name)
        parts[name] = value
    frequency = parts.get("FREQ")
    if frequency not in get_args(Frequency):
        raise _misused("FREQ")
    rule = Rule(
        frequency=cast(Frequency, frequency),
        interval=_positive(parts, "INTERVAL") or 1,
        count=_positive(parts, "COUNT"),
        until=_until(parts),
        week_start=_week_start(parts),
        days=tuple(_day(day) for day in parts["BYDAY"].split(",")) if "BYDAY" in parts else (),
        by={name: _numbers(name, parts[name]) for name in _NUMBERS if name in parts},
    )
    for name in _contradictions(rule):
        raise _misused(name)
    return rule


def suits_events(rule: Rule) -> None:
    """A day has one start at most, and a series ends. What dateutil and the RFC expand differently is refused too."""
    if rule.frequency not in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY"):
        raise refused("rule", "must repeat by days, weeks, months or years")
    for name in _WITHIN_A_DAY:
        if name in rule.by:
            raise _without(name)
    # Positions are counted from the first start in its week, and not from the week's first day.
    if "BYSETPOS" in rule.by and rule.frequency in ("WEEKLY", "DAILY"):
        raise _without("BYSETPOS")
    # All seven days of the week are taken, and not the one that the first start is on.
    if "BYWEEKNO" in rule.by and not rule.days:
        raise refused("rule", "must say BYDAY beside BYWEEKNO")
    # Only what is in both is taken.
    if len({day.nth is None for day in rule.days}) > 1:
        raise refused("rule", "must number all days of BYDAY, or none")
    if rule.count is None and rule.until is None:
        raise refused("rule", "must end: say COUNT or UNTIL")
    if rule.count is not None and rule.count > MOST_STARTS:
        raise too_many()


def dates(field: str, values: tuple[datetime, ...]) -> None:
    if len(values) > MOST_DATES:
        raise refused(field, Said("must have at most {most} dates", most=MOST_DATES))
    for value in values:
        local(field, value)


def local(field: str, value: datetime) -> None:
    if value.tzinfo is not None or value.microsecond:
        raise refused(field, "must be the time at the place, without an offset, in whole seconds")


def too_many() -> Invalid:
    return refused("rule", Said("must have at most {most} starts", most=MOST_STARTS))


def too_long(field: str) -> Invalid:
    return refused(field, Said("must end within {years} years", years=LONGEST_YEARS))


def _misused(name: str) -> Invalid:
    return refused("rule", Said("must say {part} as RFC 5545 allows it", part=name))


def _without(name: str) -> Invalid:
    return refused("rule", Said("must do without {part}", part=name))


def _positive(parts: Mapping[str, str], name: str) -> int | None:
    if name not in parts:
        return None
    if not _POSITIVE.fullmatch(parts[name]):
        raise _misused(name)
    return int(parts[name])


def _until(parts: Mapping[str, str]) -> datetime | None:
    """A date alone means all of that day."""
    value = parts.get("UNTIL")
    if value is None:
        return None
    try:
        if _WALL_TIME.fullmatch(value):
            if "T" in value:
                return datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the time of the place
            return datetime.combine(datetime.strptime(value, "%Y%m%d"), time(23, 59, 59))  # noqa: DTZ007
    except ValueError:
        pass  # there is no such day
    raise _misused("UNTIL")


def _week_start(parts: Mapping[str, str]) -> int:
    value = parts.get("WKST", "MO")
    if value not in _WEEKDAYS:
        raise _misused("WKST")
    return _WEEKDAYS.index(value)


def _day(value: str) -> Day:
    found = _DAY.fullmatch(value)
    if found is None:
        raise _misused("BYDAY")
    sign, number, day = found.groups()
    if number is None:
        return Day(_WEEKDAYS.index(day))
    if not 1 <= int(number) <= 53:
        raise _misused("BYDAY")
    return Day(_WEEKDAYS.index(day), -int(number) if sign == "-" else int(number))


def _numbers(name: str, values: str) -> tuple[int, ...]:
    written = values.split(",")
    if not all(_NUMBER.fullmatch(value) and int(value) in _NUMBERS[name] for value in written):
        raise _misused(name)
    return tuple(int(value) for value in written)


def _contradictions(rule: Rule) -> Iterator[str]:
    """The parts that must not stand beside what else there is, by the RFC."""
    if rule.count is not None and rule.until is not None:
        yield "UNTIL"
    if "BYMONTHDAY" in rule.by and rule.frequency == "WEEKLY":
        yield "BYMONTHDAY"
    if "BYYEARDAY" in rule.by and rule.frequency in ("DAILY", "WEEKLY", "MONTHLY"):
        yield "BYYEARDAY"
    if "BYWEEKNO" in rule.by and rule.frequency != "YEARLY":
        yield "BYWEEKNO"
    if "BYSETPOS" in rule.by and len(rule.by) == 1 and not rule.days:
        yield "BYSETPOS"
    numbered = any(day.nth is not None for day in rule.days)
    if numbered and (rule.frequency not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in rule.by):
        yield "BYDAY"
