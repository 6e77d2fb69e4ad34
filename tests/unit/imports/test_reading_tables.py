"""What becomes of the tables of spreadsheets, and of what nobody should write into one."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango.errors import Invalid
from mundotango.ids import new_id
from mundotango.imports import policy
from mundotango.imports.model import Candidate, Reading, Spot
from mundotango.imports.table import COLUMNS, read_table

HEAD = "title,starts_at,ends_at,venue_name\n"
TIMES = "2026-12-04T22:00,2026-12-05T04:00"
ROW = f"Milonga,{TIMES},Canning\n"


def read(text: str, most_events: int = 100, longest: int = 1_000_000) -> Reading:
    return read_table(text, most_events=most_events, longest=longest)


def said(reading: Reading) -> list[tuple[int, str]]:
    return [(problem.line, problem.refusal.detail) for problem in reading.problems]


def only(text: str) -> Candidate:
    reading = read(text)
    assert said(reading) == []
    (candidate,) = reading.candidates
    return candidate


def refusal(text: str, **bounds: int) -> str:
    with pytest.raises(Invalid) as refused:
        read(text, **bounds)
    return refused.value.detail


def with_cell(column: str, value: str) -> str:
    """A row that says this too."""
    cell = '"' + value.replace('"', '""') + '"'
    if column in HEAD.strip().split(","):
        cells = dict(zip(HEAD.strip().split(","), ROW.strip().split(","), strict=True)) | {column: cell}
        return HEAD + ",".join(cells.values()) + "\n"
    return HEAD.strip() + f",{column}\n" + ROW.strip() + f",{cell}\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_a_row_is_read_by_the_names_of_its_columns(delimiter: str, mark: str, break_: str) -> None:
    cells = {
        "title": "Milonga de los Jueves",
        "kind": "Práctica",
        "starts_at": "2026-12-04 22:00",
        "ends_at": "2026-12-05T04:00:00-03:00",
        "zone": "America/Argentina/Buenos_Aires",
        "venue_name": "Salón Canning",
        "address": "Scalabrini Ortiz 1331",
        "city": "Buenos Aires",
        "country": "ar",
        "latitude": '"-34,59"',
        "longitude": "-58.42",
        "rule": "FREQ=WEEKLY",
        "description": '"Uno\nDos ""tres"""',
        "language": "es",
        "price": "1250",
        "currency": "eur",
        "link": "https://viruta.example/",
        "tags": '"vals, en vivo | #noche"',
    }
    assert tuple(cells) == COLUMNS

    found = only(mark + break_.join([delimiter.join(cells), delimiter.join(cells.values()), ""]))

    assert found == Candidate(
        line=2,
        title="Milonga de los Jueves",
        kind="practica",
        starts=datetime.fromisoformat("2026-12-04T22:00"),
        ends=datetime(2026, 12, 5, 7, tzinfo=UTC),
        zone="America/Argentina/Buenos_Aires",
        spot=Spot(
            name="Salón Canning",
            address="Scalabrini Ortiz 1331",
            text="Salón Canning Scalabrini Ortiz 1331 Buenos Aires",
            city="Buenos Aires",
            country="AR",
            latitude=-34.59,
            longitude=-58.42,
        ),
        rule="FREQ=WEEKLY",
        description='Uno\nDos "tres"',
        language="es",
        price=1250,
        currency="EUR",
        link="https://viruta.example/",
        tags=("vals", "en vivo", "#noche"),
    )


def test_what_a_row_does_not_say_is_empty() -> None:
    found = only(HEAD + ROW)
    assert (found.kind, found.zone, found.price, found.spot.latitude, found.tags) == ("milonga", "", None, None, ())


def test_columns_that_are_not_known_or_not_there_are_said() -> None:
    reading = read("Title;Starts at;ENDS_AT;venue_name;Teléfono;\x1b[31mred;\n" + ROW.replace(",", ";"))
    assert len(reading.candidates) == 1
    unknown, missing = reading.notices
    assert unknown == "not known, and left out: teléfono, ??31mred"
    assert missing.startswith("no column says: kind, zone, address")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must begin with a line of names of columns, such as title, kind, starts_at"),
        ("\n\n", "must begin with a line of names"),
        ("%PDF-1.7\n%\x00\x01\n", "must begin with a line of names"),
        ('"never closed\n' * 3, "must begin with a line of names"),
        ("t\x00i\x00t\x00l\x00e\x00", "must begin with a line of names"),
        ("title,venue_name\nA,B\n", "must have the column starts_at, ends_at"),
        (HEAD.strip() + ",Title\n" + ROW, "has twice the column title"),
    ],
)
def test_what_is_no_such_table_is_refused(text: str, why: str) -> None:
    assert refusal(text).startswith(f"file {why}")


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("title", " ", "title must not be empty"),
        ("venue_name", "", "venue_name must not be empty"),
        ("starts_at", "", "starts_at must be given"),
        ("starts_at", "2026-12-04", "starts_at must be a time such as"),
        ("starts_at", "04.12.2026 22:00", "starts_at must be a time such as"),
        ("starts_at", "2026-02-30T22:00", "starts_at must be a time such as"),
        ("starts_at", "0001-01-01T00:00+14:00", "starts_at must be a time such as"),
        ("ends_at", "=NOW()", "ends_at must be a time such as"),
        ("ends_at", "٢٠٢٦-12-04T22:00", "ends_at must be a time such as"),
        ("latitude", "1e400", "latitude must be a number of degrees"),
        ("latitude", "nan", "latitude must be a number of degrees"),
        ("latitude", "12.5", "longitude must be given with the other coordinate"),
        ("price", "12.50", "price must be a whole number"),
        ("price", "-1", "price must be a whole number"),
        ("price", "9" * 5000, "price must be a whole number"),
    ],
)
def test_a_cell_that_cannot_be_is_a_problem_of_its_row(column: str, value: str, why: str) -> None:
    reading = read(with_cell(column, value))
    assert reading.candidates == ()
    ((line, detail),) = said(reading)
    assert line == 2
    assert detail.startswith(why)


