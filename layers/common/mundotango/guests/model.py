"""Guests: who registers without an account, for one time of an event, by links that are mailed to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from mundotango.events.model import Dated
from mundotango.languages import Language
from mundotango.registrations.model import Chosen, Entry, Role

News = Literal[
    "link",  # which they, or somebody else, asked for
    "waiting",  # approved, for a place that is not there yet
    "offered",
    "accepted",
    "refused",
    "expired",
    "cancelled",  # their registration, by the organiser
    "called_off",  # the event
    "postponed",
    "changed",  # its time or place
    "day_ahead",
    "hours_ahead",
]
"""What a mail to a guest says."""

Act = Literal["register", "accept", "decline", "give_up", "forget"]
"""What a guest does on the page of their registration."""


@dataclass(frozen=True, slots=True)
class Guest:
    """`confirmed_at` is None for whom nobody registered yet: the address may be somebody else's than who gave it."""

    id: UUID
    occurrence_id: UUID
    email: str
    name: str
    language: Language
    created_at: datetime
    confirmed_at: datetime | None
    kept_until: datetime


@dataclass(frozen=True, slots=True)
class Form:
    """What a guest fills in."""

    name: str = ""
    role: Role | None = None
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """What the page of a registration shows. `entry` is their last, None before the first; `chosen` is None where the
    event takes no registrations any more, and `code` is there while they have a place."""

    guest: Guest
    dated: Dated
    chosen: Chosen | None
    entry: Entry | None
    code: str | None
