"""How often whoever does not look is told of one item, and that nobody waits for a push service that hangs."""

from collections.abc import Collection
from datetime import timedelta
from threading import Event
from uuid import UUID

import pytest

from mundotango.notifications.model import MOST_COUNTED
from mundotango.webpush import sending
from mundotango.webpush.model import Device, Turn
from mundotango.webpush.ports import NotNow
from mundotango.webpush.sending import AGAIN, PACE, PACES, push_item
from tests.fakes.stores import FakeStores
from tests.fakes.webpush import FakePushService
from tests.unit.webpush.scene import GROUP, ME, PEOPLE, SECOND, liked, read, said


def test_of_a_burst_the_first_and_the_last_are_told(stores: FakeStores, devices: list[Device]) -> None:
    liked(stores, PEOPLE[0])
    push_item(stores, ME, GROUP)
    for number in range(2, 6):
        stores.clock.advance(5 * SECOND)
        liked(stores, *PEOPLE[:number])
        push_item(stores, ME, GROUP)

    ((_, _, delay),) = stores.waiting_pushes.waiting
    assert delay is not None
    assert PACE - 5 * SECOND < delay <= PACE + SECOND
    stores.clock.advance(delay)
    for user_id, group in stores.waiting_pushes.take():
        push_item(stores, user_id, group)
    bodies = [told["body"] for told in said(stores, devices[0])]
    assert bodies == ["Somebody likes your post", "5 people like your post"]
    assert stores.waiting_pushes.waiting == []


def test_what_comes_just_before_the_one_on_its_way_does_not_rely_on_it(
    stores: FakeStores, devices: list[Device]
) -> None:
    """Another machine's clock may be ahead, and have told already."""
    liked(stores, PEOPLE[0])
    push_item(stores, ME, GROUP)
    push_item_again(stores, PEOPLE[:2], after=5 * SECOND)
    push_item_again(stores, PEOPLE[:3], after=PACE - 8 * SECOND)

    assert len(stores.waiting_pushes.waiting) == 2


def push_item_again(stores: FakeStores, people: Collection[UUID], *, after: timedelta) -> None:
    stores.clock.advance(after)
    liked(stores, *people)
    push_item(stores, ME, GROUP)


def put_off_until_told(stores: FakeStores) -> list[timedelta]:
    """Takes what waits until nothing does; the delays of it."""
    delays: list[timedelta] = []
    while stores.waiting_pushes.waiting:
        ((user_id, group, delay),) = stores.waiting_pushes.waiting
        assert delay is not None
        delays.append(delay)
        stores.clock.advance(delay)
        stores.waiting_pushes.take()
        push_item(stores, user_id, group)
    return delays


def test_whoever_does_not_look_is_told_less_and_less_often(stores: FakeStores, devices: list[Device]) -> None:
    paces: list[float] = []
    for number in range(1, 8):
        stores.clock.advance(3 * SECOND)
        liked(stores, *(UUID(int=100 + each) for each in range(number)))
        push_item(stores, ME, GROUP)
        before = stores.clock.now()
        put_off_until_told(stores)
        paces.append((stores.clock.now() - before) / PACE)

    assert [round(pace) for pace in paces] == [0, 1, 5, 15, 45, 45, 45]
    assert len(said(stores, devices[0])) == len(paces)
    read(stores)
    stores.clock.advance(2 * PACE)
    liked(stores, *PEOPLE)
    push_item(stores, ME, GROUP)
    assert stores.waiting_pushes.waiting == []
    push_item_again(stores, PEOPLE[:2], after=5 * SECOND)
    assert sum(put_off_until_told(stores), timedelta()) < 2 * PACE


def test_the_same_words_are_not_said_again_to_whoever_did_not_look(stores: FakeStores, devices: list[Device]) -> None:
    crowd = [UUID(int=number) for number in range(100, 100 + MOST_COUNTED + 3)]
    liked(stores, *crowd[:MOST_COUNTED])
    stores.push_service.raising = {devices[1].id: NotNow("503")}
    push_item(stores, ME, GROUP)
    stores.waiting_pushes.take()
    for number in (1, 2):
        stores.clock.advance(2 * PACES[number])
        liked(stores, *crowd[: MOST_COUNTED + number])
        push_item(stores, ME, GROUP)
    assert [len(said(stores, device)) for device in devices] == [1, 1]

    read(stores)
    stores.clock.advance(2 * PACE)
    liked(stores, *crowd)
    push_item(stores, ME, GROUP)
    assert [len(said(stores, device)) for device in devices] == [2, 2]


def test_who_was_late_does_not_tell_what_was_before(
    stores: FakeStores, devices: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    liked(stores, PEOPLE[0])
    of_user = stores.devices.of_user

    def late(user_id: UUID) -> list[Device]:
        monkeypatch.setattr(stores.devices, "of_user", of_user)
        liked(stores, *PEOPLE[:2])
        push_item(stores, ME, GROUP)
        stores.clock.advance(2 * PACE)
        return of_user(user_id)

    monkeypatch.setattr(stores.devices, "of_user", late)
    push_item(stores, ME, GROUP)

    assert [each["body"] for each in said(stores, devices[0])] == ["2 people like your post"]


def test_two_at_once_are_one(stores: FakeStores, devices: list[Device], monkeypatch: pytest.MonkeyPatch) -> None:
    liked(stores, PEOPLE[0])
    begin = stores.turns.begin

    def overtaken(item_id: UUID, turn: Turn, *, after: Turn | None) -> bool:
        monkeypatch.setattr(stores.turns, "begin", begin)
        push_item(stores, ME, GROUP)
        return begin(item_id, turn, after=after)

    monkeypatch.setattr(stores.turns, "begin", overtaken)
    push_item(stores, ME, GROUP)

    assert [len(said(stores, device)) for device in devices] == [1, 1]
    assert stores.waiting_pushes.waiting == [(ME, GROUP, PACE)]


class Hanging(FakePushService):
    """Says nothing to one device, until it is let go."""

    def __init__(self, stuck: Device) -> None:
        super().__init__()
        self._stuck, self.go_on = stuck, Event()

    def send(self, device: Device, message: bytes, *, topic: str, life: timedelta) -> None:
        if device == self._stuck:
            self.go_on.wait(30)
        super().send(device, message, topic=topic, life=life)


def test_a_push_service_that_hangs_holds_up_nobody(
    stores: FakeStores, devices: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SENDING", SECOND / 5)
    service = stores.push_service = Hanging(devices[0])
    item = liked(stores, PEOPLE[0])
    push_item(stores, ME, GROUP)
    told = stores.turns.turns[item.id].told
    sent = [each.device for each in service.sent]
    service.go_on.set()

    assert (set(told), sent) == ({devices[1].id}, [devices[1]])
    assert stores.waiting_pushes.waiting == [(ME, GROUP, AGAIN)]


def test_who_was_told_is_noted_before_the_last_answers(
    stores: FakeStores, devices: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function may be ended while it waits."""
    service = stores.push_service = Hanging(devices[0])
    note = stores.turns.note_told
    noted: list[set[UUID]] = []

    def note_told(item_id: UUID, turn: Turn, device_ids: Collection[UUID]) -> None:
        noted.append(set(device_ids))
        service.go_on.set()
        note(item_id, turn, device_ids)

    monkeypatch.setattr(stores.turns, "note_told", note_told)
    liked(stores, PEOPLE[0])
    push_item(stores, ME, GROUP)

    assert noted == [{devices[1].id}, {devices[0].id}]
