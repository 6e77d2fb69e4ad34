from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from mundotango.attachments.service import check_attachable, measures_of, release
from mundotango.errors import FieldError, NotAllowed, NotFound
from mundotango.events import policy
from mundotango.events.announcement import announce
from mundotango.events.model import Dated, Edited, Event, EventStatus, Text, Version, city_of, content_payload
from mundotango.events.said import Changes, Said, people_said, recurrence_said, said_of, venue_said, zone_said
from mundotango.forgetting.service import forget_event, forget_tonight, tonight_tags
from mundotango.ids import new_id
from mundotango.media.model import Measures, kept_picture
from mundotango.occurrences import service as occurrences
from mundotango.ports import Clock, MediaRepository
from mundotango.posts.policy import pictures
from mundotango.realtime.model import Kind
from mundotango.recurrence.service import at
from mundotango.work import UnitOfWork

MOST_VERSIONS_SHOWN = 50
_NO_EVENT = "no such event"


def create_event(
    work: UnitOfWork,
    media_repo: MediaRepository,
    *,
    organiser_id: UUID,
    said: Said,
    clock: Clock,
    event_id: UUID | None = None,
    announced: bool = True,
) -> Dated:
    """Told in its city, unless it is a draft or is not to be `announced`: of thousands at once nobody wants a frame
    each. A picture must be the organiser's own, made for an event and ready. `event_id` is given to what may come twice
    and must be known again.

    Raises:
        EventExists: there is one of this id.
    """
    policy.times(said.starts_at, said.ends_at)
    wanted = pictures(said.media, policy.MOST_PICTURES)
    # Before the first statement: a transaction must not wait for another store.
    measures = measured(media_repo, organiser_id, [media_id for media_id, _ in wanted])
    # Nobody is suspended meanwhile, which would pass over an event that is not there yet.
    work.users.hold([organiser_id])
    if wanted:
        check_attachable(work, list(measures))
    parent = None if said.parent_id is None else _parent(work, said.parent_id, organiser_id)
    event = _new(work, said, organiser_id, event_id or new_id(), clock)
    event = replace(event, media=tuple(kept_picture(each, measures[each]) | {"alt": alt} for each, alt in wanted))
    work.events.add(policy.bounded(event), organiser_id)
    occurrences.write(work, event, parent, clock)
    work.documents.write([event.id])
    dated = _dated(work, event.id, clock)
    forget_tonight(work, tonight_tags(work, "event", event.id, clock), clock)
    if announced and dated.occurrence.status != "draft":
        announce(work, "event.created", dated, {city_of(dated)}, organiser_id, clock)
    return dated


def measured(media_repo: MediaRepository, owner_id: UUID, media_ids: Sequence[UUID]) -> dict[UUID, Measures]:
    found = measures_of(media_repo, owner_id, media_ids, "event")
    return dict(zip(media_ids, found, strict=True))


def edit_event(
    work: UnitOfWork,
    *,
    event_id: UUID,
    editor_id: UUID,
    version: int,
    changes: Changes,
    measures: Mapping[UUID, Measures],
    clock: Clock,
) -> Edited:
    """What `changes` leaves out stays, and what the event was is kept. `version` is the one the organiser saw;
    `measures` are of pictures that it did not show.

    Raises:
        PreconditionFailed: it was edited since.
    """
    owners = work.events.media_owners(event_id) if "media" in changes else {}
    if "media" in changes:
        work.users.hold([editor_id, *owners.values()])
        check_attachable(work, list(measures))
    before = get_editable(work, event_id, editor_id)
    calls_off = changes == {"status": "cancelled"} and before.status != "cancelled"
    policy.unchanged(before.version, version, calls_off=calls_off)
    was, tonight = _dated(work, event_id, clock), tonight_tags(work, "event", event_id, clock)
    after = _edited(work, before, changes, editor_id, clock)
    if after.kind != before.kind and work.events.list_sessions(event_id):
        policy.holds_sessions(after.kind)
    if "media" in changes:
        after = replace(after, media=_shown(before, changes["media"], measures))
    work.events.change(before, policy.bounded(after), editor_id, dict.fromkeys(measures, editor_id) | owners)
    _release(work, before, after, owners, clock)
    occurrences.write(work, after, parent_status(work, after), clock, editor_id)
    _write_sessions(work, before, after, editor_id, clock)
    work.documents.write([event_id])
    forget_event(work, event_id, tonight | tonight_tags(work, "event", event_id, clock), clock)
    dated = _dated(work, event_id, clock)
    cities = {city_of(was), city_of(dated)}
    if dated.occurrence.status != "draft":
        announce(work, kind_of(before.status, after.status), dated, cities, editor_id, clock)
    return Edited(dated, frozenset(cities))


