"""What people say of coming, and what they are shown of who comes."""

from collections.abc import Sequence
from uuid import UUID

from mundotango.attendance import policy
from mundotango.attendance.model import Answer, Attendee, Known, Offer, OwnRegistration, Rsvp, Turnout
from mundotango.errors import NotFound
from mundotango.pagination import Page, Ranked, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.posts.model import Author
from mundotango.registrations.desk import NO_REGISTRATION
from mundotango.registrations.model import Entry
from mundotango.registrations.places import MOST_OF_A_KIND
from mundotango.work import UnitOfWork


def answer(work: UnitOfWork, *, occurrence_id: UUID, user_id: UUID, answer: Answer, hidden: bool, clock: Clock) -> Rsvp:
    """The last word counts. To be going without a registration is for events that take none."""
    turnout = _turnout(work, occurrence_id)
    rsvp = Rsvp(answer, hidden, clock.now())
    policy.rsvp(answer, turnout, work.registrations.find_chosen(turnout.event_id), rsvp.answered_at)
    work.attendance.answer(occurrence_id, user_id, rsvp)
    return rsvp


def get_answer(work: UnitOfWork, occurrence_id: UUID, user_id: UUID) -> Rsvp:
    _turnout(work, occurrence_id)
    found = work.attendance.find_answer(occurrence_id, user_id)
    if found is None:
        raise NotFound("you have not said whether you come")
    return found


def forget_answer(work: UnitOfWork, occurrence_id: UUID, user_id: UUID) -> None:
    _turnout(work, occurrence_id)
    work.attendance.forget_answer(occurrence_id, user_id)


def list_attendees(
    work: UnitOfWork, occurrence_id: UUID, reader_id: UUID, *, cursor: str | None, limit: int
) -> Page[Attendee]:
    """Members who come, do not hide it, and are seen by the reader."""
    checked_limit(limit)
    event_id = _turnout(work, occurrence_id).event_id
    takes_none = work.registrations.find_chosen(event_id) is None
    name = f"{'going' if takes_none else 'attendees'}:{occurrence_id}"
    after = work.read_ranked_cursor(name, cursor) if cursor else None
    listed = work.attendance.list_going if takes_none else work.attendance.list_with_a_place
    found = listed(occurrence_id, reader_id, after, limit + 1)
    return page_of(found, limit, lambda last: work.sign_cursor(name, Ranked(last.rank, last.person.id)))


def get_offer(work: UnitOfWork, occurrence_id: UUID, clock: Clock) -> Offer:
    """For everybody."""
    turnout = _turnout(work, occurrence_id)
    chosen = work.registrations.find_chosen(turnout.event_id)
    if chosen is None:
        return Offer(turnout, None, "none", None, None, {})
    settings, starts_at = chosen.settings, turnout.starts_at
    return Offer(
        turnout=turnout,
        chosen=chosen,
        window=policy.window(chosen, turnout, clock.now()),
        opens_at=None if settings.opens_before is None else starts_at - settings.opens_before,
        closes_at=starts_at - settings.closes_before,
        free=policy.free(chosen, turnout, work.registrations.line(occurrence_id, MOST_OF_A_KIND)),
    )


def list_own(work: UnitOfWork, user_id: UUID, *, cursor: str | None, limit: int, clock: Clock) -> Page[OwnRegistration]:
    """What they registered for and is not over, what begins first at first."""
    checked_limit(limit)
    name = f"own-registrations:{user_id}"
    after = work.read_cursor(name, cursor) if cursor else None
    found = work.attendance.list_own(user_id, clock.now(), after, limit + 1)
    page = page_of(found, limit, lambda last: work.sign_cursor(name, last))
    entries = {entry.id: entry for entry in work.registrations.list_by_id([place.id for place in page.items])}
    shown = list_shown(work, [entries[place.id] for place in page.items], user_id)
    return Page(shown, page.next_cursor)


def get_own(work: UnitOfWork, registration_id: UUID, user_id: UUID) -> OwnRegistration:
    entry = work.registrations.find(registration_id)
    if entry is None or user_id not in entry.people:
        raise NotFound(NO_REGISTRATION)
    return shown_own(work, entry, user_id)


def shown_own(work: UnitOfWork, entry: Entry, reader_id: UUID) -> OwnRegistration:
    return list_shown(work, [entry], reader_id)[0]


def list_shown(work: UnitOfWork, entries: Sequence[Entry], reader_id: UUID) -> list[OwnRegistration]:
    """As one of their parties is shown them."""
    people = {person_id for entry in entries for person_id in entry.people}
    seen = work.users.list_seen(people, reader_id)
    known = {
        person.id: Known(person.display_name, Author(person.id, person.handle, person.display_name, person.avatar))
        for person in seen.values()
    }
    occasions = work.attendance.list_occasions([entry.id for entry in entries])
    return [OwnRegistration(entry, occasions[entry.id][0], known, occasions[entry.id][1]) for entry in entries]


def _turnout(work: UnitOfWork, occurrence_id: UUID) -> Turnout:
    return policy.announced(work.attendance.find_turnout(occurrence_id))
