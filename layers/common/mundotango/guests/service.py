"""What guests do, each on the page that a link opens: to open it changes nothing."""

from uuid import UUID

from mundotango.errors import Conflict, NotFound
from mundotango.guests import policy
from mundotango.guests.model import Act, Form, Guest, Visit
from mundotango.links import token_hash
from mundotango.ports import Clock
from mundotango.registrations import policy as rules
from mundotango.registrations import service as registrations
from mundotango.registrations.codes import code_of
from mundotango.registrations.desk import NO_REGISTRATION, Desk
from mundotango.registrations.model import Dancer
from mundotango.text import clean, refused
from mundotango.work import UnitOfWork

UNKNOWN_LINK = "this link is unknown or expired"


class LinkUnknown(NotFound):
    """Nobody was mailed this link, or whoever was is not kept any more."""


def visit(work: UnitOfWork, token: str, clock: Clock) -> Visit:
    guest = _guest(work, token, clock)
    dated = work.events.find_at(guest.occurrence_id)
    if dated is None or dated.occurrence.status == "draft":
        raise LinkUnknown(UNKNOWN_LINK)
    entry = registrations.find_own(work, guest.occurrence_id, guest.id)
    return Visit(
        guest=guest,
        dated=dated,
        chosen=work.registrations.find_chosen(dated.event.id),
        entry=entry,
        code=code_of(work, entry.id) if entry is not None and entry.state == "accepted" else None,
    )


def take(work: UnitOfWork, token: str, act: Act, form: Form, clock: Clock) -> None:
    """Only by this somebody is registered, by commit first come, first served."""
    guest = _held(work, token, clock)
    match act:
        case "register":
            _register(work, guest, form, clock)
        case "accept":
            registrations.accept(work, registration_id=_own(work, guest), person_id=guest.id, clock=clock)
        case "decline":
            registrations.decline(work, registration_id=_own(work, guest), person_id=guest.id, clock=clock)
        case "give_up":
            registrations.give_up(work, registration_id=_own(work, guest), person_id=guest.id, clock=clock)
        case "forget":
            _forget(work, guest, clock)


def _register(work: UnitOfWork, guest: Guest, form: Form, clock: Clock) -> None:
    name = clean("name", form.name, longest=policy.LONGEST_NAME)
    if form.role is None:
        raise refused("role", "must be leader, follower or both")
    dated = work.events.find_at(guest.occurrence_id)
    if dated is None:
        raise LinkUnknown(UNKNOWN_LINK)
    now = clock.now()
    kept_until = policy.kept_until(confirmed=True, ends_at=dated.occurrence.ends_at, now=now)
    if not work.guests.confirm(guest.id, name, kept_until, now):
        raise LinkUnknown(UNKNOWN_LINK)
    registrations.register(
        work,
        occurrence_id=guest.occurrence_id,
        by=guest.id,
        dancers=[Dancer(guest.id, form.role)],
        guest=True,
        hidden=True,  # other dancers are shown profiles, and a guest has none
        answers=form.answers,
        clock=clock,
    )


def _forget(work: UnitOfWork, guest: Guest, clock: Clock) -> None:
    """At any time: a place they hold goes to the next, however late it is. Who has arrived stays counted."""
    entry = registrations.find_own(work, guest.occurrence_id, guest.id)
    if entry is not None and rules.may_end(entry.state):
        desk = Desk.of(work, guest.occurrence_id, clock)
        desk.step(entry.id, lambda held: rules.cancelled(held.state))
        desk.move_up()
        desk.close(guest.id)
    work.guests.forget([guest.id])


def _guest(work: UnitOfWork, token: str, clock: Clock) -> Guest:
    guest = work.guests.find_by_link(token_hash(token))
    if guest is None or not policy.is_open(guest, clock.now()):
        raise LinkUnknown(UNKNOWN_LINK)
    return guest


def _held(work: UnitOfWork, token: str, clock: Clock) -> Guest:
    """As they are under the lock of what they register for: by another click they may just have been forgotten."""
    work.registrations.hold(_guest(work, token, clock).occurrence_id)
    return _guest(work, token, clock)


def _own(work: UnitOfWork, guest: Guest) -> UUID:
    entry = registrations.find_own(work, guest.occurrence_id, guest.id)
    if entry is None:
        raise Conflict(NO_REGISTRATION)
    return entry.id
