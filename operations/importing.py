"""Events out of a file, sent in batches to the function that reaches the database."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mundotango.errors import Said
from mundotango.imports import policy
from mundotango.imports.batches import Fate
from mundotango.imports.ics import read_calendar
from mundotango.imports.model import Candidate, Reading
from mundotango.imports.packing import packed
from mundotango.imports.service import Usual
from mundotango.imports.table import read_table
from mundotango.text import refused
from operations import jobs
from operations.deployed import Deployed
from operations.refusal import Refusal

MOST_EVENTS = 10_000
LARGEST_FILE = 20_000_000
MOST_IN_BATCH = 100
# Lambda takes 6 MB. Smaller ones tell sooner how far it is.
LARGEST_BATCH = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator wants done with the candidates."""

    organiser: str
    usual: Usual
    drafts: bool
    apply: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What became of what begins at this line of the file, or would. `reason` is of what was refused."""

    line: int
    title: str
    fate: Fate
    reason: str = ""
    event_id: str = ""


@dataclass(slots=True)
class Reason:
    """`lines` are all for which something was refused."""

    said: str
    lines: list[int] = field(default_factory=list)


def read(path: Path) -> Reading:
    """A calendar if it begins as one or is named so, else a table.

    Raises:
        Invalid: it is neither, or too large.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise refused("file", Said("must be at most {megabytes} MB", megabytes=LARGEST_FILE // 1_000_000))
    text = policy.text_of(data, "file")
    begins = text[:1000].lstrip("\ufeff \t\r\n").upper()
    reads = read_calendar if path.suffix.lower() == ".ics" or begins.startswith("BEGIN:") else read_table
    return policy.completed(policy.distinct(reads(text, most_events=MOST_EVENTS, longest=LARGEST_FILE)))


def refused_by_reading(reading: Reading) -> list[Line]:
    return [Line(each.line, each.title, "refused", each.refusal.detail) for each in reading.problems]


def send(deployed: Deployed, asked: Asked, candidates: Sequence[Candidate]) -> Iterator[list[Line]]:
    """What became of them, as soon as it is known.

    Raises:
        Refusal: the function failed, or knows nobody by that handle.
    """
    said = {
        "organiser": asked.organiser,
        "usual": {name: str(value) for name, value in asdict(asked.usual).items() if value},
        "drafts": asked.drafts,
        "apply": asked.apply,
    }
    for batch in _batches(candidates):
        if isinstance(batch, Line):
            yield [batch]
            continue
        titles = {each["line"]: each["title"] for each in batch}
        for answer in jobs.run(deployed, "import_events", "importing events", candidates=batch, **said):
            if "reason" in answer:
                raise Refusal(f"{asked.organiser}: {answer['reason']}", cure="give another --organiser")
            yield [Line(title=titles[each["line"]], **each) for each in answer["outcomes"]]


def _batches(candidates: Sequence[Candidate]) -> Iterator[list[dict[str, Any]] | Line]:
    """What alone is too large is a line of its own."""
    batch: list[dict[str, Any]] = []
    size = 0
    for candidate in candidates:
        one = packed(candidate)
        weight = len(json.dumps(one))
        if weight > LARGEST_BATCH:
            yield Line(candidate.line, candidate.title, "refused", "it says more than can be sent at once")
            continue
        if batch and (len(batch) == MOST_IN_BATCH or size + weight > LARGEST_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += weight
    if batch:
        yield batch


def reasons(lines: Sequence[Line]) -> list[Reason]:
    """Why something was refused, what is the reason most often first."""
    found: dict[str, Reason] = {}
    for each in lines:
        if each.fate == "refused":
            found.setdefault(each.reason, Reason(each.reason)).lines.append(each.line)
    return sorted(found.values(), key=lambda reason: (-len(reason.lines), reason.lines))


def counts(lines: Sequence[Line]) -> Counter[Fate]:
    return Counter(each.fate for each in lines)
