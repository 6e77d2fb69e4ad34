"""What a word says of the kind of an event, how much of a file is read, and by what its events are known again."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from uuid import UUID

from mundotango.errors import Said
from mundotango.events.model import EventKind
from mundotango.ids import derived_id
from mundotango.imports.model import Candidate, Problem, Reading
from mundotango.text import key, refused

# Without accents and capitals. What stands first in a text counts, so "Milonga after the workshop" is a milonga.
_WORDS: Mapping[str, EventKind] = {
    "class": "class",
    "classes": "class",
    "clase": "class",
    "clases": "class",
    "lesson": "class",
    "concert": "concert",
    "concierto": "concert",
    "course": "course",
    "curso": "course",
    "encuentro": "encuentro",
    "encuentros": "encuentro",
    "festival": "festival",
    "festivalito": "festivalito",
    "marathon": "marathon",
    "maraton": "marathon",
    "milonga": "milonga",
    "milongas": "milonga",
    "practica": "practica",
    "practice": "practica",
    "workshop": "workshop",
    "workshops": "workshop",
    "taller": "workshop",
    "seminario": "workshop",
}
_WORD = re.compile(r"\w+")


def kind_told(*texts: str) -> EventKind | None:
    """By the first text that has a word for one."""
    for text in texts:
        for word in _WORD.findall(key(text)):
            if word in _WORDS:
                return _WORDS[word]
    return None


def length(text: str, longest: int, what: str = "calendar") -> None:
    if len(text) > longest:
        raise refused(what, Said("must be at most {longest} characters", longest=longest))


def text_of(data: bytes, what: str = "calendar") -> str:
    """What a file says. The RFC knows UTF-8 only; some programs write UTF-16, and say so in its first two bytes."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise refused(what, "must be written in UTF-8") from error


def event_id(organiser_id: UUID, candidate: Candidate) -> UUID:
    """The same whenever the same comes: what has no UID is known by its title, its start and where it takes place."""
    by = ("uid", candidate.uid) if candidate.uid else ("row", *_row(candidate))
    return derived_id("imported event", str(organiser_id), *by)


def distinct(reading: Reading) -> Reading:
    """Without what is said twice, which is a problem of the later line."""
    lines: dict[tuple[str, ...], int] = {}
    candidates: list[Candidate] = []
    problems = list(reading.problems)
    for candidate in reading.candidates:
        first = lines.setdefault(_row(candidate), candidate.line)
        if first == candidate.line:
            candidates.append(candidate)
        else:
            refusal = refused("line", Said("says the same as line {line}", line=first))
            problems.append(Problem(candidate.line, candidate.title, refusal))
    return replace(
        reading, candidates=tuple(candidates), problems=tuple(sorted(problems, key=lambda problem: problem.line))
    )


def completed(reading: Reading) -> Reading:
    """A venue that is told of in one line need not be in those after it: by its name and city it is the same."""
    told: dict[tuple[str, str], Candidate] = {}
    candidates: list[Candidate] = []
    for each in reading.candidates:
        place = key(each.spot.name), key(each.spot.city)
        if each.spot.latitude is not None and all(place):
            told.setdefault(place, each)
        elif place in told:
            first = told[place]
            each = replace(each, spot=first.spot, zone=each.zone or first.zone)  # noqa: PLW2901 - the same, completed
        candidates.append(each)
    return replace(reading, candidates=tuple(candidates))


def _row(candidate: Candidate) -> tuple[str, ...]:
    starts = candidate.starts if candidate.starts.tzinfo is None else candidate.starts.astimezone(UTC)
    return key(candidate.title), starts.isoformat(), key(candidate.spot.name), key(candidate.spot.city)
