"""Registrations: who comes to one occurrence of an event, in which role, and how many may."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from mundotango.events.model import EventStatus

Role = Literal["leader", "follower", "both"]
Admission = Literal["first_come", "organiser"]
"""Who says which of the waiting get a place: the order in which they came, or the organiser."""

State = Literal[
    "pending",  # waits for the organiser's approval
    "waiting",  # for a place
    "offered",  # a place is held until `offered_until`
    "accepted",
    "attended",
    "refused",  # by the organiser
    "declined",  # the offer, by themselves
    "expired",  # the offer, unanswered
    "cancelled",
]
HOLDING: frozenset[State] = frozenset({"offered", "accepted", "attended"})
"""The states in which a registration takes places."""
OPEN: frozenset[State] = HOLDING | {"pending", "waiting"}
"""The states beside which the same person cannot register again."""


@dataclass(frozen=True, slots=True)
class Headcount:
    """So many of each role: of one party, or of all who hold a place. Those of both roles are promised to no side."""

    leaders: int = 0
    followers: int = 0
    both: int = 0

    def __add__(self, other: "Headcount") -> "Headcount":
        return Headcount(self.leaders + other.leaders, self.followers + other.followers, self.both + other.both)

    def __sub__(self, other: "Headcount") -> "Headcount":
        return Headcount(self.leaders - other.leaders, self.followers - other.followers, self.both - other.both)

    @property
    def total(self) -> int:
        return self.leaders + self.followers + self.both


@dataclass(frozen=True, slots=True)
class Limits:
    """How many may come; None limits nothing. `tolerance` is how many more of one role than of the other."""

    capacity: int | None = None
    leaders: int | None = None
    followers: int | None = None
    tolerance: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the organiser chose. Times are before an occurrence begins, so that they hold for each of a series."""

    limits: Limits
    offered_for: timedelta
    admission: Admission = "first_come"
    approval: bool = False
    opens_before: timedelta | None = None
    closes_before: timedelta = timedelta(0)
    given_back_before: timedelta = timedelta(0)
    """Nearer to the beginning, nobody gives an accepted place back by themselves."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the organiser chose for an event, and asks whoever registers."""

    settings: Settings
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dancer:
    person_id: UUID
    role: Role


@dataclass(frozen=True, slots=True)
class Registration:
    """One party: a person, or a couple that stands or falls together.

    `position` counts those who registered for the occurrence. Who registers again after an end is another registration.
    """

    id: UUID
    party: tuple[Dancer, ...]
    position: int
    state: State
    offered_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A registration as it is kept. `hidden` are those of the party whom other dancers are not shown, `guests` those
    who have no account; `version` counts its changes. `counted` is the party that registered, of which one may
    have left the platform since."""

    registration: Registration
    occurrence_id: UUID
    event_id: UUID
    answers: tuple[str, ...]
    hidden: frozenset[UUID]
    guests: frozenset[UUID]
    registered_at: datetime
    changed_at: datetime
    version: int
    counted: Headcount

    @property
    def id(self) -> UUID:
        return self.registration.id

    @property
    def state(self) -> State:
        return self.registration.state

    @property
    def party(self) -> tuple[Dancer, ...]:
        return self.registration.party

    @property
    def people(self) -> frozenset[UUID]:
        return frozenset(dancer.person_id for dancer in self.party)


@dataclass(frozen=True, slots=True)
class Door:
    """An occurrence as those meet it who register: held until the transaction ends, with the places that are `taken`
    and the last position that was given."""

    occurrence_id: UUID
    event_id: UUID
    status: EventStatus
    starts_at: datetime
    chosen: Chosen | None
    taken: Headcount
    registered: int


def headcount(party: tuple[Dancer, ...]) -> Headcount:
    roles = [dancer.role for dancer in party]
    return Headcount(roles.count("leader"), roles.count("follower"), roles.count("both"))
