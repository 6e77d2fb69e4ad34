"""What comes into an inbox wakes the devices of whose it is, and nothing else does."""

from typing import Any, NoReturn
from uuid import UUID

import pytest

from mundotango.errors import Unavailable
from mundotango.notifications.inbox import take_in
from mundotango.observability import counting
from mundotango.realtime.model import Activity, Appended, Kind, user_channel
from tests.factories.devices import make_device
from tests.factories.realtime import make_activity
from tests.fakes.realtime import FakeActivities
from tests.fakes.stores import FakeStores

ME = UUID(int=1)
ANA, BRUNO = UUID(int=21), UUID(int=22)
POST = UUID(int=11)
DAY = "2026-11-23"
GROUP = f"like#{POST}#{DAY}"


@pytest.fixture
def stores() -> FakeStores:
    made = FakeStores()
    made.devices.put(make_device(ME), limit=10)
    return made


def happened(kind: Kind, **payload: Any) -> Appended:
    activity: Activity = make_activity(user_channel(ME), kind=kind, **payload)
    return FakeActivities().append(activity)


def reacted(*joined: UUID, left: tuple[UUID, ...] = (), number: int = 1) -> Appended:
    def changes(people: tuple[UUID, ...]) -> list[dict[str, Any]]:
        return [{"user_id": str(person), "number": number, "day": DAY} for person in people]

    return happened("reaction.received", post_id=str(POST), reacted=changes(joined), taken_back=changes(left))


def test_a_like_wakes_and_so_does_the_next(stores: FakeStores) -> None:
    for number, person in enumerate((ANA, BRUNO)):
        take_in(stores, reacted(person, number=number))
        assert stores.waiting_pushes.take() == [(ME, GROUP)]


def test_a_decision_of_moderators_wakes(stores: FakeStores) -> None:
    decided = {"decision": "removed", "subject": "post", "subject_id": str(POST), "reason": "spam", "role": "author"}
    take_in(stores, happened("moderation.decided", **decided))
    assert len(stores.waiting_pushes.take()) == 1


def test_who_has_no_device_costs_no_message(stores: FakeStores) -> None:
    stores.devices.devices.clear()
    take_in(stores, reacted(ANA))
    assert stores.waiting_pushes.waiting == []


def test_what_is_taken_back_wakes_nobody(stores: FakeStores) -> None:
    take_in(stores, reacted(ANA, BRUNO))
    stores.waiting_pushes.take()
    take_in(stores, reacted(left=(ANA,), number=2))
    take_in(stores, reacted(left=(BRUNO,), number=3))
    assert stores.waiting_pushes.waiting == []


def test_whom_a_block_keeps_apart_wakes_nobody(stores: FakeStores) -> None:
    stores.edges.apply("block", ME, ANA, active=True, version=1)
    take_in(stores, reacted(ANA))
    assert stores.waiting_pushes.waiting == []


def test_what_comes_again_wakes_again(stores: FakeStores) -> None:
    """Whoever took it in before may have stopped before it woke anything."""
    for _ in range(2):
        take_in(stores, reacted(ANA))
        assert stores.waiting_pushes.take() == [(ME, GROUP)]


@pytest.mark.parametrize("away", ["queue", "table"])
def test_what_cannot_be_woken_holds_up_nobody(
    stores: FakeStores, away: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def is_away(*_: object) -> NoReturn:
        raise Unavailable("does not answer")

    store, asked = (stores.waiting_pushes, "put") if away == "queue" else (stores.devices, "of_user")
    monkeypatch.setattr(store, asked, is_away)
    with counting() as counts:
        take_in(stores, reacted(ANA))

    assert dict(counts) == {"push_not_woken": 1}
    assert [each.activity.kind for each in stores.activities.appended] == ["notification.updated"]
    assert caplog.messages == ["push not woken"]
