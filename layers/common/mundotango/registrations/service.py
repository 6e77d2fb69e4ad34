"""What those do who dance. A person is known by their account, or as a guest; a couple registers by one of the two."""

from collections.abc import Sequence
from uuid import UUID

from mundotango.errors import NotFound, ProfileMissing
from mundotango.ports import Clock
from mundotango.registrations import policy
from mundotango.registrations.desk import NO_REGISTRATION, Desk
from mundotango.registrations.model import Dancer, Entry
from mundotango.work import UnitOfWork


def register(
    work: UnitOfWork,
    *,
    occurrence_id: UUID,
    by: UUID,
    dancers: Sequence[Dancer],
    guest: bool = False,
    hidden: bool = False,
    answers: Sequence[str] = (),
    clock: Clock,
) -> Entry:
    """For one time of an event; who comes in the same transaction gets a place or waits.

    `by` is one of the dancers. A partner is somebody who follows them, and so has said whom they know; the partner may
    give up for both. `hidden` is what `by` wants, and a partner chooses for themselves.
    """
    party = policy.party(dancers)
    people = [dancer.person_id for dancer in party]
    policy.among(by, people)
    if not guest:
        _partner_agrees(work, by, people)
    desk = Desk.of(work, occurrence_id, clock)
    chosen = desk.chosen
    policy.takes_place(desk.door.status)
    said = policy.answers(chosen.questions, answers)
    state = policy.registered(chosen.settings, desk.door.starts_at, desk.now)
    policy.once(work.registrations.list_earlier(occurrence_id, people))
    entry_id = desk.add(
        party, state, guests=people if guest else (), hidden=[by] if hidden else (), answers=said
    )  # fmt: skip
    desk.move_up(here=entry_id)
    return desk.close_of(entry_id, by)


def accept(work: UnitOfWork, *, registration_id: UUID, person_id: UUID, clock: Clock) -> Entry:
    """The place that is offered, for the whole party."""
    desk = _desk(work, registration_id, person_id, clock)
    policy.not_called_off(desk.door.status)
    policy.not_begun(desk.door.starts_at, desk.now)
    desk.step(registration_id, lambda held: policy.accepted(held, desk.now))
    return desk.close_of(registration_id, person_id)


def decline(work: UnitOfWork, *, registration_id: UUID, person_id: UUID, clock: Clock) -> Entry:
    desk = _desk(work, registration_id, person_id, clock)
    desk.step(registration_id, lambda held: policy.declined(held.state))
    desk.move_up()
    return desk.close_of(registration_id, person_id)


def give_up(work: UnitOfWork, *, registration_id: UUID, person_id: UUID, clock: Clock) -> Entry:
    """For the whole party: a couple stands or falls together."""
    desk = _desk(work, registration_id, person_id, clock)
    settings, door = desk.chosen.settings, desk.door
    desk.step(
        registration_id, lambda held: policy.given_up(held.state, settings, door.starts_at, desk.now, door.status)
    )
    desk.move_up()
    return desk.close_of(registration_id, person_id)


def hide(work: UnitOfWork, *, registration_id: UUID, person_id: UUID, hidden: bool) -> Entry:
    """Whether other dancers are shown that this person comes; the organisers are in any case."""
    get_own(work, registration_id, person_id)
    work.registrations.hide(registration_id, person_id, hidden)
    return get_own(work, registration_id, person_id)


def find_own(work: UnitOfWork, occurrence_id: UUID, person_id: UUID) -> Entry | None:
    """Of all that they registered for it, the last."""
    return work.registrations.find_latest(occurrence_id, person_id)


def withdraw(work: UnitOfWork, *, registration_id: UUID, clock: Clock) -> None:
    """Of somebody who leaves the platform: the place is free again, however late it is."""
    entry = work.registrations.find(registration_id)
    if entry is None:
        return
    desk = Desk.of(work, entry.occurrence_id, clock)
    if policy.may_end(desk.get(registration_id).state):
        desk.step(registration_id, lambda held: policy.cancelled(held.state))
        desk.move_up()
        desk.close(None)


def _desk(work: UnitOfWork, registration_id: UUID, person_id: UUID, clock: Clock) -> Desk:
    return Desk.of(work, get_own(work, registration_id, person_id).occurrence_id, clock)


def get_own(work: UnitOfWork, registration_id: UUID, person_id: UUID) -> Entry:
    """For one of its party."""
    entry = work.registrations.find(registration_id)
    if entry is None or person_id not in entry.people:
        raise NotFound(NO_REGISTRATION)
    return entry


def _partner_agrees(work: UnitOfWork, by: UUID, people: Sequence[UUID]) -> None:
    """Held, so that none of them leaves meanwhile and keeps a place."""
    there = work.users.hold(people)
    if by not in there:
        raise ProfileMissing("create a profile before you register")
    partners = {person_id for person_id in people if person_id != by}
    if partners:
        following = {person_id for person_id in partners & there if work.follows.exists(person_id, by)}
        policy.partner(partners, following & work.events.list_linkable(list(partners), by))
