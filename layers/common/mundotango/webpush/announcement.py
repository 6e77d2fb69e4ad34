"""What is announced of people's wishes, for the copy that whoever sends to their devices looks at."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mundotango.ids import new_id
from mundotango.ports import Clock
from mundotango.realtime.model import Activity
from mundotango.webpush.model import Wishes


def wishes_changed(user_id: UUID, wishes: Wishes, clock: Clock) -> Activity:
    """From now on these are the ones that stand."""
    return Activity(
        id=new_id(),
        kind="wishes.changed",
        actor_id=user_id,
        channel=None,
        payload={"user_id": str(user_id), "off": sorted(wishes.off), "language": wishes.language},
        occurred_at=clock.now(),
    )


def wishes_from(payload: Mapping[str, Any]) -> Wishes:
    return Wishes(off=frozenset(payload["off"]), language=payload["language"])
