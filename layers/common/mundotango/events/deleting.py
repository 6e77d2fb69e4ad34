"""An event that nobody has heard of yet is taken back. What was announced is cancelled, and everybody is told."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from mundotango.attachments.service import release
from mundotango.errors import Conflict, PreconditionFailed
from mundotango.events.service import get_editable, parent_status
from mundotango.ports import Clock
from mundotango.work import UnitOfWork


def delete_draft(work: UnitOfWork, *, event_id: UUID, editor_id: UUID, clock: Clock) -> None:
    """With its sessions, which nobody saw either, its history, and all their pictures.

    Raises:
        Conflict: it was announced.
    """
    # As everywhere, people are held before events.
    held = set(_pictures(work, [event_id, *work.events.list_sessions(event_id)]))
    if held:
        work.users.hold([owner_id for owner_id, _ in held])
    event = get_editable(work, event_id, editor_id)
    if "draft" not in (event.status, parent_status(work, event)):
        raise Conflict("this event was announced; cancel it instead")
    sessions = work.events.list_sessions(event_id)
    for session_id in sessions:
        work.events.find_held(session_id)
    pictures = sorted(_pictures(work, [event_id, *sessions]))
    if not held.issuperset(pictures):
        raise PreconditionFailed("it was changed since; read it again")
    work.events.remove(event_id)
    for owner_id, shown in groupby(pictures, lambda picture: picture[0]):
        release(work, owner_id, [media_id for _, media_id in shown], clock)


def _pictures(work: UnitOfWork, event_ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Whose pictures they show, and which."""
    return [
        (owner_id, media_id)
        for event_id in event_ids
        for media_id, owner_id in work.events.media_owners(event_id).items()
    ]
