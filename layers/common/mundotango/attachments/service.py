"""Pictures begin and cease to be used: in a post or a message, as an avatar or a cover, in a draft.

Whoever attaches a picture or takes one away first holds its owner, and looks after that: of the two whichever comes
second sees what the first did. A picture that goes leaves a *tombstone*, because who attaches it may have read its row
before.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from mundotango.attachments.repository import Use
from mundotango.commands.service import media_deletion
from mundotango.errors import FieldError, MediaNotReady, NotFound
from mundotango.ids import new_id
from mundotango.media.model import Measures, Purpose
from mundotango.media.policy import review_day
from mundotango.ports import Clock, MediaRepository
from mundotango.realtime.model import Activity
from mundotango.work import UnitOfWork

# Longer than any request lives that read the picture's row before it went.
TOMBSTONE_LIFE = timedelta(days=1)


def measures_of(
    media_repo: MediaRepository, owner_id: UUID, media_ids: Sequence[UUID], purpose: Purpose
) -> list[Measures]:
    """Of pictures that are this person's own, made for this and ready, in their order; to be asked before the first
    statement, for a transaction must not wait for another store."""
    rows = media_repo.find_many(media_ids) if media_ids else {}
    found = []
    for index, media_id in enumerate(media_ids):
        field = f"media.{index}.id"
        row = rows.get(media_id)
        # Another's picture is not there at all: an id tells nobody whether it exists.
        if row is None or row.owner_id != owner_id or row.purpose != purpose:
            raise NotFound("no such picture", FieldError(field, "is no picture of yours for this place"))
        if row.measures is None:
            raise MediaNotReady("one of the pictures is not ready", FieldError(field, "is not ready"))
        found.append(row.measures)
    return found


def check_attachable(work: UnitOfWork, media_ids: Collection[UUID]) -> None:
    """To be asked once their owner is held; of pictures whose rows were looked up before."""
    if media_ids and work.attachments.removed(list(media_ids)):
        raise NotFound("no such picture")


def release(work: UnitOfWork, owner_id: UUID, media_ids: Sequence[UUID], clock: Clock) -> None:
    """Of pictures that a place has ceased to show, those shown nowhere else are deleted.

    One that a draft still names is looked at again in a week. The owner is held.
    """
    uses = work.attachments.uses(owner_id, media_ids) if media_ids else {}
    for media_id in media_ids:
        match uses.get(media_id):
            case None:
                discard(work, media_id, clock)
            case "drafted":
                work.record(_review(media_id, clock))


def discard_unused(work: UnitOfWork, owner_id: UUID, media_id: UUID, clock: Clock) -> Use | None:
    """Deletes a picture unless it is in use: then what it is used for."""
    work.users.hold([owner_id])
    use = work.attachments.uses(owner_id, [media_id]).get(media_id)
    if use is None:
        discard(work, media_id, clock)
    return use


def discard(work: UnitOfWork, media_id: UUID, clock: Clock, *, seen: bool = True) -> None:
    """The picture goes, from every store. The owner is held.

    The edge may have whatever was ready, were it only because its owner looked at it; what failed was never `seen`.
    """
    if work.attachments.note_removed(media_id, clock.now()):
        work.record(media_deletion(media_id, clock, seen=seen))


def forget_tombstones(work: UnitOfWork, clock: Clock) -> int:
    return work.attachments.forget_removed(clock.now() - TOMBSTONE_LIFE)


def _review(media_id: UUID, clock: Clock) -> Activity:
    """Told to nobody: by it the picture's row says when to look at it again."""
    return Activity(
        id=new_id(),
        kind="media.detached",
        actor_id=None,
        channel=None,
        payload={"media_id": str(media_id), "review_on": review_day(clock.now()).isoformat()},
        occurred_at=clock.now(),
    )
