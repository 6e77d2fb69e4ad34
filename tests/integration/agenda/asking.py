"""Questions to the agenda, answered to their end."""

from typing import Any

from mundotango.agenda import policy, service
from mundotango.events.model import Dated
from mundotango.ports import Clock
from mundotango.work import UnitOfWork


def found(work: UnitOfWork, clock: Clock, *, size: int = 2, **asked: Any) -> list[Dated]:
    """All pages, of so many each."""
    query = policy.query(**asked)
    everything: list[Dated] = []
    cursor: str | None = None
    while True:
        page = service.list_events(work, query, cursor=cursor, limit=size, clock=clock)
        everything += page.items
        cursor = page.next_cursor
        if cursor is None:
            return everything


def titles(work: UnitOfWork, clock: Clock, **asked: Any) -> list[str]:
    return [each.event.title for each in found(work, clock, **asked)]
