"""However often and in whatever order messages come: each device is told the last state, and each at most once."""

import json
import random
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from functions.effects import handler
from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.notifications.model import KINDS, MOST_COUNTED, Notification
from mundotango.webpush import queue
from mundotango.webpush.model import Device, Turn, Wishes
from mundotango.webpush.policy import DEVICE_LIFE
from mundotango.webpush.ports import MOST_DELAY, Gone, NotNow, Refused
from mundotango.webpush.sending import AGAIN, OLDEST, PACE, push_item
from mundotango.webpush.words import MOST_BYTES, message_of, words
from tests.factories.devices import make_device
from tests.fakes.stores import FakeStores
from tests.fakes.webpush import FakePushService

ME = UUID(int=1)
POST = UUID(int=11)
GROUP = f"like#{POST}#2026-11-28"
PEOPLE = [UUID(int=number) for number in range(21, 26)]
SECOND = timedelta(seconds=1)


@pytest.fixture
def stores() -> FakeStores:
    return FakeStores()


@pytest.fixture
def devices(stores: FakeStores) -> list[Device]:
    made = [make_device(ME, at=stores.clock.now()) for _ in range(2)]
    for device in made:
        stores.devices.put(device, limit=10)
    return made


def liked(stores: FakeStores, *people: UUID, kind: Any = "like", moved: bool = True) -> Notification:
    """The item as these people's likes make it."""
    known = stores.inbox.find(ME, GROUP)
    item = Notification(
        user_id=ME,
        group=GROUP,
        kind=kind,
        subject={"post_id": str(POST)},
        position=ids.new_position() if moved or known is None else known.position,
        at=stores.clock.now(),
        version=(known.version if known else 0) + 1,
        actors={person: number for number, person in enumerate(people)},
        shown=bool(people),
    )
    assert stores.inbox.put(item)
    return item


def said(stores: FakeStores, device: Device) -> list[dict[str, Any]]:
    """What a device was told, oldest first."""
    return [json.loads(each.message) for each in stores.push_service.sent if each.device == device]


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


def test_a_device_that_expired_is_told_nothing(stores: FakeStores, devices: list[Device]) -> None:
    expired = replace(devices[0], registered_at=stores.clock.now() - DEVICE_LIFE)
    stores.devices.put(expired, limit=10)
    liked(stores, PEOPLE[0])
    push_item(stores, ME, GROUP)

    assert [each.device for each in stores.push_service.sent] == [devices[1]]


def test_a_device_that_is_gone_is_forgotten_and_the_others_are_told(stores: FakeStores, devices: list[Device]) -> None:
    liked(stores, PEOPLE[0])
    stores.push_service.raising = [Gone("410")]
    push_item(stores, ME, GROUP)

    assert stores.devices.of_user(ME) == [devices[1]]
    assert len(said(stores, devices[1])) == 1
    assert stores.waiting_pushes.waiting == []


def test_what_is_refused_is_not_tried_again(
    stores: FakeStores, devices: list[Device], caplog: pytest.LogCaptureFixture
) -> None:
    liked(stores, PEOPLE[0])
    stores.push_service.raising = [Refused("413")]
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
    stores.push_service.raising = [NotNow("429", after)]
    push_item(stores, ME, GROUP)

    assert stores.waiting_pushes.waiting == [(ME, GROUP, delay)]
    stores.clock.advance(delay)
    push_item(stores, *stores.waiting_pushes.take()[0])
    assert [len(said(stores, device)) for device in devices] == [1, 1]


def not_there(stores: FakeStores) -> None:
    liked(stores)


def read(stores: FakeStores) -> None:
    item = stores.inbox.find(ME, GROUP)
    assert item is not None
    stores.inbox.mark_read(ME, item.position)


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
    stores.push_service.raising = [None, Unavailable("the key cannot be read")]
    with pytest.raises(Unavailable):
        push_item(stores, ME, GROUP)
    stores.clock.advance(6 * PACE)
    push_item(stores, ME, GROUP)

    assert [len(said(stores, device)) for device in devices] == [1, 1]


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


class Unsteady(FakePushService):
    """Takes some, and says of others whatever a push service may."""

    def __init__(self, stores: FakeStores, chosen: random.Random) -> None:
        super().__init__()
        self._stores, self._chosen = stores, chosen
        self.at: list[tuple[datetime, UUID]] = []

    def send(self, device: Device, message: bytes, *, topic: str, life: timedelta) -> None:
        if self._chosen.random() < 0.2:
            raise self._chosen.choice([NotNow("503"), NotNow("429", 3 * PACE), Unavailable("the key")])
        super().send(device, message, topic=topic, life=life)
        self.at.append((self._stores.clock.now(), device.id))


@pytest.mark.parametrize("seed", range(40))
def test_any_order_with_any_failures_ends_with_the_last_state(
    stores: FakeStores, devices: list[Device], seed: int
) -> None:
    """Messages are doubled, come in any order and again after what failed; likes come all the while."""
    chosen = random.Random(seed)
    service = stores.push_service = Unsteady(stores, chosen)
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


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_kind_has_its_words(stores: FakeStores, language: Any) -> None:
    assert words(language).keys() == set(KINDS)
    for kind in KINDS:
        for count in (1, 2, MOST_COUNTED):
            item = replace(liked(stores, PEOPLE[0]), kind=kind, actors={ids.new_id(): 1 for _ in range(count)})
            told = json.loads(message_of(item, unread=1, language=language))
            assert told["title"]
            assert "{" not in told["body"]
            assert (str(count) in told["body"]) == (count > 1 and kind != "moderation")


def test_a_long_subject_is_left_to_the_page(stores: FakeStores) -> None:
    item = replace(liked(stores, PEOPLE[0]), kind="moderation", subject={"reason": "«¿" * 500})
    message = message_of(item, unread=1, language="es")

    assert len(message) <= MOST_BYTES < 4096 - 17 - 86
    assert json.loads(message)["url"] == "/notifications"


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

    def test_its_line_says_what_became_of_it_and_no_address(
        self, stores: FakeStores, devices: list[Device], caplog: pytest.LogCaptureFixture
    ) -> None:
        liked(stores, PEOPLE[0])
        stores.push_service.raising = [Gone("410")]
        handler.lambda_handler({"Records": [{"messageId": "1", "body": queue.key_of(ME, GROUP)}]}, None)

        (line,) = [vars(record) for record in caplog.records if record.message == "carried out"]
        assert (line["kind"], line["counts"]) == ("web_push", {"push_gone": 1, "push_sent": 1})
        assert not [device for device in devices if device.endpoint in str(line)]
