from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mundotango.events.model import EventKind, EventStatus, local_payload
from mundotango.posts.model import moment_payload


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


@dataclass(frozen=True, slots=True)
class Brief:
    """One time that an event takes place, as far as it is named to those who come to it. `titles` are pairs of a
    language and the title in it, the original first."""

    id: UUID
    event_id: UUID
    original: datetime
    starts_at: datetime
    ends_at: datetime
    zone: str
    status: EventStatus
    venue_name: str
    city: str
    titles: tuple[tuple[str, str], ...]


def brief_payload(brief: Brief, language: str, zone: str | None) -> dict[str, Any]:
    """In JSON's types, for somebody of this language. Where nothing is known of their zone, times are said to them by
    the clocks that hang at the event."""
    titles = [title for tag, title in brief.titles if tag.partition("-")[0] == language]
    return {
        "event_id": str(brief.event_id),
        "occurrence_id": str(brief.id),
        "original_start": local_payload(brief.original),
        "title": (titles or [brief.titles[0][1]])[0],
        "starts_at": moment_payload(brief.starts_at),
        "zone": brief.zone,
        "local_zone": zone or brief.zone,
        "status": brief.status,
        "venue_name": brief.venue_name,
        "city": brief.city,
    }
