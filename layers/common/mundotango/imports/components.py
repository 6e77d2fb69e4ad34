"""The lines of an iCalendar file (RFC 5545, section 3.1), put together to its components.

Each event is taken apart by itself, so that one which is broken spoils no other, and only what an event itself says is
kept: what is nested within it, alarms and the like, is of no use here and goes no further. What a file says of time
zones is read for their names alone: definitions of strangers would hold for whoever comes after.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mundotango.errors import Invalid, Said
from mundotango.text import refused

# RFC 5545 has three levels; 5 leave room for what programs add.
DEEPEST = 5
LONGEST_LINE = 50_000

_BREAK = re.compile(r"\r\n|\n|\r")
_NAME = re.compile(r"[A-Za-z0-9-]+")


@dataclass(slots=True)
class Block:
    """What one event says: its lines by the names of their properties, unfolded, in the order of the file."""

    line: int
    properties: dict[str, list[str]] = field(default_factory=dict)
    broken: Invalid | None = None

    def add(self, text: str) -> None:
        if len(text) > LONGEST_LINE:
            self.broken = refused("line", Said("must be at most {longest} characters", longest=LONGEST_LINE))
        elif name := _NAME.match(text):
            self.properties.setdefault(name[0].upper(), []).append(text)


@dataclass(slots=True)
class Calendar:
    """`zones` has what a file says beside the name of a zone: where it is (X-LIC-LOCATION)."""

    events: list[Block] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    begun: bool = False


def read(text: str, most_events: int) -> Calendar:
    """
    Raises:
        Invalid: it is no calendar, or one with more events than that.
    """
    lines = _Lines(most_events)
    for number, line in _unfolded(text):
        lines.take(number, line)
    return lines.end()


class _Lines:
    """What stands open at a line, and the event that is being read."""

    def __init__(self, most_events: int) -> None:
        self._most_events = most_events
        self._calendar = Calendar()
        self._open: list[str] = []
        self._block: Block | None = None
        self._zone: dict[str, str] = {}

    def take(self, number: int, line: str) -> None:
        name, value = _split(line)
        if name == "BEGIN":
            self._begin(number, value.upper())
        elif name == "END":
            self._end(value.upper())
        elif not self._open:
            raise _no_calendar()
        elif self._block is not None and self._open[-1] == "VEVENT":
            self._block.add(line)
        elif self._open[-1] == "VTIMEZONE":
            self._zone[name] = value
        elif self._open == ["VCALENDAR"]:
            self._calendar.properties.setdefault(name, value)

    def end(self) -> Calendar:
        if self._block is not None:
            self._block.broken = _unbalanced()
        if not self._calendar.begun:
            raise _no_calendar()
        return self._calendar

    def _begin(self, number: int, name: str) -> None:
        self._open.append(name)
        if self._open[0] != "VCALENDAR":
            raise _no_calendar()
        if len(self._open) > DEEPEST:
            raise refused("calendar", "has components nested too deeply")
        self._calendar.begun = True
        if name != "VEVENT":
            return
        if self._block is not None:
            self._block.broken = refused("VEVENT", "has another event in it")
            return
        if len(self._calendar.events) == self._most_events:
            raise refused("calendar", Said("must have at most {most} events", most=self._most_events))
        if self._calendar.properties.get("CALSCALE", "GREGORIAN").upper() != "GREGORIAN":
            raise refused("calendar", "must be of the Gregorian calendar")
        self._block = Block(number)
        self._calendar.events.append(self._block)

    def _end(self, name: str) -> None:
        closed = self._close(name)
        if self._block is not None and "VEVENT" not in self._open:
            self._block.broken = self._block.broken or (None if closed else _unbalanced())
            self._block = None
        if name == "VTIMEZONE":
            self._calendar.zones[self._zone.get("TZID", "")] = self._zone.get("X-LIC-LOCATION", "")
            self._zone = {}

    def _close(self, name: str) -> bool:
        """Whether it closes what was opened last. Else what it closes is looked for further out."""
        if name not in self._open:
            return False
        if self._open[-1] == name:
            self._open.pop()
            return True
        while self._open.pop() != name:
            pass
        return False


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Each content line with the number of its first line in the file. A blank line says nothing."""
    parts: list[str] = []
    begins = 1
    for number, line in enumerate(_BREAK.split(text.removeprefix("\ufeff")), start=1):
        if line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield begins, "".join(parts)
        parts, begins = ([line] if line.strip() else []), number
    if parts:
        yield begins, "".join(parts)


def _split(line: str) -> tuple[str, str]:
    """A property's name and all that follows, its parameters left out where it has any; for those that have none."""
    name, _, value = line.partition(":")
    return name.partition(";")[0].strip().upper(), value.strip()


def _unbalanced() -> Invalid:
    return refused("VEVENT", "does not end where it should")


def _no_calendar() -> Invalid:
    return refused("calendar", "must be an iCalendar file, which begins with BEGIN:VCALENDAR")
