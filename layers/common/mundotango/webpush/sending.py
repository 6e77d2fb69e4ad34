"""Tell a person's devices of an item of their inbox, as it is now.

On the wire a push may go twice: who stops between sending and writing that down sends it again. At the device it is
one, for a push has its item's id as topic and as tag, by which the later takes the place of the earlier. Of one item
the first push goes at once, and the next ones at a pace that slows down until its reader looks: what comes in between
comes again at its end, as one. What would say the same words again is not sent.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from mundotango.notifications.inbox import unread_beyond, without_those_apart
from mundotango.observability import count, logger
from mundotango.webpush.model import Turn
from mundotango.webpush.policy import kept
from mundotango.webpush.ports import MOST_DELAY, Gone, NotNow, NotTrusted, Refused
from mundotango.webpush.words import message_of, sentence_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future
    from datetime import datetime
    from uuid import UUID

    from mundotango.notifications.model import Notification
    from mundotango.notifications.ports import Inbox
    from mundotango.ports import Clock
    from mundotango.realtime.ports import Edges
    from mundotango.webpush.model import Device, Wishes
    from mundotango.webpush.ports import Devices, PushService, Turns, WaitingPushes

# After the first push of an item, the second and so on, for as long as its reader did not look; the last stays. It is
# less than OLDEST, or what comes right after a push would be too old for the next.
PACES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 45))
PACE = PACES[0]
# What is older is told to nobody: an outage ends without a heap of what people have seen elsewhere.
OLDEST = timedelta(hours=1)
# When a push service takes nothing now, and does not say until when.
AGAIN = timedelta(minutes=5)
# For so long a push service keeps it for a device that is away.
LIFE = timedelta(days=1)
# What the sending of one item may take. The time-out of a request bounds no host of many addresses, and no answer that
# comes in drops; a service that is well takes a tenth of a second.
SENDING = timedelta(seconds=8)
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
    """What became of it is counted: `push_sent`, `push_refused`, `push_gone`, `push_late` and `push_untrusted` by the
    device, and of the whole `push_idle` (nothing to tell, or nobody), `push_too_old`, `push_again` and `push_put_off`.

    Raises:
        Unavailable: it has to come again.
    """
    wishes, up_to = stores.devices.wishes(user_id), stores.inbox.read_up_to(user_id)
    item = stores.inbox.find(user_id, group)
    item = None if item is None else without_those_apart(stores.edges, item, item.actor_ids)
    now = stores.clock.now()
    devices = kept(stores.devices.of_user(user_id), now)
    if item is None or not devices or not _is_news(item, wishes, up_to):
        count("push_idle")
        return
    if now - item.at > OLDEST:
        count("push_too_old")
        return
    last = stores.turns.find(item.id)
    turn = _next_turn(item, last, sentence_of(item, wishes.language), up_to, now)
    waiting = [device for device in devices if device.id not in turn.told]
    if not waiting or (last is not None and last.position > item.position):
        count("push_again")
    elif last is not None and now < (due := last.began_at + _pace(turn, last)):
        _put_off(stores, item, last, due, now)
    else:
        unread = unread_beyond(stores.inbox, user_id, up_to, stores.clock)
        message = message_of(item, unread=unread, language=wishes.language)
        if stores.turns.begin(item.id, turn, after=last):
            _tell(stores, item, turn, waiting, message)
        else:
            stores.waiting_pushes.put(user_id, group, delay=PACE)
            count("push_put_off")


def _is_news(item: Notification, wishes: Wishes, up_to: str) -> bool:
    return item.shown and item.position > up_to and item.kind not in wishes.off


def _next_turn(item: Notification, last: Turn | None, said: str, up_to: str, now: datetime) -> Turn:
    """Whoever was told these words and did not look since needs no second time, whatever else changed."""
    if last is None or last.position <= up_to:
        return Turn(position=item.position, began_at=now, said=said)
    same = last.position == item.position
    told = last.told if same or last.said == said else frozenset()
    return Turn(position=item.position, began_at=now, number=last.number + (not same), said=said, told=told)


def _pace(turn: Turn, last: Turn) -> timedelta:
    """Who was not reached, as the push service was busy, need not wait for as long as news."""
    return PACE if turn.number <= last.number else PACES[min(last.number, len(PACES)) - 1]


def _put_off(stores: Stores, item: Notification, last: Turn, due: datetime, now: datetime) -> None:
    """Until it is due, in several steps if need be, unless one comes before then already: it will tell what is then,
    this one included.

    It waits first and is noted then: whoever stops in between leaves one too many.
    """
    count("push_put_off")
    if last.again_at is not None and now < last.again_at - _SKEW:
        return
    # The queue counts in whole seconds. A clock that is behind shall not make it longer than the pace.
    delay = min(min(due - now, due - last.began_at) + timedelta(seconds=1), MOST_DELAY)
    stores.waiting_pushes.put(item.user_id, item.group, delay=delay)
    stores.turns.note_again(item.id, now + delay)


def _tell(stores: Stores, item: Notification, turn: Turn, devices: Sequence[Device], message: bytes) -> None:
    """All devices at once, none for longer than SENDING: what is not sent by then is left to its thread, and to a
    later turn. Who was told is noted as soon as it is known, for this may be ended at any time."""
    pauses: list[timedelta] = []
    failures: list[Exception] = []
    for finished in _sent(stores.push_service, item.id.hex, devices, message):
        done: list[UUID] = []
        for device, sent in finished:
            try:
                pause = _outcome(stores, device, sent)
            except Exception as failure:  # noqa: BLE001 - the other devices are told first
                failures.append(failure)
            else:
                if pause is None:
                    done.append(device.id)
                else:
                    pauses.append(pause)
        if done:
            stores.turns.note_told(item.id, turn, done)
    if failures:
        raise failures[0]
    if pauses:
        stores.waiting_pushes.put(item.user_id, item.group, delay=min(max(*pauses, PACE), MOST_DELAY))


type _Sent = list[tuple[Device, Future[None] | None]]


def _sent(service: PushService, topic: str, devices: Sequence[Device], message: bytes) -> Iterator[_Sent]:
    """Those that are finished, as they finish; last, and without an outcome, those that are not in time."""
    ends_at = monotonic() + SENDING.total_seconds()
    threads = ThreadPoolExecutor(len(devices))
    asked = {threads.submit(service.send, each, message, topic=topic, life=LIFE): each for each in devices}
    threads.shutdown(wait=False)
    while asked:
        done, _ = wait(asked, timeout=max(ends_at - monotonic(), 0), return_when=FIRST_COMPLETED)
        if not done:
            yield [(device, None) for device in asked.values()]
            return
        yield [(asked.pop(sent), sent) for sent in done]


def _outcome(stores: Stores, device: Device, sent: Future[None] | None) -> timedelta | None:
    """After how long it is to be tried again; None where it is not."""
    try:
        if sent is None:
            raise NotNow("it takes too long")
        sent.result()
    except Gone:
        stores.devices.remove(device.user_id, device.id)
        count("push_gone")
    except Refused as refusal:
        count("push_refused")
        said = {"user_id": str(device.user_id), "device_id": str(device.id), "why": str(refusal)}
        logger().warning("push refused", extra=said)
    except NotNow as refusal:
        count("push_untrusted" if isinstance(refusal, NotTrusted) else "push_late")
        return AGAIN if refusal.after is None else refusal.after
    else:
        count("push_sent")
    return None
