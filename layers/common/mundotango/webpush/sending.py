"""Tell a person's devices of an item of their inbox, as it is now.

On the wire a push may go twice: who stops between sending and writing that down sends it again. At the device it is
one, for a push has its item's id as topic and as tag, by which the later takes the place of the earlier. Of one item
there is one push a minute: the first goes at once, and what comes in that minute comes again at its end, as one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from mundotango.notifications.inbox import unread_beyond, without_those_apart
from mundotango.observability import count, logger
from mundotango.webpush.model import Turn
from mundotango.webpush.policy import kept
from mundotango.webpush.ports import MOST_DELAY, Gone, NotNow, Refused
from mundotango.webpush.words import message_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from mundotango.notifications.model import Notification
    from mundotango.notifications.ports import Inbox
    from mundotango.ports import Clock
    from mundotango.realtime.ports import Edges
    from mundotango.webpush.model import Device, Wishes
    from mundotango.webpush.ports import Devices, PushService, Turns, WaitingPushes

PACE = timedelta(minutes=1)
# What is older is told to nobody: an outage ends without a heap of what people have seen elsewhere.
OLDEST = timedelta(hours=1)
# When a push service takes nothing now, and does not say until when.
AGAIN = timedelta(minutes=5)
# For so long a push service keeps it for a device that is away.
LIFE = timedelta(days=1)
# Clocks may differ: what comes so shortly before the push that is on its way back does not rely on it.
_SKEW = timedelta(seconds=5)


class Stores(Protocol):
    """What a platform has, as far as it is needed here."""

    @property
    def clock(self) -> Clock: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def edges(self) -> Edges: ...
    @property
    def devices(self) -> Devices: ...
    @property
    def turns(self) -> Turns: ...
    @property
    def waiting_pushes(self) -> WaitingPushes: ...
    @property
    def push_service(self) -> PushService: ...


def push_item(stores: Stores, user_id: UUID, group: str) -> None:
    """What became of it is counted: `push_sent`, `push_refused`, `push_gone` and `push_late` by the device, and of the
    whole `push_idle` (nothing to tell, or nobody), `push_again` and `push_put_off`.

    Raises:
        Unavailable: it has to come again.
    """
    wishes, up_to = stores.devices.wishes(user_id), stores.inbox.read_up_to(user_id)
    item = stores.inbox.find(user_id, group)
    item = None if item is None else without_those_apart(stores.edges, item, item.actor_ids)
    now = stores.clock.now()
    devices = kept(stores.devices.of_user(user_id), now)
    if item is None or not devices or not _is_news(item, wishes, up_to, now):
        count("push_idle")
        return
    last = stores.turns.find(item.id)
    told = last.told if last is not None and last.position == item.position else frozenset()
    waiting = [device for device in devices if device.id not in told]
    if not waiting:
        count("push_again")
    elif last is not None and now - last.began_at < PACE:
        _put_off(stores, item, last, now)
    else:
        turn = Turn(position=item.position, began_at=now, told=told)
        if stores.turns.begin(item.id, turn, after=last):
            unread = unread_beyond(stores.inbox, user_id, up_to, stores.clock)
            _tell(stores, item, turn, waiting, message_of(item, unread=unread, language=wishes.language))
        else:
            stores.waiting_pushes.put(user_id, group, delay=PACE)
            count("push_put_off")


def _is_news(item: Notification, wishes: Wishes, up_to: str, now: datetime) -> bool:
    return item.shown and item.position > up_to and item.kind not in wishes.off and now - item.at <= OLDEST


def _put_off(stores: Stores, item: Notification, last: Turn, now: datetime) -> None:
    """To the end of the minute, unless one comes then already: it will tell what is then, this one included.

    It waits first and is noted then: whoever stops in between leaves one too many.
    """
    count("push_put_off")
    if last.again_at is not None and now < last.again_at - _SKEW:
        return
    delay = min(last.began_at + PACE - now, PACE) + timedelta(seconds=1)  # the queue counts in whole ones
    stores.waiting_pushes.put(item.user_id, item.group, delay=delay)
    stores.turns.note_again(item.id, now + delay)


def _tell(stores: Stores, item: Notification, turn: Turn, devices: Sequence[Device], message: bytes) -> None:
    done: list[UUID] = []
    pauses: list[timedelta] = []
    try:
        for device in devices:
            pause = _send(stores, item, device, message)
            if pause is None:
                done.append(device.id)
            else:
                pauses.append(pause)
    finally:
        if done:
            stores.turns.note_told(item.id, turn, done)
    if pauses:
        stores.waiting_pushes.put(item.user_id, item.group, delay=min(max(*pauses, PACE), MOST_DELAY))


def _send(stores: Stores, item: Notification, device: Device, message: bytes) -> timedelta | None:
    """After how long it is to be tried again; None where it is not."""
    try:
        stores.push_service.send(device, message, topic=item.id.hex, life=LIFE)
    except Gone:
        stores.devices.remove(device.user_id, device.id)
        count("push_gone")
    except Refused as refusal:
        count("push_refused")
        said = {"user_id": str(device.user_id), "device_id": str(device.id), "why": str(refusal)}
        logger().warning("push refused", extra=said)
    except NotNow as refusal:
        count("push_late")
        return AGAIN if refusal.after is None else refusal.after
    else:
        count("push_sent")
    return None
