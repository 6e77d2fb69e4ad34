"""Lists of what takes place, an event at one of its times each."""

from typing import Any
from uuid import UUID

from mundotango.events.model import Dated
from mundotango.events.service import get_event
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.work import UnitOfWork


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
