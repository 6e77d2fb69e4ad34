"""At the door: who has arrived."""

from uuid import UUID

from mundotango.ports import Clock
from mundotango.registrations import policy
from mundotango.registrations.codes import code_of, read_code
from mundotango.registrations.deciding import check_in, hold_event, open_desk
from mundotango.registrations.model import Entry
from mundotango.registrations.service import get_own
from mundotango.text import refused
from mundotango.work import UnitOfWork


def get_code(work: UnitOfWork, *, registration_id: UUID, person_id: UUID) -> str:
    """For each of a party that comes."""
    entry = get_own(work, registration_id, person_id)
    policy.has_code(entry.state)
    return code_of(work, registration_id)


def check_in_by_code(work: UnitOfWork, *, occurrence_id: UUID, code: str, editor_id: UUID, clock: Clock) -> Entry:
    """Whoever shows the code of a registration for this time of the event, with their partner."""
    hold_event(work, occurrence_id, editor_id)
    entry = work.registrations.find(read_code(work, code))
    if entry is None or entry.occurrence_id != occurrence_id:
        raise refused("code", "is of another event, or of another time of this one")
    return check_in(work, registration_id=entry.id, editor_id=editor_id, clock=clock)


def undo_check_in(work: UnitOfWork, *, registration_id: UUID, editor_id: UUID, clock: Clock) -> Entry:
    """Who was checked in by mistake has their place and their code as before. Nobody is told."""
    desk = open_desk(work, registration_id, editor_id, clock)
    state = policy.not_attended(desk.get(registration_id).state)
    # Of the desk only the lock: places stay as they are, and to be accepted is news to nobody.
    work.registrations.put([registration_id], state, desk.now)
    return desk.get(registration_id)
