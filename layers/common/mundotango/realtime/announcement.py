"""What a picture's owner is told of it."""

from mundotango import ids
from mundotango.media.model import Media, media_payload
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, user_channel


def picture_outcome(before: Media | None, after: Media | None, clock: Clock) -> Activity | None:
    """The activity of a change of a picture's row, if it settled what became of it; a replay has the same id."""
    if after is None or after.status == "pending" or (before is not None and before.status == after.status):
        return None
    return Activity(
        id=ids.derived_id("media", str(after.media_id), after.status),
        kind="media.ready" if after.status == "ready" else "media.failed",
        actor_id=None,
        channel=user_channel(after.owner_id),
        payload=media_payload(after),
        occurred_at=clock.now(),
    )
