"""What a picture's owner is told of it."""

from mundotango import ids
from mundotango.media.model import Media, Status, media_payload
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, Kind, user_channel

# The status that is told, and by which frame.
_TOLD: dict[Status, Kind] = {"received": "media.received", "ready": "media.ready", "failed": "media.failed"}


def picture_progress(before: Media | None, after: Media | None, clock: Clock) -> Activity | None:
    """The activity of a change of a picture's row, if it went a step further; a replay has the same id."""
    if after is None or after.status not in _TOLD or (before is not None and before.status == after.status):
        return None
    return Activity(
        id=ids.derived_id("media", str(after.media_id), after.status),
        kind=_TOLD[after.status],
        actor_id=None,
        channel=user_channel(after.owner_id),
        payload=media_payload(after),
        occurred_at=clock.now(),
    )
