"""The table for organisers, read back as a spreadsheet would."""

import csv
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID

import pytest

from mundotango.attendance.model import Known
from mundotango.ids import new_id
from mundotango.languages import Language
from mundotango.posts.model import Author
from mundotango.registrations.model import Dancer, Entry, Registration, headcount
from mundotango.registrations.sheet import Sheet

MALENA, CARLOS, GUEST = new_id(), new_id(), new_id()
KNOWN = {
    MALENA: Known("Malena Ríos", Author(MALENA, "malena", "Malena Ríos")),
    CARLOS: Known("Carlos", Author(CARLOS, "carlos", "Carlos")),
    GUEST: Known("Ana, de París", None),
}


def entry_of(*party: Dancer, answers: tuple[str, ...] = (), position: int = 1) -> Entry:
    at = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    registration = Registration(new_id(), party, position, "accepted")
    return Entry(registration, new_id(), new_id(), answers, frozenset(), frozenset(), at, at, 1, headcount(party))


def rows(
    *entries: Entry, questions: tuple[str, ...] = (), language: Language = "en", known: dict[UUID, Known] = KNOWN
) -> list[list[str]]:
    sheet = Sheet(questions, "America/Argentina/Buenos_Aires", language)
    for entry in entries:
        sheet.add(entry, known)
    text = sheet.text()
    assert text[0] == "\ufeff"
    assert len(text.encode()) == sheet.size
    return list(csv.reader(StringIO(text[1:], newline=""), strict=True))


def test_each_person_has_a_line_and_a_couple_two() -> None:
    couple = entry_of(Dancer(MALENA, "leader"), Dancer(CARLOS, "follower"), answers=("No", "Sí"), position=7)
    guest = entry_of(Dancer(GUEST, "both"), answers=("Nada", ""), position=8)

    head, *found = rows(couple, guest, questions=("¿Dieta?", "¿Cena?"))

    assert head == [
        "Number", "State", "Name", "Profile", "Role", "Partner", "Partner's role", "Registered at", "¿Dieta?", "¿Cena?",
    ]  # fmt: skip
    at = "2026-11-23 22:30"  # by the clocks of the place
    assert found == [
        ["7", "comes", "Malena Ríos", "malena", "leader", "Carlos", "follower", at, "No", "Sí"],
        ["7", "comes", "Carlos", "carlos", "follower", "Malena Ríos", "leader", at, "No", "Sí"],
        ["8", "comes", "Ana, de París", "", "both roles", "", "", at, "Nada", ""],
    ]


def test_lines_end_as_rfc_4180_has_it() -> None:
    sheet = Sheet((), "UTC", "en")
    sheet.add(entry_of(Dancer(MALENA, "both")), KNOWN)

    assert sheet.text().count("\r\n") == sheet.text().count("\n") == 2


def test_it_is_in_the_organisers_language() -> None:
    head, row = rows(entry_of(Dancer(MALENA, "both")), language="es")

    assert head[:3] == ["Número", "Estado", "Nombre"]
    assert (row[1], row[4]) == ("viene", "ambos roles")


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_nothing_that_people_wrote_becomes_a_formula(beginning: str) -> None:
    evil = f'{beginning}HYPERLINK("https://evil.example";"x")'
    known = {MALENA: Known(evil, Author(MALENA, "malena", evil))}

    head, row = rows(entry_of(Dancer(MALENA, "both"), answers=(evil,)), questions=(evil,), known=known)

    assert (head[-1], row[2], row[-1]) == (f"'{evil}", f"'{evil}", f"'{evil}")


def test_what_is_not_known_is_left_empty_and_columns_stay_in_step() -> None:
    """Of who is leaving there is no name; of what was asked later, no answer."""
    head, row = rows(entry_of(Dancer(MALENA, "leader"), answers=("No",)), questions=("¿Dieta?", "¿Cena?"), known={})

    assert len(row) == len(head)
    assert (row[2], row[3], row[-2:]) == ("", "", ["No", ""])
