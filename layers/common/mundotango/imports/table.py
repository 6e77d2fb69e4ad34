"""Reads tables, as spreadsheets write them (CSV), by the names of their columns, which are those of the API's fields.

A row that cannot be read spoils no other: where a quote is never closed, reading goes on with the line after.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO

from mundotango.errors import Invalid, Said
from mundotango.imports import policy
from mundotango.imports.model import Candidate, Problem, Reading, Spot
from mundotango.text import refused

COLUMNS = (
    "title",
    "kind",
    "starts_at",
    "ends_at",
    "zone",
    "venue_name",
    "address",
    "city",
    "country",
    "latitude",
    "longitude",
    "rule",
    "description",
    "language",
    "price",
    "currency",
    "link",
    "tags",
)
REQUIRED = ("title", "starts_at", "ends_at")

_DELIMITERS = ",;\t"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE)
# A spreadsheet may write a comma where others have a point.
_DEGREES = re.compile(r"[+-]?\d{1,3}([.,]\d{1,20})?", re.ASCII)
_PRICE = re.compile(r"\d{1,15}", re.ASCII)
_BETWEEN_TAGS = re.compile(r"[,;|]")
_UNPRINTABLE = re.compile(r"[^\w .-]")
_LONGEST_NAME = 40
_MOST_NAMED = 10

type _Record = list[str] | Invalid


def read_table(text: str, *, most_events: int, longest: int) -> Reading:
    """
    Raises:
        Invalid: it is no table with these columns, or too large a one.
    """
    policy.length(text, longest, "file")
    lines = list(StringIO(text.removeprefix("\ufeff"), newline=""))
    delimiter = max(_DELIMITERS, key=lambda each: len(_known(_header(lines, each))))
    records = _records(lines, delimiter)
    header = _checked(next(records, (0, []))[1])
    candidates: list[Candidate] = []
    problems: list[Problem] = []
    for line, record in records:
        if len(candidates) + len(problems) == most_events:
            raise refused("file", Said("must have at most {most} events", most=most_events))
        title = ""
        try:
            cells = _cells(record, header)
            title = cells["title"]
            candidates.append(_candidate(line, cells))
        except Invalid as refusal:
            problems.append(Problem(line, title, refusal))
    return Reading(tuple(candidates), tuple(problems), tuple(_notices(header)))


def _records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, _Record]]:
    """Each row with the number of its first line in the file; rows without anything in them are left out."""
    begins = 0
    while begins < len(lines):
        reader = csv.reader(_from(lines, begins), delimiter=delimiter, strict=True)
        start = begins
        try:
            for record in reader:
                if any(cell.strip() for cell in record):
                    yield begins + 1, record
                begins = start + reader.line_num
        except csv.Error as error:
            yield begins + 1, _unreadable(error)
            begins += 1


def _from(lines: Sequence[str], index: int) -> Iterator[str]:
    for number in range(index, len(lines)):
        yield lines[number]


def _unreadable(error: csv.Error) -> Invalid:
    if "field limit" in str(error):
        message = Said("has a cell of more than {longest} characters", longest=csv.field_size_limit())
        return refused("line", message)
    return refused("line", "has a quote that is not closed, or does not end its cell")


def _header(lines: Sequence[str], delimiter: str) -> list[str]:
    _, record = next(_records(lines, delimiter), (0, []))
    return [] if isinstance(record, Invalid) else [_name(cell) for cell in record]


def _name(cell: str) -> str:
    return "_".join(cell.casefold().split())


def _known(header: Sequence[str]) -> list[str]:
    return [name for name in header if name in COLUMNS]


def _checked(record: _Record) -> list[str]:
    header = [] if isinstance(record, Invalid) else [_name(cell) for cell in record]
    known = _known(header)
    if not known:
        raise refused(
            "file", Said("must begin with a line of names of columns, such as {names}", names=_named(COLUMNS))
        )
    if len(set(known)) < len(known):
        twice = [name for name in dict.fromkeys(known) if known.count(name) > 1]
        raise refused("file", Said("has twice the column {names}", names=_named(twice)))
    if missing := [name for name in REQUIRED if name not in known]:
        raise refused("file", Said("must have the column {names}", names=_named(missing)))
    return header


def _notices(header: Sequence[str]) -> Iterator[str]:
    if unknown := [name for name in header if name and name not in COLUMNS]:
        yield f"not known, and left out: {_named(unknown)}"
    if missing := [name for name in COLUMNS if name not in header]:
        yield f"no column says: {_named(missing, most=len(COLUMNS))}"


def _named(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    """As a terminal may show them."""
    shown = [_UNPRINTABLE.sub("?", name[:_LONGEST_NAME]) for name in names[:most]]
    return ", ".join([*shown, *(["…"] if len(names) > most else [])])


def _cells(record: _Record, header: Sequence[str]) -> dict[str, str]:
    """Of every known column; a row may end before its last ones."""
    if isinstance(record, Invalid):
        raise record
    if any(cell.strip() for cell in record[len(header) :]):
        raise refused(
            "line", Said("has {cells} cells, and the first line {names}", cells=len(record), names=len(header))
        )
    said = dict(zip(header, (cell.strip() for cell in record), strict=False))
    return {name: said.get(name, "") for name in COLUMNS}


def _candidate(line: int, cells: dict[str, str]) -> Candidate:
    if not cells["title"]:
        raise refused("title", "must not be empty")
    kind = cells["kind"]
    return Candidate(
        line=line,
        title=cells["title"],
        starts=_moment("starts_at", cells["starts_at"]),
        ends=_moment("ends_at", cells["ends_at"]),
        description=cells["description"],
        language=cells["language"],
        kind=(policy.kind_told(kind) or kind) if kind else policy.kind_told(cells["title"]) or "",
        zone=cells["zone"],
        rule=cells["rule"],
        spot=_spot(cells),
        price=_price(cells["price"]),
        currency=cells["currency"].upper(),
        link=cells["link"],
        tags=tuple(tag.strip() for tag in _BETWEEN_TAGS.split(cells["tags"]) if tag.strip()),
    )


def _spot(cells: dict[str, str]) -> Spot:
    if not cells["venue_name"]:
        raise refused("venue_name", "must not be empty")
    latitude, longitude = _degrees("latitude", cells["latitude"]), _degrees("longitude", cells["longitude"])
    if (latitude is None) != (longitude is None):
        raise refused("latitude" if latitude is None else "longitude", "must be given with the other coordinate")
    return Spot(
        name=cells["venue_name"],
        address=cells["address"],
        text=" ".join((cells["venue_name"], cells["address"], cells["city"])),
        city=cells["city"],
        country=cells["country"].upper(),
        latitude=latitude,
        longitude=longitude,
    )


def _moment(field: str, text: str) -> datetime:
    """With an offset a moment, else what clocks show."""
    if not text:
        raise refused(field, "must be given")
    try:
        if _MOMENT.fullmatch(text):
            time = datetime.fromisoformat(text)
            return time if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # the 30th of February; the first hour of the year 1 somewhere in the east
    raise refused(field, "must be a time such as 2026-11-27T22:00, or with its offset, 2026-11-27T22:00-03:00")


def _degrees(field: str, text: str) -> float | None:
    if not text:
        return None
    if not _DEGREES.fullmatch(text):
        raise refused(field, "must be a number of degrees such as -34.6037")
    return float(text.replace(",", "."))


def _price(text: str) -> int | None:
    if not text:
        return None
    if not _PRICE.fullmatch(text):
        raise refused("price", "must be a whole number, in the smallest unit of its currency: 1250 for EUR 12.50")
    return int(text)
