"""What is announced of people for the copies that others look at."""

from uuid import UUID

from mundotango.ids import new_id
from mundotango.ports import Clock
from mundotango.realtime.model import Activity


def presence_changed(user_id: UUID, *, shown: bool, clock: Clock) -> Activity:
    """From now on others are shown when this person is here, or are not."""
    return Activity(
        id=new_id(),
        kind="presence.shown" if shown else "presence.hidden",
        actor_id=user_id,
        channel=None,
        payload={"user_id": str(user_id)},
        occurred_at=clock.now(),
    )
