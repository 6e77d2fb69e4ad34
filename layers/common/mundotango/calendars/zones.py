"""Time zones as calendars are told them (RFC 5545, section 3.6.5): when clocks are set, year by year.

The package icalendar makes them too, but says of the changes to summer time what clocks show after them, where the RFC
wants what they showed until then: whoever computes by it is an hour late.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

# No two changes of one zone's clocks are nearer: between winter and the month of Ramadan there are some four weeks.
_STEP = timedelta(days=7)
_SECOND = timedelta(seconds=1)

# Offset, name and whether it is summer time.
_State = tuple[timedelta, str, bool]


@lru_cache(maxsize=256)
def timezone(name: str, first_year: int, last_year: int) -> Timezone:
    """Good for these years."""
    zone = ZoneInfo(name)
    begin, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    offset, _, _ = at_first = _state(zone, begin)
    onsets: dict[tuple[timedelta, _State], list[datetime]] = {}
    onsets[offset, at_first] = [(begin + offset).replace(tzinfo=None)]
    for moment, before, after in _changes(zone, begin, end):
        onsets.setdefault((before[0], after), []).append((moment + before[0]).replace(tzinfo=None))
    found = Timezone()
    found.add("TZID", name)
    for (shown_before, state), starts in onsets.items():
        found.add_component(_observance(shown_before, state, starts))
    return found


def _observance(before: timedelta, state: _State, starts: list[datetime]) -> TimezoneStandard | TimezoneDaylight:
    offset, name, summer = state
    found = TimezoneDaylight() if summer else TimezoneStandard()
    found.add("DTSTART", starts[0])
    for start in starts[1:]:
        # Each by itself: of several in one property, what ical.js is part of, as Thunderbird is, takes the first.
        found.add("RDATE", start)
    found.add("TZOFFSETFROM", before)
    found.add("TZOFFSETTO", offset)
    found.add("TZNAME", name)
    return found


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, _State, _State]]:
    """The moment from which clocks show something else, and what they show before and after."""
    before = begin
    while before < end:
        after = min(before + _STEP, end)
        if _state(zone, before) != _state(zone, after):
            early, late = before, after
            while late - early > _SECOND:
                middle = early + (late - early) // 2
                if _state(zone, middle) == _state(zone, before):
                    early = middle
                else:
                    late = middle
            moment = late.replace(microsecond=0)
            yield moment, _state(zone, before), _state(zone, moment)
        before = after


def _state(zone: ZoneInfo, moment: datetime) -> _State:
    local = moment.astimezone(zone)
    return local.utcoffset() or timedelta(0), local.tzname() or "", bool(local.dst())
