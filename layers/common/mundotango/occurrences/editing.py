"""One time that a series takes place is unlike the others: the milonga of 24 December is cancelled, or elsewhere."""

from dataclasses import replace
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from mundotango.errors import Conflict, NotFound
from mundotango.events import policy as events_policy
from mundotango.events.announcement import announce
from mundotango.events.model import Edited, Event, city_of, local_payload
from mundotango.events.service import get_editable, kind_of, parent_status
from mundotango.forgetting.service import forget_event, tonight_tags
from mundotango.occurrences import policy
from mundotango.occurrences.model import Occurrence, Own
from mundotango.occurrences.service import override
from mundotango.ports import Clock
from mundotango.recurrence.service import at
from mundotango.text import refused
from mundotango.venues.service import get_named
from mundotango.work import UnitOfWork


class Changes(TypedDict, total=False):
    """What is its own from now on; None for what is as in the series again. What is left out stays."""

    status: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    venue_id: UUID | None


def edit_occurrence(
    work: UnitOfWork,
    *,
    event_id: UUID,
    original: datetime,
    editor_id: UUID,
    version: int,
    changes: Changes,
    clock: Clock,
    announced: bool = True,
) -> Edited:
    """The occurrence whose start in the series is `original`. `version` is the event's, which is raised by it. One that
    is part of an event which is not `announced` itself is told of to nobody.

    Raises:
        PreconditionFailed: the event was edited since.
    """
    event = get_editable(work, event_id, editor_id)
    before = next((each for each in work.occurrences.list_of(event_id) if each.original == original), None)
    calls_off = changes == {"status": "cancelled"} and before is not None and before.own.status != "cancelled"
    events_policy.unchanged(event.version, version, calls_off=calls_off)
    if not event.repeats:
        raise Conflict("this event is no series; change the event itself")
    was = None if before is None else work.events.find_at(before.id)
    if before is None or was is None:
        raise NotFound("no such occurrence")
    own, tonight = _own(work, event, before.own, changes), tonight_tags(work, "event", event_id, clock)
    after = override(work, event, parent_status(work, event), before, own, clock, editor_id)
    work.events.raise_version(event, _own_payload(before), editor_id, clock.now())
    forget_event(work, event_id, tonight | tonight_tags(work, "event", event_id, clock), clock)
    dated = work.events.find_at(after.id) or was
    cities = {city_of(was), city_of(dated)}
    if announced and after.status != "draft":
        announce(work, kind_of(before.status, after.status), dated, cities, editor_id, clock)
    return Edited(dated, frozenset(cities))


def _own(work: UnitOfWork, event: Event, own: Own, changes: Changes) -> Own:
    if "status" in changes:
        own = replace(own, status=policy.own_status(changes["status"]))
    if "venue_id" in changes:
        venue_id = changes["venue_id"]
        own = replace(own, venue_id=None if venue_id is None else get_named(work, venue_id).id)
    if "starts_at" in changes or "ends_at" in changes:
        starts_at, ends_at = changes.get("starts_at"), changes.get("ends_at")
        if starts_at is None and ends_at is None:
            return replace(own, starts=None, ends=None)
        if starts_at is None or ends_at is None:
            raise refused("starts_at" if starts_at is None else "ends_at", "must be given with the other time")
        events_policy.times(starts_at, ends_at)
        starts, ends = events_policy.local(starts_at, event.zone), events_policy.local(ends_at, event.zone)
        # As they are kept: in whole seconds, and of an hour that comes twice the first.
        events_policy.times(at(starts, event.zone), at(ends, event.zone))
        own = replace(own, starts=starts, ends=ends)
    return own


def _own_payload(occurrence: Occurrence) -> dict[str, object]:
    """What was its own, in JSON's types."""
    own = occurrence.own
    return {
        "original_start": local_payload(occurrence.original),
        "status": own.status,
        "start": own.starts and local_payload(own.starts),
        "end": own.ends and local_payload(own.ends),
        "venue_id": own.venue_id and str(own.venue_id),
    }
