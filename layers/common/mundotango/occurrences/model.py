from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mundotango.events.model import EventKind, EventStatus


@dataclass(frozen=True, slots=True)
class Own:
    """What is one occurrence's own, where it differs from its series; None where it does not.

    `starts` and `ends` are by the clocks of the event's zone, and there are both or neither.
    """

    status: EventStatus | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    venue_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an event takes place.

    `original` is when its series has it start, by the clocks of the event's zone: by it calendars know it again
    (RECURRENCE-ID). `night` is the evening it belongs to, though it begins after midnight. `changed_at` is when what
    dancers are told of it was last another.
    """

    id: UUID
    event_id: UUID
    original: datetime
    starts_at: datetime
    ends_at: datetime
    night: date
    status: EventStatus
    kind: EventKind
    venue_id: UUID
    own: Own
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of an event's occurrences: which is at which start of the series now, which starts have none yet,
    and which are at none any more."""

    kept: dict[datetime, Occurrence]
    fresh: list[datetime]
    gone: list[Occurrence]
