"""Registrations as a table that spreadsheets open: CSV by RFC 4180, a line for each person.

It begins with a byte order mark, without which Excel takes UTF-8 for something else. What people wrote is text and must
not become a formula of the organiser's: a cell that begins like one is quoted by an apostrophe.
"""

import csv
from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from mundotango import languages
from mundotango.attendance.model import Known
from mundotango.errors import Said
from mundotango.languages import Language
from mundotango.registrations.model import Dancer, Entry, Role, State

BYTE_ORDER_MARK = "\ufeff"
# Those after the fourth are what spreadsheets skip before they look, or take for one of the four.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_COLUMNS = (
    Said("Number"),
    Said("State"),
    Said("Name"),
    Said("Profile"),
    Said("Role"),
    Said("Partner"),
    Said("Partner's role"),
    Said("Registered at"),
)
_ROLES: dict[Role, str] = {"leader": Said("leader"), "follower": Said("follower"), "both": Said("both roles")}
_STATES: dict[State, str] = {
    "pending": Said("waits for approval"),
    "waiting": Said("waits for a place"),
    "offered": Said("is offered a place"),
    "accepted": Said("comes"),
    "attended": Said("is here"),
    "refused": Said("refused"),
    "declined": Said("declined the offer"),
    "expired": Said("let the offer lapse"),
    "cancelled": Said("cancelled"),
}


class _File:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.size = 0

    def write(self, line: str) -> None:
        self.lines.append(line)
        self.size += len(line.encode())


class Sheet:
    """`questions` as they are asked now: answers given before stand by their number. Times are by the clocks of the
    place."""

    def __init__(self, questions: tuple[str, ...], zone: str, language: Language) -> None:
        self._language, self._zone = language, ZoneInfo(zone)
        self._questions = questions
        self._file = _File()
        self._file.write(BYTE_ORDER_MARK)
        self._writer = csv.writer(self._file)
        self._write([*(self._say(column) for column in _COLUMNS), *questions])

    @property
    def size(self) -> int:
        """In bytes of UTF-8."""
        return self._file.size

    def add(self, entry: Entry, known: Mapping[UUID, Known]) -> None:
        for dancer in entry.party:
            partner = next((other for other in entry.party if other != dancer), None)
            self._write([*self._person(entry, dancer, known), *self._partner(partner, known), *self._said(entry)])

    def text(self) -> str:
        return "".join(self._file.lines)

    def _person(self, entry: Entry, dancer: Dancer, known: Mapping[UUID, Known]) -> list[str]:
        person = known.get(dancer.person_id)
        return [
            str(entry.registration.position),
            self._say(_STATES[entry.state]),
            person.name if person else "",
            person.profile.handle if person and person.profile else "",
            self._say(_ROLES[dancer.role]),
        ]

    def _partner(self, partner: Dancer | None, known: Mapping[UUID, Known]) -> list[str]:
        if partner is None:
            return ["", ""]
        person = known.get(partner.person_id)
        return [person.name if person else "", self._say(_ROLES[partner.role])]

    def _said(self, entry: Entry) -> list[str]:
        registered_at = entry.registered_at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")
        unasked = [""] * (len(self._questions) - len(entry.answers))
        return [registered_at, *entry.answers, *unasked]

    def _say(self, said: str) -> str:
        return languages.text(said, self._language)

    def _write(self, cells: list[str]) -> None:
        self._writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
