"""What somebody who leaves had announced: it goes on as another's, or is called off while there is time to say so.

With an erased event its registrations go, and with them whom to tell. So this is done when the sign-in ends, hours
before: whoever comes is told as of any change, also by the jobs that tell the later pages and the guests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from mundotango.cache_keys import events_of
from mundotango.errors import MundoTangoError, Unavailable
from mundotango.events.service import edit_event
from mundotango.forgetting.service import forget_tonight, tonight_tags
from mundotango.observability import logger

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform
    from mundotango.privacy.model import Person

PAGE = 200


def hand_over_events(platform: Platform, person: Person) -> Iterator[int]:
    handed = PAGE
    while handed == PAGE:
        with platform.unit_of_work() as work:
            tonight = tonight_tags(work, "organiser", person.id, platform.clock)
            handed = work.person.hand_over_events(person.id, PAGE)
            if handed:  # what nobody saw of who leaves is seen again
                forget_tonight(work, tonight, platform.clock)
        yield handed


def call_off_events(platform: Platform, person: Person) -> Iterator[int]:
    """Those that somebody comes to and that are not over. Done again, it finds none."""
    after: UUID | None = None
    page: list[UUID] = []
    while after is None or len(page) == PAGE:
        with platform.unit_of_work() as work:
            page = work.registrations.list_awaited_of(person.id, platform.clock.now(), after, PAGE)
        for event_id in page:
            yield _call_off(platform, person.id, event_id)
        if not page:
            return
        after = page[-1]


def _call_off(platform: Platform, organiser_id: UUID, event_id: UUID) -> int:
    """One that is refused, as what it says may be said no more, holds up no erasure."""
    try:
        with platform.unit_of_work() as work:
            event = work.events.find(event_id)
            if event is None:
                return 0
            edited = edit_event(
                work,
                event_id=event_id,
                editor_id=organiser_id,
                version=event.version,
                changes={"status": "cancelled"},
                measures={},
                clock=platform.clock,
            )
    except Unavailable:
        raise
    except MundoTangoError as refusal:
        logger().warning("not called off", extra={"event_id": str(event_id), "cause": type(refusal).__name__})
        return 0
    for key in events_of(edited.cities):
        platform.cache.delete(key)
    return 1
