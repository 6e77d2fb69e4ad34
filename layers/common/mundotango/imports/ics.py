"""Reads what other programs write of events by RFC 5545. What it cannot make an event of, it says why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar.parser import Contentline
from icalendar.parser.property import split_on_unescaped_comma, unescape_backslash
from icalendar.prop import vDuration
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from mundotango import places
from mundotango.errors import Invalid, Said
from mundotango.imports import components, policy
from mundotango.imports.components import Block
from mundotango.imports.model import Candidate, Deviation, Problem, Reading, Spot
from mundotango.text import refused

_MOMENT = re.compile(r"([0-9]{8}T[0-9]{6})(Z?)")
_DAY = re.compile(r"[0-9]{8}")
_GEO = re.compile(r"(?:geo:)?([+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?)[;,]([+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?)")
_FIRST_PART = re.compile(r"[\n,]")
_LONGEST_SHOWN = 100
_PRIVATE = ("PRIVATE", "CONFIDENTIAL")


@dataclass(frozen=True, slots=True)
class _Time:
    """A time as it is written: by the clocks of `zone`, of UTC, or, where `zone` is empty, of wherever it is read."""

    wall: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class _Value:
    text: str
    parameters: dict[str, str]


def read_calendar(text: str, *, most_events: int, longest: int) -> Reading:
    """Of a series, the times that are unlike the others are part of its candidate.

    Raises:
        Invalid: it is no calendar, or too large a one.
    """
    policy.length(text, longest)
    calendar = components.read(text, most_events)
    reader = _Reader(calendar)
    for block in calendar.events:
        reader.take(block)
    return reader.reading()


class _Reader:
    def __init__(self, calendar: components.Calendar) -> None:
        self._zones = calendar.zones
        self._usual_zone = _zone_named(calendar.properties.get("X-WR-TIMEZONE", ""), {}) or ""
        self._candidates: dict[str, Candidate] = {}
        self._deviating: list[tuple[str, Block]] = []
        self._problems: list[Problem] = []

    def take(self, block: Block) -> None:
        title = ""
        try:
            if block.broken is not None:
                raise block.broken
            title = _text(block, "SUMMARY")
            uid = _text(block, "UID") or f"line {block.line}"
            if "RECURRENCE-ID" in block.properties:
                self._deviating.append((uid, block))
            elif uid in self._candidates:
                raise refused("UID", "is that of an event further up")
            else:
                self._candidates[uid] = self._candidate(block, title)
        except Invalid as refusal:
            self._problems.append(_problem(block, title, refusal))

    def reading(self) -> Reading:
        for uid, block in self._deviating:
            try:
                series = self._candidates.get(uid)
                if series is None:
                    raise refused("RECURRENCE-ID", "belongs to a series that is not taken over")
                deviation = self._deviation(block, series)
                self._candidates[uid] = replace(series, deviations=(*series.deviations, deviation))
            except Invalid as refusal:
                self._problems.append(_problem(block, _text(block, "SUMMARY"), refusal))
        problems = sorted(self._problems, key=lambda problem: problem.line)
        return Reading(tuple(self._candidates.values()), tuple(problems))

    def _candidate(self, block: Block, title: str) -> Candidate:
        _taken_over(block)
        starts, ends = self._times(block)
        rule = _text(block, "RRULE")
        excluded, added = self._dates(block, "EXDATE", starts), self._dates(block, "RDATE", starts)
        if (rule or added) and starts.zone == "UTC":
            raise refused("DTSTART", "must be by the clocks of the place where an event repeats, and not in UTC")
        categories = _texts(block, "CATEGORIES")
        link = _text(block, "URL")
        return Candidate(
            line=block.line,
            title=title,
            starts=_as_said(starts),
            ends=_as_said(ends),
            description=_text(block, "DESCRIPTION"),
            language=_language(block),
            kind=policy.kind_told(*categories, title) or "",
            zone=self._usual_zone if starts.zone == "UTC" else starts.zone,
            rule=rule,
            excluded=excluded,
            added=added,
            spot=_spot(block),
            link=link if link.startswith("https://") else "",
            uid=_text(block, "UID"),
        )

    def _times(self, block: Block) -> tuple[_Time, _Time]:
        starts = self._time("DTSTART", _value(block, "DTSTART"))
        if "DTEND" in block.properties:
            ends = self._time("DTEND", _value(block, "DTEND"))
            return starts, _at_clocks_of(starts.zone, ends, "DTEND")
        if "DURATION" in block.properties:
            return starts, replace(starts, wall=_later(starts.wall, _value(block, "DURATION").text))
        raise refused("DTEND", "must be given")

    def _time(self, name: str, value: _Value) -> _Time:
        if _DAY.fullmatch(value.text):
            raise refused(name, "must have an hour, and not be all of a day")
        found = _MOMENT.fullmatch(value.text)
        if found is None:
            raise refused(name, "must be a time such as 20261127T220000")
        try:
            wall = datetime.strptime(found[1], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - its zone stands beside it
        except ValueError as error:
            raise refused(name, "must be a time such as 20261127T220000") from error
        if found[2]:
            return _Time(wall, "UTC")
        written = value.parameters.get("TZID", "")
        zone = _zone_named(written, self._zones) if written else self._usual_zone
        if zone is None:
            raise refused(name, Said("names a time zone that is not known here: {zone}", zone=_shown(written)))
        return _Time(wall, zone)

    def _dates(self, block: Block, name: str, starts: _Time) -> tuple[datetime, ...]:
        """By the clocks of the place. One without an hour means the start that is on that day."""
        found: list[datetime] = []
        for line in block.properties.get(name, ()):
            value = _parsed(line)
            for text in value.text.split(","):
                if _DAY.fullmatch(text):
                    time = replace(self._time(name, _at_hour_of(starts.wall, text)), zone=starts.zone)
                else:
                    time = self._time(name, _Value(text, value.parameters))
                found.append(_at_clocks_of(starts.zone, time, name).wall)
        return tuple(sorted(set(found)))

    def _deviation(self, block: Block, series: Candidate) -> Deviation:
        value = _value(block, "RECURRENCE-ID")
        if "RANGE" in value.parameters:
            raise refused("RECURRENCE-ID", "must be of one time, without RANGE")
        zone = series.zone
        if _DAY.fullmatch(value.text):
            original = replace(self._time("RECURRENCE-ID", _at_hour_of(series.starts, value.text)), zone=zone)
        else:
            original = _at_clocks_of(zone, self._time("RECURRENCE-ID", value), "RECURRENCE-ID")
        cancelled = _text(block, "STATUS").upper() == "CANCELLED"
        if "DTSTART" not in block.properties:
            return Deviation(original.wall, cancelled)
        starts, ends = self._times(block)
        if (
            _at_clocks_of(zone, starts, "DTSTART") == original
            and ends.wall - starts.wall == series.ends - series.starts
        ):
            return Deviation(original.wall, cancelled)
        return Deviation(original.wall, cancelled, _as_said(starts), _as_said(ends))


def _at_hour_of(starts: datetime, day: str) -> _Value:
    return _Value(f"{day}T{starts:%H%M%S}", {})


def _taken_over(block: Block) -> None:
    if _text(block, "STATUS").upper() == "CANCELLED":
        raise refused("STATUS", "says that it is cancelled")
    if _text(block, "CLASS").upper() in _PRIVATE:
        raise refused("CLASS", "says that it is private")
    if "EXRULE" in block.properties:
        raise refused("EXRULE", "is not known here; say the dates that are left out by EXDATE")
    if len(block.properties.get("RRULE", ())) > 1:
        raise refused("RRULE", "must be given once")


def _at_clocks_of(zone: str, time: _Time, name: str) -> _Time:
    """The same moment by the clocks of the zone."""
    if time.zone == zone:
        return time
    if not time.zone or not zone:
        raise refused(name, "must be in the zone that the event begins in")
    try:
        moment = time.wall.replace(tzinfo=ZoneInfo(time.zone)).astimezone(ZoneInfo(zone))
    except OverflowError as error:
        raise refused(name, "must be a time such as 20261127T220000") from error
    return _Time(moment.replace(tzinfo=None, fold=0), zone)


def _as_said(time: _Time) -> datetime:
    """A moment where the zone is UTC, else what clocks show."""
    return time.wall.replace(tzinfo=UTC) if time.zone == "UTC" else time.wall


def _later(wall: datetime, duration: str) -> datetime:
    try:
        lasts: timedelta = vDuration.from_ical(duration)  # type: ignore[no-untyped-call]
        return wall + lasts
    except (ValueError, OverflowError) as error:
        raise refused("DURATION", "must be a duration such as PT4H") from error


def _zone_named(written: str, places_of: dict[str, str]) -> str | None:
    """The IANA zone that a name means: itself, what its definition says, Windows' name of it, or its last parts, as in
    /freeassociation.sourceforge.net/Europe/Berlin."""
    parts = written.split("/")
    names = [written, places_of.get(written, ""), WINDOWS_TO_OLSON.get(written, ""), *_last(parts)]
    for name in names:
        try:
            return "UTC" if name in ("Etc/UTC", "Etc/GMT") else places.zone(name)
        except Invalid:
            continue
    return None


def _last(parts: Sequence[str]) -> list[str]:
    return ["/".join(parts[-length:]) for length in (3, 2) if len(parts) > length]


def _spot(block: Block) -> Spot:
    text = _text(block, "LOCATION")
    name, address = _FIRST_PART.split(text, maxsplit=1) if _FIRST_PART.search(text) else (text, "")
    spot = Spot(name=name.strip(), address=" ".join(address.split()), text=text)
    for place in ("GEO", "X-APPLE-STRUCTURED-LOCATION"):
        found = _GEO.fullmatch(_value(block, place).text) if place in block.properties else None
        if found is not None:
            return replace(spot, latitude=float(found[1]), longitude=float(found[2]))
    return spot


def _language(block: Block) -> str:
    return _value(block, "SUMMARY").parameters.get("LANGUAGE", "") if "SUMMARY" in block.properties else ""


def _text(block: Block, name: str) -> str:
    """Empty where it is not said."""
    if name not in block.properties:
        return ""
    said: str = unescape_backslash(_value(block, name).text)
    return said.strip()


def _texts(block: Block, name: str) -> list[str]:
    return [each for line in block.properties.get(name, ()) for each in split_on_unescaped_comma(_parsed(line).text)]


def _value(block: Block, name: str) -> _Value:
    if name not in block.properties:
        raise refused(name, "must be given")
    return _parsed(block.properties[name][0])


def _parsed(line: str) -> _Value:
    try:
        _, parameters, value = Contentline(line).raw_parts()  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise refused("line", Said("cannot be read: {line}", line=_shown(line))) from error
    said = {name.upper(): each if isinstance(each, str) else ",".join(each) for name, each in parameters.items()}
    return _Value(value.strip(), said)


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _problem(block: Block, title: str, refusal: Invalid) -> Problem:
    return Problem(block.line, _shown(title), refusal)
