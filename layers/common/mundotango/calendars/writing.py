"""Writes calendars by RFC 5545. The same events give the same bytes, so that whoever has them is told so.

For that DTSTAMP is when an event last changed, which it may be where there is no METHOD (section 3.8.7.2).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar import Event as Entry
from icalendar.prop import vRecur, vText

from mundotango.calendars import policy
from mundotango.calendars.model import Once, Series
from mundotango.calendars.zones import timezone
from mundotango.events.model import Event, EventStatus
from mundotango.events.policy import LONGEST_DESCRIPTION
from mundotango.occurrences.model import Occurrence, Own
from mundotango.occurrences.policy import wall_times
from mundotango.recurrence.policy import LONGEST_YEARS
from mundotango.recurrence.service import at, in_utc
from mundotango.venues.model import Venue

# How often it is worth asking again.
_REFRESHED = timedelta(hours=1)
_PRODUCT = "-//Mundo Tango//Mundo Tango//ES"


class _Text(vText):
    """The package takes a backslash before an N, as in C:\\New, for a line that ends."""

    def to_ical(self) -> bytes:
        text = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return text.encode()


def event_calendar(series: Series) -> bytes:
    """The file of one event, in the language it was written in."""
    return _calendar("", _entries(series, LONGEST_DESCRIPTION), [_first_year(series)])


def city_calendar(name: str, series: Sequence[Series], guests: Sequence[Once]) -> bytes:
    entries = [entry for each in series for entry in _entries(each, policy.LONGEST_IN_A_FEED)]
    years = [_first_year(each) for each in series] + [_year(each) for each in guests]
    return _calendar(name, [*entries, *(_once(each, "") for each in guests)], years)


def own_calendar(name: str, times: Sequence[Once], language: str) -> bytes:
    """In the language asked for, where an event is told in it."""
    return _calendar(name, [_once(each, language) for each in times], [_year(each) for each in times])


def _calendar(name: str, entries: Sequence[Entry], years: Sequence[tuple[str, int]]) -> bytes:
    """An event by itself has no name but its own. `years` are those in which something begins in a zone."""
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    if name:
        calendar.add("NAME", name)
        calendar.add("X-WR-CALNAME", name)
        calendar.add("REFRESH-INTERVAL", _REFRESHED, parameters={"VALUE": "DURATION"})
        calendar.add("X-PUBLISHED-TTL", "PT1H")
    if not entries:
        # A calendar must have a component (section 3.6).
        calendar.add_component(timezone("Etc/UTC", 2000, 2000))
    for zone in sorted({zone for zone, _ in years} - {"UTC"}):
        begun = [year for named, year in years if named == zone]
        calendar.add_component(timezone(zone, min(begun) - 1, max(begun) + LONGEST_YEARS + 1))
    for entry in entries:
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _first_year(series: Series) -> tuple[str, int]:
    return series.event.zone, series.event.starts.year


def _year(each: Once) -> tuple[str, int]:
    return each.dated.event.zone, each.dated.occurrence.starts_at.year


def _entries(series: Series, longest: int) -> list[Entry]:
    """The series, and each of its times that is unlike it."""
    event = series.event
    if not event.repeats:
        return [_single(series, longest)]
    changed_at = policy.changed_at(event, series.occurrences)
    duration = event.ends - event.starts
    entry = _entry(event, event.id, series.venues[event.venue_id], series.status, changed_at, longest=longest)
    entry.add("DTSTART", _at_place(event, event.starts))
    # With a DTEND it would be as long as the first time, in which clocks may be set.
    entry.add("DURATION", duration)
    if event.recurrence.rule:
        entry.add("RRULE", vRecur.from_ical(in_utc(event.recurrence.rule, event.zone)))
    added = event.recurrence.added
    if not event.recurrence.rule:
        # The first start is one by itself (section 3.8.5.3), and yet ical.js leaves it out where there is no rule.
        added = (event.starts, *added)
    for name, dates in (("EXDATE", event.recurrence.excluded), ("RDATE", added)):
        if dates:
            entry.add(name, [_at_place(event, start) for start in dates])
    unlike = [each for each in series.occurrences if _is_unlike(series, each, duration)]
    return [entry, *(_exception(series, each, longest) for each in unlike)]


def _single(series: Series, longest: int) -> Entry:
    """What was a series before may have something of its own left."""
    event = series.event
    one = next((each for each in series.occurrences if each.original == event.starts), None)
    own = Own() if one is None else one.own
    venue = series.venues[own.venue_id or event.venue_id]
    changed_at = event.changed_at if one is None else max(event.changed_at, one.changed_at)
    status = series.status if one is None else one.status
    entry = _entry(event, event.id, venue, status, changed_at, longest=longest)
    return _timed(entry, event, *wall_times(event, event.starts, own))


def _is_unlike(series: Series, occurrence: Occurrence, duration: timedelta) -> bool:
    """Also one in which clocks are set: it ends by the clocks as the others do, and so is shorter or longer."""
    if occurrence.status != series.status or not policy.is_usual(series.event, occurrence):
        return True
    if _is_dubious(_at_place(series.event, occurrence.original)):
        return True
    zone, days = series.event.zone, timedelta(days=duration.days)
    return at(occurrence.original + days, zone) + (duration - days) != occurrence.ends_at


def _exception(series: Series, occurrence: Occurrence, longest: int) -> Entry:
    event = series.event
    changed_at = max(policy.changed_at(event, series.occurrences), occurrence.changed_at)
    venue = series.venues[occurrence.venue_id]
    entry = _entry(event, event.id, venue, occurrence.status, changed_at, longest=longest)
    entry.add("RECURRENCE-ID", _at_place(event, occurrence.original))
    return _timed(entry, event, *wall_times(event, occurrence.original, occurrence.own))


def _once(each: Once, language: str) -> Entry:
    """Under an id of its own, as the others of its series may not be in this calendar."""
    event, occurrence = each.dated.event, each.dated.occurrence
    entry = _entry(
        event,
        occurrence.id,
        each.dated.venue,
        occurrence.status,
        each.changed_at,
        longest=policy.LONGEST_IN_A_FEED,
        tentative=each.tentative,
        language=language,
    )
    return _timed(entry, event, *wall_times(event, occurrence.original, occurrence.own))


def _entry(
    event: Event,
    uid: UUID,
    venue: Venue,
    status: EventStatus,
    changed_at: datetime,
    *,
    longest: int,
    tentative: bool = False,
    language: str = "",
) -> Entry:
    text = policy.text_in(event, language)
    tongue = {"LANGUAGE": text.language} if text.language else {}
    entry = Entry()
    entry.add("UID", str(uid))
    entry.add("DTSTAMP", changed_at.replace(microsecond=0))
    entry.add("CREATED", event.created_at.replace(microsecond=0))
    entry.add("LAST-MODIFIED", changed_at.replace(microsecond=0))
    entry.add("SEQUENCE", policy.sequence(event, changed_at))
    entry.add("STATUS", policy.status(status, tentative=tentative))
    entry.add("SUMMARY", _Text(text.title), parameters=tongue)
    if text.description:
        entry.add("DESCRIPTION", _Text(policy.shortened(text.description, longest)), parameters=tongue)
    entry.add("LOCATION", _Text(", ".join(part for part in (venue.name, venue.address, venue.city) if part)))
    entry.add("GEO", (venue.latitude, venue.longitude))
    entry.add("CATEGORIES", [event.kind, *event.tags])
    if event.link:
        entry.add("URL", event.link)
    return entry


def _timed(entry: Entry, event: Event, starts: datetime, ends: datetime) -> Entry:
    """In an hour of which programs do not agree when it is, by UTC."""
    times = [_at_place(event, starts), _at_place(event, ends)]
    if any(_is_dubious(time) for time in times):
        times = [at(starts, event.zone), at(ends, event.zone)]
    entry.add("DTSTART", times[0])
    entry.add("DTEND", times[1])
    return entry


def _is_dubious(local: datetime) -> bool:
    """Clocks skip this time, or show it twice."""
    return local.utcoffset() != local.replace(fold=1).utcoffset()


def _at_place(event: Event, wall: datetime) -> datetime:
    return wall.replace(tzinfo=ZoneInfo(event.zone))
