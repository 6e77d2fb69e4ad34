"""Read one's inbox, mark it read, and say what one wants to be notified of."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from mundotango import places
from mundotango.notifications import policy
from mundotango.notifications.inbox import activity_of, oldest_position, tell_counted, unread_beyond
from mundotango.notifications.model import (
    STANDING,
    Notification,
    NotificationKind,
    NotificationPreferences,
    Read,
    Shown,
    Way,
)
from mundotango.notifications.ports import Inbox
from mundotango.pagination import checked_limit
from mundotango.ports import Clock
from mundotango.realtime.model import Activity
from mundotango.realtime.ports import Activities
from mundotango.webpush.service import record_wishes
from mundotango.work import UnitOfWork


def list_newest(inbox: Inbox, user_id: UUID, before: UUID | None, limit: int, clock: Clock) -> list[Notification]:
    """Newest first, from beyond the position `before`; one more than `limit` if there is more."""
    checked_limit(limit)
    place = None if before is None else str(before)
    return inbox.newest(user_id, since=oldest_position(clock), before=place, limit=limit + 1)


def list_shown(work: UnitOfWork, reader_id: UUID, notifications: Sequence[Notification]) -> list[Shown]:
    """As the reader sees them. Left out is what nobody whom they see took part in, what is about a post or a comment
    that is not there for them any more, follows that ended and requests to follow that were answered."""
    present = _present(work, reader_id, notifications)
    named = {actor for each in present for actor in each.actor_ids}
    people = work.users.list_seen(named, reader_id) if named else {}
    shown = []
    for each in present:
        actors = [people[actor] for actor in each.actor_ids if actor in people]
        count = each.count - (len(each.actor_ids) - len(actors))
        if count or not each.actors:
            shown.append(Shown(each, actors, count))
    return shown


def get_read(inbox: Inbox, user_id: UUID, clock: Clock) -> Read:
    up_to = inbox.read_up_to(user_id)
    return Read(up_to, unread_beyond(inbox, user_id, up_to, clock))


def mark_read(inbox: Inbox, activities: Activities, user_id: UUID, up_to: UUID, clock: Clock) -> Read:
    """All up to this position, and never less than before; the person's other devices are told.

    What came meanwhile stays unread, and so does what is still to come, whatever position is named.
    """
    newest = inbox.newest(user_id, since=oldest_position(clock), before=None, limit=1)
    position = min(str(up_to), newest[0].position) if newest else ""
    if position:
        inbox.mark_read(user_id, position)
    read = get_read(inbox, user_id, clock)
    # Also when it had been read: then the answer, or the telling, may have been lost.
    if position == read.up_to != "":
        return tell_counted(
            activities, read, lambda: get_read(inbox, user_id, clock), partial(_read_activity, user_id, clock)
        )
    return read


def get_preferences(work: UnitOfWork, user_id: UUID) -> NotificationPreferences:
    """Of somebody without a profile what everybody begins with."""
    return work.notification_preferences.of([user_id]).get(user_id, NotificationPreferences())


def change_preferences(
    work: UnitOfWork,
    user_id: UUID,
    wanted: Mapping[NotificationKind, Mapping[Way, bool]],
    *,
    digest: str,
    language: str,
    zone: str,
    clock: Clock,
) -> NotificationPreferences:
    """Kinds and ways that `wanted` leaves out stay as they are, so that a client need not know all there are."""
    chosen = policy.chosen(wanted)
    work.users.hold([user_id])
    off = {each for each in get_preferences(work, user_id).off if each not in chosen}
    preferences = NotificationPreferences(
        off=frozenset(off | {each for each, told in chosen.items() if not told}),
        digest=policy.digest(digest),
        language=policy.language(language),
        zone=places.zone(zone),
    )
    work.notification_preferences.replace(user_id, preferences, clock.now())
    record_wishes(work, user_id, clock)
    return preferences


def _present(work: UnitOfWork, reader_id: UUID, notifications: Sequence[Notification]) -> list[Notification]:
    """Those that are about what the reader sees, and of follows those that are still so."""
    about = {thing for each in notifications for thing in each.about}
    there = {*work.posts.list_seen(about, reader_id), *work.comments.list_seen(about, reader_id)} if about else set()
    standing = {actor for each in notifications if each.kind in STANDING for actor in each.actors}
    stands = work.follows.list_standing(reader_id, standing) if standing else set()
    return [
        each
        for each in notifications
        if there.issuperset(each.about)
        and (each.kind not in STANDING or any((each.kind, actor) in stands for actor in each.actors))
    ]


def _read_activity(user_id: UUID, clock: Clock, *counted: Read) -> Activity:
    told = (part for read in counted for part in (read.up_to, str(read.unread)))
    payload = {"up_to": counted[-1].up_to, "unread": counted[-1].unread}
    return activity_of("notifications.read", user_id, payload, clock, *told)