def test_formulas_and_control_characters_are_text_that_policies_judge() -> None:
    assert only(with_cell("title", '=HYPERLINK("https://evil.example")')).title.startswith("=HYPERLINK")
    assert only(with_cell("description", "a\x00b")).description == "a\x00b"


def test_a_quote_that_is_never_closed_spoils_no_other_row() -> None:
    reading = read(HEAD + ROW + f'"Milonga,{TIMES},Canning\n' + ROW + ROW)
    assert [candidate.line for candidate in reading.candidates] == [2, 4, 5]
    assert said(reading) == [(3, "line has a quote that is not closed, or does not end its cell")]


def test_a_line_without_end_spoils_no_other_row() -> None:
    reading = read(HEAD + "x" * 500_000 + "\n" + ROW)
    assert [candidate.line for candidate in reading.candidates] == [3]
    assert said(reading) == [(2, "line has a cell of more than 131072 characters")]


def test_lines_are_those_of_the_file() -> None:
    text = HEAD + "\n" + f'"Milonga\nof two lines",{TIMES},Canning\n' + " , ,\n" + ROW + f"{ROW.strip()},more\n"
    reading = read(text)
    assert [candidate.line for candidate in reading.candidates] == [3, 6]
    assert said(reading) == [(7, "line has 5 cells, and the first line 4")]


def test_a_row_may_end_before_its_last_columns() -> None:
    assert only(HEAD.strip() + ",price,tags\n" + ROW).title == "Milonga"


def test_a_file_has_its_bounds() -> None:
    assert len(read(HEAD + ROW * 3, most_events=3).candidates) == 3
    assert refusal(HEAD + ROW * 2 + '"a\n"b\n', most_events=3) == "file must have at most 3 events"
    assert refusal(HEAD + ROW * 100, longest=1000) == "file must be at most 1000 characters"


@pytest.mark.parametrize("data", [b"\xff\xff\xff", HEAD.encode() + b"Pr\xe1ctica", HEAD.encode("utf-16-le") + b"\xd8"])
def test_what_is_not_written_in_unicode_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"^file must"):
        read(policy.text_of(data, "file"))


def test_unicode_of_other_widths_is_read_where_it_says_so() -> None:
    assert only(policy.text_of((HEAD + ROW).encode("utf-16"), "file")).title == "Milonga"


@given(st.text(st.sampled_from('",;\n\r\t\x00ab=é '), max_size=200))
def test_whatever_rows_say_they_are_read_or_refused(rows: str) -> None:
    reading = read(HEAD + rows)
    lines = [each.line for each in reading.candidates] + [each.line for each in reading.problems]
    assert len(set(lines)) == len(lines)


@given(st.text(max_size=100))
def test_whatever_a_file_says_it_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        read(text)


def test_what_a_row_is_known_by() -> None:
    organiser = new_id()
    known = policy.event_id(organiser, only(HEAD + ROW))
    assert policy.event_id(organiser, only(HEAD + ROW.replace("Milonga", "MILONGA") + "\n")) == known
    assert policy.event_id(organiser, only(HEAD.strip() + ",price\n" + ROW.strip() + ",1\n")) == known
    for other in (ROW.replace("Milonga", "Otra"), ROW.replace("T22", "T21"), ROW.replace("Canning", "Viruta")):
        assert policy.event_id(organiser, only(HEAD + other)) != known
    assert policy.event_id(organiser, only(with_cell("city", "Rosario"))) != known
    assert policy.event_id(new_id(), only(HEAD + ROW)) != known


def test_what_a_file_says_twice_is_a_problem_of_the_later_line() -> None:
    reading = policy.distinct(read(HEAD + ROW + '"\n' + ROW.replace("Milonga", "milonga")))
    assert [candidate.line for candidate in reading.candidates] == [2]
    assert said(reading)[1] == (4, "line says the same as line 2")


def test_a_venue_is_told_of_once() -> None:
    rows = "A,Canning,Buenos Aires,-34.6,-58.4,UTC\nB,CANNING,buenos aires,,,\nC,Canning,Rosario,,,\nD,Canning,,,,\n"
    text = "title,venue_name,city,latitude,longitude,zone,starts_at,ends_at\n"
    text += "".join(f"{row},{TIMES}\n" for row in rows.splitlines())
    first, second, *others = policy.completed(read(text)).candidates
    assert (second.spot, second.zone) == (first.spot, "UTC")
    assert [each.spot.latitude for each in others] == [None, None]
