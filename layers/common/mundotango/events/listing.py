"""Lists of what takes place, an event at one of its times each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from mundotango import places
from mundotango.events import policy
from mundotango.events.model import Dated
from mundotango.events.service import get_event
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.text import refused
from mundotango.work import UnitOfWork

EVENTS = "events"


def list_events(
    work: UnitOfWork,
    *,
    city: str | None = None,
    from_: datetime | None = None,
    to: datetime | None = None,
    cursor: str | None = None,
    limit: int,
    clock: Clock,
) -> Page[Dated]:
    """What takes place between `from_` (now, if none is given) and `to`, first beginning first.

    What began before and still goes on is part of it; what ends at `from_` or begins at `to` is not. The city is
    found however it is accented or capitalised; without one, all cities.
    """
    for field, moment in (("from", from_), ("to", to)):
        if moment is not None:
            policy.moment(field, moment)
    if from_ is not None and to is not None and to <= from_:
        raise refused("to", "must be after from")
    place = places.city(city) if city is not None else None
    return _list(work, EVENTS, cursor, limit, city=place, from_=from_ or clock.now(), to=to)


def list_occurrences(work: UnitOfWork, event_id: UUID, *, cursor: str | None, limit: int, clock: Clock) -> Page[Dated]:
    """When an event takes place from now on."""
    get_event(work, event_id, clock)
    return _list(work, f"occurrences:{event_id}", cursor, limit, event_id=event_id, from_=clock.now())


def list_sessions(work: UnitOfWork, event_id: UUID, *, cursor: str | None, limit: int, clock: Clock) -> Page[Dated]:
    """The programme of a festival or a course, from its beginning."""
    get_event(work, event_id, clock)
    return _list(work, f"sessions:{event_id}", cursor, limit, parent_id=event_id, from_=None)


def list_own(work: UnitOfWork, user_id: UUID, *, cursor: str | None, limit: int, clock: Clock) -> Page[Dated]:
    """What this person announced or organises with others, drafts among it; the last made first."""
    checked_limit(limit)
    name = f"own-events:{user_id}"
    after = work.read_cursor(name, cursor) if cursor else None
    found = work.events.list_own(user_id, clock.now(), after, limit + 1)
    return page_of(found, limit, lambda last: work.sign_cursor(name, Place(last.event.created_at, last.event.id)))


def _list(work: UnitOfWork, name: str, cursor: str | None, limit: int, **asked: Any) -> Page[Dated]:
    checked_limit(limit)
    after = work.read_cursor(name, cursor) if cursor else None
    found = work.events.list_published(**asked, after=after, limit=limit + 1)
    return page_of(
        found, limit, lambda last: work.sign_cursor(name, Place(last.occurrence.starts_at, last.occurrence.id))
    )
