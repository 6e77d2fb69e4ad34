"""From what is told to a person to their inbox, and from there to their open sockets and, by Web Push, to devices.

Who is apart is read as of a moment ago, at half the price: the database refused what somebody does to whom they are
apart from, so what such a read misses was done before the block, and whoever opens the inbox is shown nobody whom they
do not see (`service.list_shown`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.notifications import policy
from mundotango.notifications.model import MOST_COUNTED, Notification, Occurrence, notification_payload
from mundotango.observability import count, logger
from mundotango.realtime.model import Activity, Appended, Kind, user_channel
from mundotango.realtime.policy import position_at

if TYPE_CHECKING:
    from mundotango.notifications.ports import Inbox
    from mundotango.ports import Clock
    from mundotango.realtime.ports import Activities, Edges
    from mundotango.webpush.ports import Devices, WaitingPushes

# Of one item, each beginning where another invocation has written it in between.
_ATTEMPTS = 5


class Stores(Protocol):
    """What a platform has, as far as it is needed here."""

    @property
    def clock(self) -> Clock: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def edges(self) -> Edges: ...
    @property
    def devices(self) -> Devices: ...
    @property
    def waiting_pushes(self) -> WaitingPushes: ...


def take_in(stores: Stores, appended: Appended) -> None:
    """Note an activity in the inbox of whom it is told to, if it is of a kind they are notified of, and tell them so.

    An activity that comes again changes nothing and is told under the id it was told under before.

    Raises:
        Unavailable: it has to come again.
    """
    family, _, name = appended.channel.partition(":")
    if family not in ("user", "inbox"):
        return
    note(stores, UUID(name), appended.activity)


def note(stores: Stores, user_id: UUID, activity: Activity) -> None:
    """The same of what need not be appended to be told to this person.

    Raises:
        Unavailable: it has to come again.
    """
    for occurrence in policy.occurrences(activity):
        heard = _told_of(stores.edges, user_id, occurrence)
        if heard is not None:
            noted, read = _noted(stores, user_id, heard)
            item = _seen(stores.edges, noted, heard)
            _tell(stores, item, read)
            _wake_devices(stores, item, heard)


def unread(inbox: Inbox, user_id: UUID, clock: Clock) -> int:
    """Counted up to MOST_COUNTED, which says "at least"."""
    return unread_beyond(inbox, user_id, inbox.read_up_to(user_id), clock)


def unread_beyond(inbox: Inbox, user_id: UUID, up_to: str, clock: Clock) -> int:
    return inbox.count(user_id, since=max(up_to, oldest_position(clock)), limit=MOST_COUNTED)


def oldest_position(clock: Clock) -> str:
    """What stands before it is expired, swept or not."""
    return position_at(clock.now() - policy.INBOX_LIFE)


def activity_of(kind: Kind, user_id: UUID, payload: dict[str, Any], clock: Clock, *told: str) -> Activity:
    """To the person's own sockets; the same of the same `told`."""
    return Activity(
        id=ids.derived_id(kind, str(user_id), *told),
        kind=kind,
        actor_id=None,
        channel=user_channel(user_id),
        payload=payload,
        occurred_at=clock.now(),
    )


def without_those_apart(edges: Edges, item: Notification, asked: Sequence[UUID]) -> Notification:
    """Without those of `asked`, people of it, who are apart from its owner."""
    apart = edges.apart(item.user_id, asked) if asked else set()
    if not apart:
        return item
    actors = {actor: number for actor, number in item.actors.items() if actor not in apart}
    return replace(item, actors=actors, shown=bool(actors))


def tell_counted[T](activities: Activities, first: T, count: Callable[[], T], activity: Callable[..., Activity]) -> T:
    """Tell what was counted first, and again what is counted now if that differs by the time it is told.

    Who changes an inbox counts, then appends: of two who do so at once the first may have counted last. Clients go on
    showing what stands last in the channel, so whoever appended looks whether it still holds. `activity` is given all
    that was counted, so that a number that comes back is told under another id.

    Raises:
        Unavailable: it changes too fast.
    """
    counted = [first]
    for _ in range(_ATTEMPTS):
        activities.append(activity(*counted))
        now = count()
        if now == counted[-1]:
            return now
        counted.append(now)
    raise Unavailable("others write the same rows; try again")


def _told_of(edges: Edges, user_id: UUID, occurrence: Occurrence) -> Occurrence | None:
    """Without those who are apart; None when nobody is left to tell of."""
    if not occurrence.joined:
        return occurrence
    apart = edges.apart(user_id, list(occurrence.joined))
    joined = {actor: number for actor, number in occurrence.joined.items() if actor not in apart}
    return replace(occurrence, joined=joined) if joined or occurrence.left else None


def _seen(edges: Edges, item: Notification, heard: Occurrence) -> Notification:
    """Also without those it would name who were apart from its owner only after they joined."""
    return without_those_apart(edges, item, [actor for actor in item.actor_ids if actor not in heard.joined])


def _noted(stores: Stores, user_id: UUID, occurrence: Occurrence) -> tuple[Notification, str]:
    """The item with the occurrence in it, and up to where its owner had read."""
    for _ in range(_ATTEMPTS):
        known, read = stores.inbox.look(user_id, occurrence.group)
        item = policy.merged(known, user_id, occurrence, _position_beyond(read))
        if item is known or stores.inbox.put(item):
            return item, read
    raise Unavailable("others write the same rows; try again")


def _position_beyond(read: str) -> str:
    """Beyond what was read, whichever machine's clock was ahead: nothing is read before it is there."""
    position = ids.new_position()
    return position if position > read else str(UUID(int=UUID(read).int + 1))


def _tell(stores: Stores, item: Notification, read: str) -> None:
    kind: Kind = "notification.updated" if item.shown else "notification.removed"
    payload = {"notification": notification_payload(item)} if item.shown else {"id": str(item.id)}

    def activity(*numbers: int) -> Activity:
        told = (item.group, str(item.version), *map(str, numbers))
        return activity_of(kind, item.user_id, payload | {"unread": numbers[-1]}, stores.clock, *told)

    # Somebody may have read further since: then they are told again.
    first = unread_beyond(stores.inbox, item.user_id, read, stores.clock)
    tell_counted(stores.activities, first, lambda: unread(stores.inbox, item.user_id, stores.clock), activity)


def _wake_devices(stores: Stores, item: Notification, heard: Occurrence) -> None:
    """Also of what changed nothing: the time before, whoever did this may have stopped here.

    Devices are asked for first: to find none costs a tenth of a message that would say nothing. What cannot be asked
    or put now is not woken: to bring it again would hold up the frames of everybody behind it.
    """
    if not item.shown or (heard.left and not heard.joined):
        return
    try:
        if stores.devices.has_any(item.user_id):
            stores.waiting_pushes.put(item.user_id, item.group)
    except Unavailable as failure:
        count("push_not_woken")
        said = {"user_id": str(item.user_id), "notification_id": str(item.id), "why": str(failure)}
        logger().warning("push not woken", extra=said)
