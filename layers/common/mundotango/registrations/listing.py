"""What organisers see of the registrations for one time of their event."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import get_args
from uuid import UUID

from mundotango.attendance.model import Occasion, Registered
from mundotango.errors import NotFound
from mundotango.events.service import get_own_event
from mundotango.languages import Language
from mundotango.pagination import Page, Ranked, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.registrations.desk import NO_REGISTRATION
from mundotango.registrations.model import Entry, State
from mundotango.registrations.sheet import Sheet
from mundotango.work import UnitOfWork

STATES: tuple[State, ...] = get_args(State)
# In bytes. An answer of Lambda has 6 MB, as JSON, in which quotes take two.
LARGEST_SHEET = 3_000_000
_ROWS_AT_ONCE = 200


def list_registered(
    work: UnitOfWork,
    *,
    occurrence_id: UUID,
    editor_id: UUID,
    states: Collection[State],
    cursor: str | None,
    limit: int,
    clock: Clock,
) -> Page[Registered]:
    """In order of registration; without states, all."""
    checked_limit(limit)
    _occasion(work, occurrence_id, editor_id, clock)
    name, after = _name(occurrence_id, states), _after(work, occurrence_id, states, cursor)
    found = work.registrations.list_of(occurrence_id, states or STATES, after, limit + 1)
    page = page_of(found, limit, lambda last: _cursor(work, name, last))
    return Page(known_of(work, page.items), page.next_cursor)


def get_registered(
    work: UnitOfWork, *, occurrence_id: UUID, registration_id: UUID, editor_id: UUID, clock: Clock
) -> Registered:
    _occasion(work, occurrence_id, editor_id, clock)
    entry = work.registrations.find(registration_id)
    if entry is None or entry.occurrence_id != occurrence_id:
        raise NotFound(NO_REGISTRATION)
    return known_of(work, [entry])[0]


def known_of(work: UnitOfWork, entries: Sequence[Entry]) -> list[Registered]:
    """With who is in their parties, as organisers know them."""
    known = work.attendance.list_known({person_id for entry in entries for person_id in entry.people})
    return [Registered(entry, known) for entry in entries]


def write_sheet(
    work: UnitOfWork,
    *,
    occurrence_id: UUID,
    editor_id: UUID,
    states: Collection[State],
    cursor: str | None,
    language: Language,
    clock: Clock,
) -> tuple[str, datetime, str | None]:
    """All registrations as a table, when that time of the event begins, and a cursor where they are more than one
    answer holds."""
    occasion = _occasion(work, occurrence_id, editor_id, clock)
    chosen = work.registrations.find_chosen(occasion.event_id)
    sheet = Sheet(chosen.questions if chosen else (), occasion.zone, language)
    after = _after(work, occurrence_id, states, cursor)
    while entries := work.registrations.list_of(occurrence_id, states or STATES, after, _ROWS_AT_ONCE):
        for registered in known_of(work, entries):
            sheet.add(registered.entry, registered.known)
            if sheet.size > LARGEST_SHEET:
                cursor = _cursor(work, _name(occurrence_id, states), registered.entry)
                return sheet.text(), occasion.starts_at, cursor
        after = entries[-1].registration.position
    return sheet.text(), occasion.starts_at, None


def _occasion(work: UnitOfWork, occurrence_id: UUID, editor_id: UUID, clock: Clock) -> Occasion:
    """For those who may change the event."""
    occasion = work.attendance.find_occasion(occurrence_id)
    if occasion is None:
        raise NotFound("no such occurrence")
    get_own_event(work, occasion.event_id, editor_id, clock)
    return occasion


def _name(occurrence_id: UUID, states: Collection[State]) -> str:
    return f"registrations:{occurrence_id}:{','.join(sorted(states))}"


def _after(work: UnitOfWork, occurrence_id: UUID, states: Collection[State], cursor: str | None) -> int:
    return work.read_ranked_cursor(_name(occurrence_id, states), cursor).rank if cursor else 0


def _cursor(work: UnitOfWork, name: str, last: Entry) -> str:
    return work.sign_cursor(name, Ranked(last.registration.position, last.id))
