"""Events as calendars of other programs are told them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mundotango.events.model import Dated, Event, EventStatus
from mundotango.occurrences.model import Occurrence
from mundotango.venues.model import Venue

CONTENT_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Feed:
    """The address of somebody's own calendar, since when there is this one."""

    user_id: UUID
    token_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """That somebody comes to an occurrence, or only may: they wait for a place, or are interested."""

    occurrence_id: UUID
    tentative: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Series:
    """An event with all its times: those that are known, of which most are as its rule says. `venues` are its own and
    those of times that are elsewhere."""

    event: Event
    status: EventStatus
    occurrences: tuple[Occurrence, ...]
    venues: Mapping[UUID, Venue]


@dataclass(frozen=True, slots=True)
class Once:
    """One time of an event that stands in a calendar by itself."""

    dated: Dated
    tentative: bool
    changed_at: datetime
