"""Tell everybody who comes to an event that it changed, or that it begins soon.

A broadcast is worked off page by page. What is told of it is read in that moment: nobody is told what is not so any
more. A page's announcements are committed with how far it came, so each person has one of each broadcast.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from mundotango.broadcasts import policy
from mundotango.broadcasts.model import NOBODY, Broadcast, Change
from mundotango.guests.telling import note_changes, note_move
from mundotango.ids import derived_id, new_id
from mundotango.notifications.model import NotificationKind
from mundotango.occurrences.model import brief_payload
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, Kind, user_channel
from mundotango.work import UnitOfWork


def announce_changes(
    work: UnitOfWork, changed: Mapping[UUID, tuple[Change, ...]], actor_id: UUID | None, clock: Clock
) -> None:
    """What changed of each occurrence that did. The first of those who come to it hear of it with this transaction, and
    the jobs tell the others: `tell_attendees`, and `sweep_guests` those without an account."""
    note_changes(work, changed)
    attended = work.broadcasts.list_attended(changed) if changed else []
    _begin(work, ((each, changed[each]) for each in attended), actor_id, clock)


def announce_move(work: UnitOfWork, venue_id: UUID, actor_id: UUID, clock: Clock) -> None:
    """A venue is elsewhere, and what takes place there with it."""
    note_move(work, venue_id, clock)
    attended = work.broadcasts.list_attended_at(venue_id, clock.now())
    _begin(work, ((each, ("place",)) for each in attended), actor_id, clock)


def tell(work: UnitOfWork, broadcast: Broadcast, limit: int, clock: Clock) -> int:
    """The next page of people, or the end of it; how many were looked at."""
    brief = work.occurrences.find_brief(broadcast.occurrence_id)
    if brief is None or not policy.stands(broadcast, brief, clock.now()):
        _give_up(work, broadcast)
        return 0
    people = work.broadcasts.list_attendees(broadcast, limit)
    kind: NotificationKind = "event_change" if broadcast.topic == "change" else "reminder"
    listeners = work.notification_preferences.listeners(people, kind) if people else {}
    told = [listeners[each] for each in people if each in listeners and each != broadcast.actor_id]
    work.record_all(
        [
            _activity(broadcast, each.user_id, brief_payload(brief, each.language, each.zone), clock)
            for each in told
            if each.app
        ]
    )
    if len(people) < limit:
        work.broadcasts.finish(broadcast.id)
    else:
        work.broadcasts.advance(broadcast.id, people[-1])
    return len(people)


def _begin(
    work: UnitOfWork, changed: Iterable[tuple[UUID, tuple[Change, ...]]], actor_id: UUID | None, clock: Clock
) -> None:
    begun = [
        Broadcast(
            id=new_id(), occurrence_id=each, topic="change", changed=what, actor_id=actor_id, made_at=clock.now()
        )
        for each, what in changed
    ]  # fmt: skip
    work.broadcasts.add(begun)
    left = policy.AT_ONCE
    for broadcast in begun:
        if left <= 0:
            break
        left -= tell(work, broadcast, left, clock)


def _give_up(work: UnitOfWork, broadcast: Broadcast) -> None:
    """A reminder that nobody had yet may be due again: what was postponed may take place after all."""
    if broadcast.after_id == NOBODY:
        work.broadcasts.remove(broadcast.id)
    else:
        work.broadcasts.finish(broadcast.id)


def _activity(broadcast: Broadcast, user_id: UUID, brief: dict[str, Any], clock: Clock) -> Activity:
    reminds = broadcast.topic != "change"
    kind: Kind = "reminder.due" if reminds else "event.changed"
    said = {"ahead": broadcast.topic} if reminds else {"changed": list(broadcast.changed)}
    return Activity(
        id=derived_id("broadcast", str(broadcast.id), str(user_id)),
        kind=kind,
        actor_id=broadcast.actor_id,
        channel=user_channel(user_id),
        payload={"event": brief, **said},
        occurred_at=clock.now(),
    )