def kind_of(before: EventStatus, after: EventStatus) -> Kind:
    """What is told of a change."""
    if before == "draft":
        return "event.created"
    return "event.cancelled" if after == "cancelled" != before else "event.updated"


def take_picture_off_event(work: UnitOfWork, media_id: UUID, owner_id: UUID, clock: Clock) -> frozenset[str]:
    """The event that showed this picture shows it no more, if one did: the keys of the cities in whose lists it stands.
    Whoever calls this holds the owner."""
    event_id = work.attachments.find_event(media_id)
    before = None if event_id is None else work.events.find_held(event_id)
    if before is None:
        return frozenset()
    left = tuple(picture for picture in before.media if picture["id"] != str(media_id))
    after = replace(before, media=left, version=before.version + 1, changed_at=clock.now())
    work.events.change(before, after, owner_id, work.events.media_owners(before.id))
    forget_event(work, before.id, tonight_tags(work, "event", before.id, clock), clock)
    dated = _dated(work, before.id, clock)
    cities = {city_of(dated)}
    if dated.occurrence.status != "draft":
        announce(work, "event.updated", dated, cities, owner_id, clock)
    return frozenset(cities)


def get_editable(work: UnitOfWork, event_id: UUID, editor_id: UUID) -> Event:
    """Until this transaction ends nobody else changes it."""
    return _editable(work, work.events.find_held(event_id), editor_id)


def parent_status(work: UnitOfWork, event: Event) -> EventStatus | None:
    return None if event.parent_id is None else work.events.find_status(event.parent_id)


def find_parent(work: UnitOfWork, event: Event) -> Event | None:
    """What this is a session of, if everybody may know of that."""
    parent = None if event.parent_id is None else work.events.find(event.parent_id)
    return None if parent is None or parent.status == "draft" else parent


def get_event(work: UnitOfWork, event_id: UUID, clock: Clock) -> Dated:
    """As everybody sees it: at the next time it takes place; of what is over, at the last."""
    dated = work.events.find_shown(event_id, clock.now())
    if dated is None:
        raise NotFound(_NO_EVENT)
    return dated


def get_own_event(work: UnitOfWork, event_id: UUID, editor_id: UUID, clock: Clock) -> Dated:
    """For those who may change it, also while it is a draft."""
    dated = work.events.find_dated(event_id, clock.now())
    if dated is None:
        raise NotFound(_NO_EVENT)
    _editable(work, dated.event, editor_id)
    return dated


def list_versions(work: UnitOfWork, event_id: UUID, editor_id: UUID) -> list[Version]:
    """How it reads now and read before, newest first; for those who may change it."""
    event = _editable(work, work.events.find(event_id), editor_id)
    now = Version(event.version, content_payload(event), event.changed_at)
    return [now, *work.events.list_versions(event_id, MOST_VERSIONS_SHOWN)]


def _editable(work: UnitOfWork, event: Event | None, editor_id: UUID) -> Event:
    """What is a draft, or a session of one, is there for nobody else."""
    if event is None:
        raise NotFound(_NO_EVENT)
    if policy.may_edit(event, editor_id):
        return event
    if "draft" in (event.status, parent_status(work, event)):
        raise NotFound(_NO_EVENT)
    raise NotAllowed("this event is another person's")


def _dated(work: UnitOfWork, event_id: UUID, clock: Clock) -> Dated:
    """Each event has an occurrence."""
    dated = work.events.find_dated(event_id, clock.now())
    if dated is None:
        raise AssertionError("an event without an occurrence")
    return dated


