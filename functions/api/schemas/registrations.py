from datetime import timedelta
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment
from functions.api.schemas.posts import AuthorBody
from mundotango.attendance.model import Answer, Window
from mundotango.attendance.policy import MOST_FREE_TOLD
from mundotango.events.model import EventKind, EventStatus
from mundotango.registrations.model import Admission, Chosen, Limits, Role, Settings, State

# It is the policy that says how many; these only keep a number in what a duration holds, and a list from being absurd.
_Hours = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
_Minutes = Annotated[StrictInt, Field(ge=0, le=10_000_000)]
_MANY = 100
_MOST_CHOSEN = 1000

_LIMIT = Field(default=None, description="null limits nothing.")
_TOLERANCE = Field(default=None, description="How many more of one role than of the other; null: any number.")
_OFFERED = Field(default=48, description="How long an offered place is held, from 1 to 336.")
_ADMISSION = Field(
    default="first_come",
    description="Who says which of the waiting get a place: the order in which they came, or the organiser.",
)
_APPROVAL = Field(default=False, description="Whether organisers approve of each before they have or wait for a place.")
_OPENS = Field(default=None, description="Before the beginning; null: as soon as it is announced.")
_CLOSES = Field(default=0, description="Before the beginning.")
_GIVEN_BACK = Field(
    default=0, description="Nearer to the beginning than this, nobody gives an accepted place back by themselves."
)
_HIDDEN = Field(default=False, description="From other dancers; organisers are shown who comes in any case.")


class RegistrationSettings(Asked):
    """All of them: what is left out is as if the default was sent."""

    capacity: Annotated[StrictInt | None, _LIMIT]
    leaders: Annotated[StrictInt | None, _LIMIT]
    followers: Annotated[StrictInt | None, _LIMIT]
    tolerance: Annotated[StrictInt | None, _TOLERANCE]
    offered_for_hours: Annotated[_Hours, _OFFERED]
    admission: Annotated[Admission, _ADMISSION]
    approval: Annotated[StrictBool, _APPROVAL]
    opens_before_minutes: Annotated[_Minutes | None, _OPENS]
    closes_before_minutes: Annotated[_Minutes, _CLOSES]
    given_back_before_minutes: Annotated[_Minutes, _GIVEN_BACK]
    questions: list[Line] = Field(
        default=[],
        max_length=_MANY,
        description="Answered by whoever registers, 10 at most. Answers that were given before stay by their number.",
    )

    def chosen(self) -> Chosen:
        opens = self.opens_before_minutes
        settings = Settings(
            limits=Limits(self.capacity, self.leaders, self.followers, self.tolerance),
            offered_for=timedelta(hours=self.offered_for_hours),
            admission=self.admission,
            approval=self.approval,
            opens_before=None if opens is None else timedelta(minutes=opens),
            closes_before=timedelta(minutes=self.closes_before_minutes),
            given_back_before=timedelta(minutes=self.given_back_before_minutes),
        )
        return Chosen(settings, tuple(self.questions))


class RegistrationSettingsBody(Answered):
    capacity: int | None
    leaders: int | None
    followers: int | None
    tolerance: int | None
    offered_for_hours: int
    admission: Admission
    approval: bool
    opens_before_minutes: int | None
    closes_before_minutes: int
    given_back_before_minutes: int
    questions: list[str]


class FreeBody(Answered):
    """How many of each could come now if nobody else did."""

    leaders: int
    followers: int
    both: int
    couples: int = Field(description="Of a leader and a follower.")


class OfferBody(Answered):
    """What is to be had at one time of an event."""

    event_id: Id
    occurrence_id: Id
    window: Window = Field(description="`none`: the event takes no registrations.")
    opens_at: Moment | None = Field(description="null: since it was announced.")
    closes_at: Moment | None
    capacity: int | None
    admission: Admission | None
    approval: bool | None
    questions: list[str]
    free: FreeBody | None = Field(
        description=f"{MOST_FREE_TOLD} is so many or more. A place that is offered to somebody is not free."
    )
    waiting: int = Field(description="Parties that wait for a place.")
    going: int = Field(description="People who come, also those who are not shown.")


class NewRegistration(Asked):
    role: Role
    partner_id: Id | None = Field(
        default=None, description="Somebody who follows the caller: the two have places together, or neither has."
    )
    partner_role: Role | None = Field(default=None, description="With a partner, and only then.")
    answers: list[Lines] = Field(default=[], max_length=_MANY, description="One to each question, in their order.")
    hidden: Annotated[StrictBool, _HIDDEN]


class OccasionBody(Answered):
    """One time of an event, in short."""

    event_id: Id
    occurrence_id: Id
    title: str
    kind: EventKind
    status: EventStatus
    starts_at: Moment
    ends_at: Moment
    zone: str
    city: str
    venue_name: str


class DancerBody(Answered):
    role: Role
    name: str = Field(description="Empty of who is not seen by the reader.")
    profile: AuthorBody | None = Field(description="null of a guest, and of who is not seen by the reader.")
    hidden: bool = Field(description="Whether other dancers are not shown that this one comes.")


class _Registration(Answered):
    id: Id
    state: State
    offered_until: Moment | None = Field(description="Until when an offered place can be accepted.")
    party: list[DancerBody] = Field(description="One, or a couple that stands or falls together.")
    answers: list[str]
    registered_at: Moment
    changed_at: Moment
    version: int = Field(description="Counts the changes of its state.")


class RegistrationBody(_Registration):
    occasion: OccasionBody
    ahead: int | None = Field(
        description="Of one that waits: how many wait who registered before. By balance of roles one may pass others."
    )


class RegistrationPage(Answered):
    items: list[RegistrationBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


class RegisteredBody(_Registration):
    """For organisers."""

    event_id: Id
    occurrence_id: Id
    position: int = Field(description="Counts the registrations for this time of the event.")


class RegisteredPage(Answered):
    items: list[RegisteredBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


class RegisteredList(Answered):
    items: list[RegisteredBody]


class Choice(Asked):
    registration_ids: list[Id] = Field(min_length=1, max_length=_MOST_CHOSEN)


class CodeBody(Answered):
    code: str = Field(description="For a QR code. It is the same for both of a couple.")


class CheckIn(Asked):
    code: Line


class RsvpChange(Asked):
    answer: Answer = Field(description="`going` where the event takes no registrations.")
    hidden: Annotated[StrictBool, _HIDDEN]


class RsvpBody(Answered):
    answer: Answer
    hidden: bool
    answered_at: Moment


class AttendeeBody(Answered):
    profile: AuthorBody
    role: Role | None = Field(description="null where the event takes no registrations.")


class AttendeePage(Answered):
    items: list[AttendeeBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")
