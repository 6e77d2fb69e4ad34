"""The times that events take place: made with their event, in one transaction, and kept through its changes."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from mundotango.broadcasts import policy as broadcasts
from mundotango.broadcasts.service import announce_changes
from mundotango.events.model import Event, EventStatus
from mundotango.ids import derived_id
from mundotango.occurrences import policy
from mundotango.occurrences.model import Occurrence, Own
from mundotango.ports import Clock
from mundotango.recurrence import policy as recurrence
from mundotango.recurrence.service import at, starts
from mundotango.registrations.following import follow
from mundotango.work import UnitOfWork


def write(
    work: UnitOfWork, event: Event, parent: EventStatus | None, clock: Clock, actor_id: UUID | None = None
) -> None:
    """Brings an event's occurrences to what it says now, a year ahead. The event is held, or new.

    Those that still are keep their ids, and what is their own. Of the others those that somebody registered for are
    cancelled, and the rest removed. Whoever comes to one that changed is told, but for `actor_id`, who changed it.
    """
    now = clock.now()
    known = work.occurrences.list_of(event.id)
    # Before any of them is touched, as whoever moves a venue holds it and then wants what takes place there: also those
    # that they leave.
    named = {venue_id for each in known for venue_id in (each.venue_id, each.own.venue_id) if venue_id is not None}
    venues = work.venues.hold([event.venue_id, *named])
    plan = policy.planned(event, known, _starts(event, now), now)
    registered = _registered_for(work, plan.gone)
    kept = [(start, each.id, each.own) for start, each in plan.kept.items()]
    # Not by what is its own: where the series comes back to it, it takes place again.
    cancelled = [
        _called_off(_made(event, parent, each.original, each.id, each.own, now))
        for each in plan.gone
        if each.id in registered
    ]
    taken = {each.id for each in known}
    fresh = [(start, _new_id(event, start, taken), Own()) for start in plan.fresh]
    work.occurrences.remove([each.id for each in plan.gone if each.id not in registered])
    wanted = [*(_made(event, parent, *each, now) for each in (*kept, *fresh)), *cancelled]
    saved = _changed(event, known, wanted, now)
    work.occurrences.save(saved, venues)
    work.occurrences.note_expanded(event.id, now)
    _announce(work, known, saved, actor_id, clock)


def override(
    work: UnitOfWork,
    event: Event,
    parent: EventStatus | None,
    occurrence: Occurrence,
    own: Own,
    clock: Clock,
    actor_id: UUID | None = None,
) -> Occurrence:
    """One occurrence with this of its own. The event is held."""
    now = clock.now()
    changed = _made(event, parent, occurrence.original, occurrence.id, own, now)
    if occurrence.ends_at > now and occurrence.original not in _starts(event, now):
        changed = _called_off(changed)
    work.occurrences.save([changed], work.venues.hold([occurrence.venue_id, changed.venue_id]))
    _announce(work, [occurrence], [changed], actor_id, clock)
    return changed


def _announce(
    work: UnitOfWork, known: Sequence[Occurrence], saved: Sequence[Occurrence], actor_id: UUID | None, clock: Clock
) -> None:
    before, now = {each.id: each for each in known}, clock.now()
    changed = {each.id: broadcasts.changed(before[each.id], each, now) for each in saved if each.id in before}
    announce_changes(work, {each: what for each, what in changed.items() if what}, actor_id, clock)
    moved = [each for each, what in changed.items() if "time" in what or "status" in what]
    follow(work, moved, actor_id, clock)


def _registered_for(work: UnitOfWork, gone: Collection[Occurrence]) -> set[UUID]:
    """Those that somebody registered for: they are not removed with a change of their series, but cancelled. Nobody
    registers for any of them meanwhile."""
    ids = [each.id for each in gone]
    work.occurrences.hold(ids)
    return work.registrations.list_kept(ids)


def _starts(event: Event, now: datetime) -> list[datetime]:
    """A year ahead; of what begins later still, the first."""
    if not event.repeats:
        return [event.starts]
    ahead = now.astimezone(ZoneInfo(event.zone)).replace(tzinfo=None) + policy.HORIZON
    most = recurrence.MOST_STARTS
    within = starts(event.recurrence, event.starts, until=ahead, limit=most)
    return within or starts(event.recurrence, event.starts, until=event.starts + recurrence.LONGEST_SERIES, limit=1)


def _new_id(event: Event, start: datetime, taken: Collection[UUID]) -> UUID:
    """The same for the same start, so that one that comes back is itself again; but of one that moved to another hour
    and kept its id, that start may have become free."""
    derived = derived_id(str(event.id), start.isoformat())
    return derived_id(str(derived), str(event.version)) if derived in taken else derived


def _made(
    event: Event, parent: EventStatus | None, original: datetime, occurrence_id: UUID, own: Own, now: datetime
) -> Occurrence:
    begins, ends = policy.wall_times(event, original, own)
    starts_at, ends_at = at(begins, event.zone), at(ends, event.zone)
    if ends_at <= starts_at:  # clocks leapt over the start and not over the end
        ends_at = starts_at + (ends - begins)
    return Occurrence(
        id=occurrence_id,
        event_id=event.id,
        original=original,
        starts_at=starts_at,
        ends_at=ends_at,
        night=policy.night_of(begins),
        status=policy.status_of(event, parent, own),
        kind=event.kind,
        venue_id=own.venue_id or event.venue_id,
        own=own,
        changed_at=now,
    )


def _called_off(occurrence: Occurrence) -> Occurrence:
    """One that its series has no more, and that stays for those who registered."""
    return replace(occurrence, status="draft" if occurrence.status == "draft" else "cancelled")


def _changed(
    event: Event, known: Sequence[Occurrence], wanted: Sequence[Occurrence], now: datetime
) -> list[Occurrence]:
    """Only what is another than before is written, and what is over in a series is not."""
    before = {each.id: each for each in known}
    series = policy.in_series(event, known)

    def changes(occurrence: Occurrence) -> bool:
        was = before.get(occurrence.id)
        if was is None:
            return True
        over = series and was.ends_at <= now
        return not over and replace(occurrence, changed_at=was.changed_at) != was

    return [each for each in wanted if changes(each)]
