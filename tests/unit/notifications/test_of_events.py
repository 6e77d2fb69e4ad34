"""What those who come to an event are told comes into their inbox, each time as an item of its own."""

from dataclasses import replace
from typing import Any

import pytest

from mundotango import ids
from mundotango.notifications.inbox import take_in, unread
from mundotango.realtime.model import Appended, Kind, user_channel
from tests.factories.occasions import make_brief
from tests.factories.realtime import make_activity
from tests.fakes.realtime import FakeActivities
from tests.fakes.stores import FakeStores
from tests.unit.webpush.scene import ME


@pytest.fixture
def stores() -> FakeStores:
    return FakeStores()


def said(kind: Kind, *, number: int = 0, **payload: Any) -> Appended:
    activity = make_activity(user_channel(ME), kind=kind, event=make_brief(), **payload)
    return FakeActivities().append(replace(activity, id=ids.derived_id(kind, str(number))))


def test_nobody_is_notified_of_what_they_did_themselves(stores: FakeStores) -> None:
    take_in(stores, said("registration.updated", notified=False))

    assert (stores.inbox.items, stores.activities.appended) == ({}, [])


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("event.changed", {"changed": ["status"]}),
        ("reminder.due", {"ahead": "2h"}),
        (
            "registration.updated",
            {"registration_id": "1", "state": "offered", "by": "other", "offered_until": None, "notified": True},
        ),
    ],
)
def test_of_an_event_each_is_an_item_of_its_own(stores: FakeStores, kind: Kind, more: dict[str, Any]) -> None:
    told = [said(kind, number=number, **more) for number in range(3)]
    for appended in [*told, *reversed(told)]:
        take_in(stores, appended)

    assert len(stores.inbox.items) == 3
    assert unread(stores.inbox, ME, stores.clock) == 3
