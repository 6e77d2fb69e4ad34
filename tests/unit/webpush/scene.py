"""Somebody with two browsers, and what comes into their inbox."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.notifications.model import Notification
from mundotango.webpush.model import Device
from tests.fakes.stores import FakeStores

ME = UUID(int=1)
POST = UUID(int=11)
GROUP = f"like#{POST}#2026-11-28"
PEOPLE = [UUID(int=number) for number in range(21, 26)]
SECOND = timedelta(seconds=1)


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


def read(stores: FakeStores) -> None:
    item = stores.inbox.find(ME, GROUP)
    assert item is not None
    stores.inbox.mark_read(ME, item.position)
