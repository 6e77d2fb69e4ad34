"""Lists of what takes place, found by a question."""

from dataclasses import replace

from mundotango.agenda.model import Facets, Pin, Query
from mundotango.agenda.policy import MOST_PINS
from mundotango.events.model import Dated
from mundotango.pagination import Page, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.work import UnitOfWork


def list_events(work: UnitOfWork, query: Query, *, cursor: str | None = None, limit: int, clock: Clock) -> Page[Dated]:
    """What takes place between `from_` (now, if none is given) and `to`, each time of a series by itself.

    What began before and still goes on is part of it; what ends at `from_` or begins at `to` is not, nor is what
    somebody organises who is suspended or leaves.
    """
    checked_limit(limit)
    name = f"events:{query!r}"
    after = work.read_standing_cursor(name, cursor) if cursor else None
    now = clock.now() if after is None or query.order != "rank" else after.as_of
    found = work.agenda.list_found(query, now, after, limit + 1)
    page = page_of(found, limit, lambda last: work.sign_cursor(name, last[0]))
    return Page([dated for _, dated in page.items], page.next_cursor)


def list_pins(work: UnitOfWork, query: Query, *, clock: Clock) -> tuple[list[Pin], bool]:
    """What starts first of what is found, for a map, and whether there is more."""
    found = work.agenda.list_pins(replace(query, order="start"), clock.now(), MOST_PINS + 1)
    return found[:MOST_PINS], len(found) > MOST_PINS


def count_facets(work: UnitOfWork, query: Query, *, clock: Clock) -> Facets:
    """Of what a list by the same question would hold."""
    return work.agenda.count_facets(replace(query, order="start"), clock.now())
