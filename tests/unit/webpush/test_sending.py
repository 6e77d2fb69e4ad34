"""However often and in whatever order messages come: each device is told the last state, and each at most once."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from functions.effects import handler
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.observability import counting
from mundotango.webpush import queue
from mundotango.webpush.model import Device, Wishes
from mundotango.webpush.policy import DEVICE_LIFE
from mundotango.webpush.ports import MOST_DELAY, Gone, NotNow, Refused
from mundotango.webpush.sending import AGAIN, OLDEST, PACE, push_item
from tests.fakes.stores import FakeStores
from tests.fakes.webpush import FakePushService
from tests.unit.webpush.scene import GROUP, ME, PEOPLE, POST, SECOND, liked, read, said


def test_each_device_is_told_what_happened_in_its_owners_language(stores: FakeStores, devices: list[Device]) -> None:
    stores.devices.apply(ME, Wishes(language="es"), version=1)
    item = liked(stores, *PEOPLE[:3])

    push_item(stores, ME, GROUP)

    for device in devices:
        (told,) = said(stores, device)
        assert told == {
            "v": 1,
            "id": str(item.id),
            "tag": str(item.id),
            "kind": "like",
            "position": item.position,
            "unread": 1,
            "url": f"/posts/{POST}",
            "lang": "es",
            "title": "Nuevos «me gusta»",
            "body": "A 3 personas les gusta tu publicación",
            "subject": {"post_id": str(POST)},
        }
    assert {each.topic for each in stores.push_service.sent} == {item.id.hex}


def test_a_message_that_comes_again_tells_nothing_again(stores: FakeStores, devices: list[Device]) -> None:
    liked(stores, PEOPLE[0])
    for _ in range(3):
        push_item(stores, ME, GROUP)
        stores.clock.advance(2 * PACE)

    assert [len(said(stores, device)) for device in devices] == [1, 1]
    assert stores.waiting_pushes.waiting == []


def test_a_device_that_expired_is_told_nothing(stores: FakeStores, devices: list[Device]) -> None:
    expired = replace(devices[0], registered_at=stores.clock.now() - DEVICE_LIFE)
    stores.devices.put(expired, limit=10)
    liked(stores, PEOPLE[0])
    push_item(stores, ME, GROUP)

    assert [each.device for each in stores.push_service.sent] == [devices[1]]


def test_a_device_that_is_gone_is_forgotten_and_the_others_are_told(stores: FakeStores, devices: list[Device]) -> None:
    liked(stores, PEOPLE[0])
    stores.push_service.raising = {devices[0].id: Gone("410")}
    push_item(stores, ME, GROUP)

    assert stores.devices.of_user(ME) == [devices[1]]
    assert len(said(stores, devices[1])) == 1
    assert stores.waiting_pushes.waiting == []


def test_what_is_refused_is_not_tried_again(
    stores: FakeStores, devices: list[Device], caplog: pytest.LogCaptureFixture
) -> None:
    liked(stores, PEOPLE[0])
    stores.push_service.raising = {devices[0].id: Refused("413")}
    for _ in range(2):
        push_item(stores, ME, GROUP)
        stores.clock.advance(2 * PACE)

    assert [len(said(stores, device)) for device in devices] == [0, 1]
    assert devices[0].endpoint not in caplog.text


@pytest.mark.parametrize(
    ("after", "delay"),
    [(None, AGAIN), (timedelta(), PACE), (2 * PACE, 2 * PACE), (timedelta(hours=9), MOST_DELAY)],
)
def test_what_is_not_taken_now_comes_again_for_that_device_alone(
    stores: FakeStores, devices: list[Device], after: timedelta | None, delay: timedelta
) -> None:
    liked(stores, PEOPLE[0])
    stores.push_service.raising = {devices[0].id: NotNow("429", after)}
    push_item(stores, ME, GROUP)

    assert stores.waiting_pushes.waiting == [(ME, GROUP, delay)]
    stores.clock.advance(delay)
    push_item(stores, *stores.waiting_pushes.take()[0])
    assert [len(said(stores, device)) for device in devices] == [1, 1]


def test_what_has_grown_old_is_counted_by_itself(stores: FakeStores, devices: list[Device]) -> None:
    liked(stores, PEOPLE[0])
    grown_old(stores)
    with counting() as counts:
        push_item(stores, ME, GROUP)
    assert counts == {"push_too_old": 1}


def not_there(stores: FakeStores) -> None:
    liked(stores)


def grown_old(stores: FakeStores) -> None:
    stores.clock.advance(OLDEST + SECOND)


def unwanted(stores: FakeStores) -> None:
    stores.devices.apply(ME, Wishes(off=frozenset({"like"})), version=1)


def kept_apart(stores: FakeStores) -> None:
    stores.edges.apply("block", PEOPLE[0], ME, active=True, version=1)


def forgotten(stores: FakeStores) -> None:
    stores.inbox.forget(ME, 10)


def signed_out(stores: FakeStores) -> None:
    stores.devices.devices.clear()


@pytest.mark.parametrize("change", [not_there, read, grown_old, unwanted, kept_apart, forgotten, signed_out])
def test_what_is_no_news_any_more_is_not_told(stores: FakeStores, devices: list[Device], change: Any) -> None:
    liked(stores, PEOPLE[0])
    change(stores)

    push_item(stores, ME, GROUP)

    assert (stores.push_service.sent, stores.turns.turns, stores.waiting_pushes.waiting) == ([], {}, [])


def test_whom_a_block_keeps_apart_is_not_counted(stores: FakeStores, devices: list[Device]) -> None:
    liked(stores, *PEOPLE[:2])
    kept_apart(stores)
    push_item(stores, ME, GROUP)

    assert said(stores, devices[0])[0]["body"] == "Somebody likes your post"


def test_who_fails_in_between_has_noted_whom_was_told(stores: FakeStores, devices: list[Device]) -> None:
    liked(stores, PEOPLE[0])
    stores.push_service.raising = {devices[1].id: Unavailable("the key cannot be read")}
    with pytest.raises(Unavailable):
        push_item(stores, ME, GROUP)
    stores.clock.advance(6 * PACE)
    push_item(stores, ME, GROUP)

    assert [len(said(stores, device)) for device in devices] == [1, 1]


class Unsteady(FakePushService):
    """Takes some, and says of others whatever a push service may."""

    def __init__(self, stores: FakeStores, devices: list[Device], seed: int) -> None:
        super().__init__()
        self._stores = stores
        # Each by itself, as they are asked at once.
        self._chosen = {each.id: random.Random(f"{seed} {number}") for number, each in enumerate(devices)}
        self.at: list[tuple[datetime, UUID]] = []

    def send(self, device: Device, message: bytes, *, topic: str, life: timedelta) -> None:
        chosen = self._chosen[device.id]
        if chosen.random() < 0.2:
            raise chosen.choice([NotNow("503"), NotNow("429", 3 * PACE), Unavailable("the key")])
        super().send(device, message, topic=topic, life=life)
        self.at.append((self._stores.clock.now(), device.id))


@pytest.mark.parametrize("seed", range(40))
def test_any_order_with_any_failures_ends_with_the_last_state(
    stores: FakeStores, devices: list[Device], seed: int
) -> None:
    """Messages are doubled, come in any order and again after what failed; likes come all the while."""
    chosen = random.Random(seed)
    service = stores.push_service = Unsteady(stores, devices, seed)
    due: list[tuple[datetime, int]] = []
    likes = 0
    while due or likes < 12:
        if likes < 12 and (not due or chosen.random() < 0.5):
            stores.clock.advance(SECOND * chosen.choice([0, 1, 20, 70]))
            likes += 1
            item = liked(stores, *map(UUID, (f"{number:032x}" for number in range(100, 100 + likes))))
            due += [(stores.clock.now() + 5 * SECOND, 0)] * chosen.choice([1, 1, 2])
            continue
        due.sort(key=lambda one: one[0] + SECOND * chosen.random() * 30)
        at, tries = due.pop(0)
        stores.clock.advance(max(at - stores.clock.now(), timedelta()))
        try:
            push_item(stores, ME, GROUP)
        except Unavailable:
            due.append((stores.clock.now() + 6 * PACE, tries + 1))
        due += [(stores.clock.now() + (delay or PACE), 0) for _, _, delay in stores.waiting_pushes.waiting]
        stores.waiting_pushes.take()

    for device in devices:
        told = [each["position"] for each in said(stores, device)]
        assert told[-1] == item.position
        assert len(set(told)) == len(told)
        assert told == sorted(told)
        moments = [at for at, device_id in service.at if device_id == device.id]
        assert all(later - earlier >= PACE for earlier, later in pairwise(moments))


class TestHandler:
    @pytest.fixture(autouse=True)
    def platform(self, stores: FakeStores, monkeypatch: pytest.MonkeyPatch) -> None:
        made = Platform()
        for name in ("clock", "inbox", "edges", "devices", "turns", "waiting_pushes", "push_service"):
            setattr(made, name, getattr(stores, name))
        monkeypatch.setattr(handler, "platform", lambda: made)

    def test_what_fails_comes_again_alone(self, stores: FakeStores, devices: list[Device]) -> None:
        liked(stores, PEOPLE[0])
        bodies = ["web_push#nobody", queue.key_of(ME, GROUP), "web_push#" + str(ME)]
        messages = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]

        answer = handler.lambda_handler({"Records": messages}, None)

        assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "2"}]}
        assert [len(said(stores, device)) for device in devices] == [1, 1]
        assert stores.push_service.hung_up == 1

    def test_what_several_messages_say_is_done_once(
        self, stores: FakeStores, devices: list[Device], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Of a burst, all that come at once would be put off, each by itself."""
        liked(stores, PEOPLE[0])
        bodies = [queue.key_of(ME, GROUP)] * 3 + ["web_push#nobody"] * 2
        messages = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]

        answer = handler.lambda_handler({"Records": messages}, None)

        assert answer == {"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "4"}]}
        assert sorted(record.message for record in caplog.records) == ["carried out", "not carried out"]

    def test_its_line_says_what_became_of_it_and_no_address(
        self, stores: FakeStores, devices: list[Device], caplog: pytest.LogCaptureFixture
    ) -> None:
        liked(stores, PEOPLE[0])
        stores.push_service.raising = {devices[0].id: Gone("410")}
        handler.lambda_handler({"Records": [{"messageId": "1", "body": queue.key_of(ME, GROUP)}]}, None)

        (line,) = [vars(record) for record in caplog.records if record.message == "carried out"]
        assert (line["kind"], line["counts"]) == ("web_push", {"push_gone": 1, "push_sent": 1})
        assert not [device for device in devices if device.endpoint in str(line)]
