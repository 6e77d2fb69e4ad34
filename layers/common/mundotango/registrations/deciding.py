"""What organisers do: what they chose for an event, and whom they let in."""

from collections.abc import Callable, Sequence
from uuid import UUID

from mundotango.errors import NotFound
from mundotango.events.service import get_editable
from mundotango.ports import Clock
from mundotango.registrations import policy
from mundotango.registrations.desk import NO_REGISTRATION, Desk
from mundotango.registrations.model import Chosen, Entry, Registration, State, headcount
from mundotango.work import UnitOfWork


def change_settings(work: UnitOfWork, *, event_id: UUID, editor_id: UUID, chosen: Chosen, clock: Clock) -> Chosen:
    """For each time of the event that is not over, or was put off. Where more people can come, the line moves up."""
    chosen = policy.chosen(chosen)
    event = get_editable(work, event_id, editor_id)
    registered_for = work.registrations.hold_all(event.id, clock.now())
    work.registrations.choose(event.id, chosen, clock.now())
    for occurrence_id in registered_for:
        desk = Desk.of(work, occurrence_id, clock)
        policy.enough_for(chosen.settings.limits, desk.taken)
        desk.move_up()
        desk.close(editor_id)
    return chosen


def get_settings(work: UnitOfWork, event_id: UUID) -> Chosen:
    return policy.takes_registrations(work.registrations.find_chosen(event_id))


def approve(work: UnitOfWork, *, registration_id: UUID, editor_id: UUID, clock: Clock) -> Entry:
    desk = open_desk(work, registration_id, editor_id, clock)
    desk.step(registration_id, lambda held: policy.approved(held.state))
    desk.move_up(here=registration_id)
    return desk.close_of(registration_id, editor_id)


def refuse(work: UnitOfWork, *, registration_id: UUID, editor_id: UUID, clock: Clock) -> Entry:
    return _step(work, registration_id, editor_id, clock, lambda held: policy.refused_by_organiser(held.state))


def cancel(work: UnitOfWork, *, registration_id: UUID, editor_id: UUID, clock: Clock) -> Entry:
    return _step(work, registration_id, editor_id, clock, lambda held: policy.cancelled(held.state))


def check_in(work: UnitOfWork, *, registration_id: UUID, editor_id: UUID, clock: Clock) -> Entry:
    return _step(work, registration_id, editor_id, clock, lambda held: policy.attended(held.state))


def choose(
    work: UnitOfWork, *, occurrence_id: UUID, registration_ids: Sequence[UUID], editor_id: UUID, clock: Clock
) -> list[Entry]:
    """All of them or none: each is offered a place."""
    hold_event(work, occurrence_id, editor_id)
    desk = Desk.of(work, occurrence_id, clock)
    policy.takes_place(desk.door.status)
    policy.not_begun(desk.door.starts_at, desk.now)
    entries = desk.get_all(set(registration_ids))
    waiting = [(entry.state, headcount(entry.party)) for entry in entries]
    policy.chosen_by_organiser(desk.chosen.settings, desk.taken, waiting)
    desk.admit(entries, waited=True)
    return desk.close(editor_id)


def hold_event(work: UnitOfWork, occurrence_id: UUID, editor_id: UUID) -> None:
    """That this is a time of, for whoever may change it."""
    event_id = work.registrations.find_event(occurrence_id)
    if event_id is None:
        raise NotFound("no such occurrence")
    get_editable(work, event_id, editor_id)


def _step(
    work: UnitOfWork, registration_id: UUID, editor_id: UUID, clock: Clock, step: Callable[[Registration], State]
) -> Entry:
    desk = open_desk(work, registration_id, editor_id, clock)
    desk.step(registration_id, step)
    desk.move_up()
    return desk.close_of(registration_id, editor_id)


def open_desk(work: UnitOfWork, registration_id: UUID, editor_id: UUID, clock: Clock) -> Desk:
    """Of what it is for. The event is held."""
    entry = work.registrations.find(registration_id)
    if entry is None:
        raise NotFound(NO_REGISTRATION)
    get_editable(work, entry.event_id, editor_id)
    return Desk.of(work, entry.occurrence_id, clock)