def _new(work: UnitOfWork, said: Said, organiser_id: UUID, event_id: UUID, clock: Clock) -> Event:
    texts = policy.texts(Text(said.language, said.title, said.description), said.translations)
    kind, status = policy.kind(said.kind), policy.first_status(said.status)
    people = people_said(work, said, organiser_id)
    price, currency = policy.price(said.price, said.currency)
    link, tags = policy.link(said.link), policy.tags(said.tags)
    venue = venue_said(work, said, organiser_id, clock)
    zone = zone_said(said, venue)
    starts, ends = policy.local(said.starts_at, zone), policy.local(said.ends_at, zone)
    policy.times(at(starts, zone), at(ends, zone))
    return Event(
        id=event_id,
        organiser_id=organiser_id,
        kind=kind,
        status=status,
        texts=texts,
        venue_id=venue.id,
        zone=zone,
        starts=starts,
        ends=ends,
        recurrence=recurrence_said(said, starts, zone),
        people=people,
        price=price,
        currency=currency,
        link=link,
        tags=tags,
        media=(),
        parent_id=said.parent_id,
        created_at=clock.now(),
        changed_at=clock.now(),
    )


def _edited(work: UnitOfWork, before: Event, changes: Changes, editor_id: UUID, clock: Clock) -> Event:
    """Without its pictures' changes. Times that are not said stay by the clocks, also in another zone."""
    said = replace(said_of(before, at(before.starts, before.zone), at(before.ends, before.zone)), **changes)
    # Before they are taken to a zone, where the first and the last of all moments have no time.
    policy.moment("starts_at", said.starts_at)
    policy.moment("ends_at", said.ends_at)
    venue = venue_said(work, said, editor_id, clock)
    zone = zone_said(said, venue)
    starts = policy.local(said.starts_at, zone) if "starts_at" in changes else before.starts
    ends = policy.local(said.ends_at, zone) if "ends_at" in changes else before.ends
    policy.times(at(starts, zone), at(ends, zone))
    price, currency = policy.price(said.price, said.currency)
    return replace(
        before,
        kind=policy.kind(said.kind),
        status=policy.next_status(before.status, said.status),
        texts=policy.texts(Text(said.language, said.title, said.description), said.translations),
        venue_id=venue.id,
        zone=zone,
        starts=starts,
        ends=ends,
        recurrence=recurrence_said(said, starts, zone),
        people=people_said(work, said, editor_id) if "people" in changes else before.people,
        price=price,
        currency=currency,
        link=policy.link(said.link),
        tags=policy.tags(said.tags),
        changed_at=clock.now(),
        version=before.version + 1,
    )


def _parent(work: UnitOfWork, parent_id: UUID, organiser_id: UUID) -> EventStatus:
    """What the sessions of the event are as it is."""
    parent = work.events.find_held(parent_id)
    if parent is None or not policy.may_edit(parent, organiser_id):
        raise NotFound(_NO_EVENT, FieldError("parent_id", "is no event of yours"))
    policy.may_hold_sessions(parent, len(work.events.list_sessions(parent_id)))
    return parent.status


def _write_sessions(work: UnitOfWork, before: Event, after: Event, editor_id: UUID, clock: Clock) -> None:
    """They are announced, cancelled and postponed with what they are sessions of."""
    if before.status == after.status:
        return
    kind = kind_of(before.status, after.status)
    for session_id in work.events.list_sessions(after.id):
        session = work.events.find_held(session_id)
        if session is not None and session.status != "draft":
            occurrences.write(work, session, after.status, clock, editor_id)
            dated = _dated(work, session_id, clock)
            announce(work, kind, dated, {city_of(dated)}, editor_id, clock)


def _shown(
    before: Event, media: Sequence[tuple[UUID, str]], measures: Mapping[UUID, Measures]
) -> tuple[dict[str, Any], ...]:
    there = {picture["id"]: picture for picture in before.media}
    shown = []
    for index, (media_id, alt) in enumerate(pictures(media, policy.MOST_PICTURES)):
        if str(media_id) in there:
            shown.append(there[str(media_id)] | {"alt": alt})
        elif media_id in measures:
            shown.append(kept_picture(media_id, measures[media_id]) | {"alt": alt})
        else:
            raise NotFound("no such picture", FieldError(f"media.{index}.id", "is no picture of yours for this place"))
    return tuple(shown)


def _release(work: UnitOfWork, before: Event, after: Event, owners: Mapping[UUID, UUID], clock: Clock) -> None:
    left = {picture["id"] for picture in after.media}
    for picture in before.media:
        if picture["id"] not in left:
            media_id = UUID(picture["id"])
            release(work, owners[media_id], [media_id], clock)
