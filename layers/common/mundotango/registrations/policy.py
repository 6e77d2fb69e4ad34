"""What may happen to a registration, and when. Each step answers the state after it, or refuses."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from mundotango.errors import Conflict, Invalid, NotFound, Said
from mundotango.events.model import EventStatus
from mundotango.registrations import places
from mundotango.registrations.model import (
    OPEN,
    Chosen,
    Dancer,
    Headcount,
    Limits,
    Registration,
    Role,
    Settings,
    State,
)
from mundotango.text import clean, refused

MOST_PLACES = 10_000
LARGEST_PARTY = 2
SHORTEST_OFFER = timedelta(hours=1)
LONGEST_OFFER = timedelta(days=14)
LONGEST_BEFORE = timedelta(days=366)
MOST_QUESTIONS = 10
LONGEST_QUESTION = 300
LONGEST_ANSWER = 1000


def chosen(value: Chosen) -> Chosen:
    if len(value.questions) > MOST_QUESTIONS:
        raise refused("questions", Said("must be at most {most}", most=MOST_QUESTIONS))
    questions = [
        clean(f"questions.{number}", question, longest=LONGEST_QUESTION)
        for number, question in enumerate(value.questions)
    ]
    return Chosen(settings(value.settings), tuple(questions))


def settings(value: Settings) -> Settings:
    _number("capacity", value.limits.capacity, least=1)
    _number("leaders", value.limits.leaders)
    _number("followers", value.limits.followers)
    _number("tolerance", value.limits.tolerance)
    if not SHORTEST_OFFER <= value.offered_for <= LONGEST_OFFER:
        raise refused("offered_for_hours", "must be from one hour to 14 days")
    _before("opens_before_minutes", value.opens_before)
    _before("closes_before_minutes", value.closes_before)
    _before("given_back_before_minutes", value.given_back_before)
    if value.opens_before is not None and value.opens_before <= value.closes_before:
        raise refused("opens_before_minutes", "must be before registration closes")
    return value


def _number(field: str, value: int | None, least: int = 0) -> None:
    if value is not None and not least <= value <= MOST_PLACES:
        raise refused(field, Said("must be from {least} to {largest}", least=least, largest=MOST_PLACES))


def _before(field: str, value: timedelta | None) -> None:
    if value is not None and not timedelta(0) <= value <= LONGEST_BEFORE:
        raise refused(field, Said("must be at most {days} days before the beginning", days=LONGEST_BEFORE.days))


def enough_for(limits: Limits, taken: Headcount) -> None:
    """Whether those who hold a place keep it under new limits. A smaller tolerance is for those who come later."""
    if not places.fits(limits, taken):
        raise Conflict("more people hold a place than that")


def takes_registrations(value: Chosen | None) -> Chosen:
    if value is None:
        raise NotFound("this event takes no registrations")
    return value


def takes_place(status: EventStatus) -> None:
    """Whether one may register for it."""
    not_called_off(status)
    if status != "published":
        raise Conflict("this was postponed; registration goes on when there is a date again")


def not_called_off(status: EventStatus) -> None:
    """Whether a place at it can still be accepted: what is postponed takes place on some other day."""
    if status == "cancelled":
        raise Conflict("this was cancelled")


def not_begun(starts_at: datetime, now: datetime) -> None:
    if now >= starts_at:
        raise Conflict("it has begun already")


def among(person_id: UUID, people: Collection[UUID]) -> None:
    if person_id not in people:
        raise Invalid("nobody registers others alone")


def partner(people: Collection[UUID], willing: Collection[UUID]) -> None:
    if not set(people) <= set(willing):
        raise refused("partner_id", "is nobody who follows you")


def answers(questions: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """One to each question, in their order."""
    if len(given) != len(questions):
        raise refused("answers", Said("must be {number}, one to each question", number=len(questions)))
    return tuple(clean(f"answers.{number}", answer, longest=LONGEST_ANSWER) for number, answer in enumerate(given))


def dancers(by: UUID, role: Role, partner_id: UUID | None, partner_role: Role | None) -> list[Dancer]:
    """Who registers and in which roles, whoever registers first."""
    if (partner_id is None) != (partner_role is None):
        raise refused("partner_role", "is said of a partner, and of nobody else")
    partner = [] if partner_id is None or partner_role is None else [Dancer(partner_id, partner_role)]
    return [Dancer(by, role), *partner]


def party(dancers: Sequence[Dancer]) -> tuple[Dancer, ...]:
    if not 1 <= len(dancers) <= LARGEST_PARTY:
        raise Invalid("one person registers, or two together")
    if len({dancer.person_id for dancer in dancers}) < len(dancers):
        raise Invalid("a couple is two people")
    return tuple(dancers)


def once(earlier: Collection[State]) -> None:
    """Whether somebody may register who did before for the same occurrence."""
    if not OPEN.isdisjoint(earlier):
        raise Conflict("you are registered already, alone or with a partner")
    if "refused" in earlier:
        raise Conflict("the organiser refused your registration")


# --- Steps ---


def registered(chosen: Settings, starts_at: datetime, now: datetime) -> State:
    if chosen.opens_before is not None and now < starts_at - chosen.opens_before:
        raise Conflict("registration has not opened yet")
    if now >= starts_at - chosen.closes_before:
        raise Conflict("registration is closed")
    return "pending" if chosen.approval else "waiting"


def approved(state: State) -> State:
    if state != "pending":
        raise Conflict("this registration does not wait for approval")
    return "waiting"


def refused_by_organiser(state: State) -> State:
    if state not in {"pending", "waiting"}:
        raise Conflict("only who has no place yet can be refused; cancel the registration")
    return "refused"


def admitted(*, waited: bool) -> State:
    """Who comes, or is approved, while there is a place has it; who had to wait is asked whether they still want it."""
    return "offered" if waited else "accepted"


def offered_until(chosen: Settings, starts_at: datetime, now: datetime) -> datetime:
    return min(now + chosen.offered_for, starts_at)


def moves_up(chosen: Settings, starts_at: datetime, now: datetime) -> bool:
    """Whether the line moves by itself. Once it has begun, nobody is offered a place any more."""
    return chosen.admission == "first_come" and now < starts_at


def chosen_by_organiser(chosen: Settings, taken: Headcount, waiting: Sequence[tuple[State, Headcount]]) -> State:
    """All of them at once, so that the organiser may choose in any order what is in balance as a whole."""
    if chosen.admission != "organiser":
        raise Conflict("places of this event go by the order of registration")
    if any(state != "waiting" for state, _ in waiting):
        raise Conflict("only who waits for a place can be chosen")
    if not places.admissible(chosen.limits, taken, *(headcount for _, headcount in waiting)):
        raise Conflict("these are more than there are places, or more of one role than you allow")
    return "offered"


def accepted(registration: Registration, now: datetime) -> State:
    if registration.state != "offered" or lapsed(registration, now):
        raise Conflict("no place is offered to you, or not any more")
    return "accepted"


def declined(state: State) -> State:
    if state != "offered":
        raise Conflict("no place is offered to you, or not any more")
    return "declined"


def lapsed(registration: Registration, now: datetime) -> bool:
    return registration.offered_until is not None and now >= registration.offered_until


def let_lapse(status: EventStatus) -> State:
    """Of an offer that was not answered in time. While nothing takes place there is nothing to decide on: they wait
    where they stood in the line."""
    return "expired" if status == "published" else "waiting"


def given_up(
    state: State, chosen: Settings, starts_at: datetime, now: datetime, status: EventStatus = "published"
) -> State:
    """By one of the party, for all of it. Where nothing takes place it is never too late."""
    if status == "published" and state == "accepted" and now >= starts_at - chosen.given_back_before:
        raise Conflict("it is too late to give this place back; write to the organiser")
    return cancelled(state)


def cancelled(state: State) -> State:
    """By the organiser, at any time."""
    if not may_end(state):
        raise Conflict("this registration has ended")
    return "cancelled"


def may_end(state: State) -> bool:
    return state in OPEN - {"attended"}


def attended(state: State) -> State:
    """A second time is refused, for the door to see that a code was used before."""
    if state == "attended":
        raise Conflict("they were checked in before")
    if state != "accepted":
        raise Conflict("they have no place, or have not accepted it")
    return "attended"


def not_attended(state: State) -> State:
    if state != "attended":
        raise Conflict("they were not checked in")
    return "accepted"


def has_code(state: State) -> None:
    if state not in {"accepted", "attended"}:
        raise Conflict("you have no place, or have not accepted it")
