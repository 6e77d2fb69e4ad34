"""A person deletes a picture of theirs: it goes from all they show it in, and then from every store."""

from uuid import UUID

from mundotango.attachments.service import discard
from mundotango.cache_keys import events_of, post_key, shown_of
from mundotango.errors import Conflict, NotFound
from mundotango.events.service import take_picture_off_event
from mundotango.media.service import get_media
from mundotango.ports import Clock, MediaRepository
from mundotango.posts.service import take_picture_out
from mundotango.users.service import take_picture_off
from mundotango.work import UnitOfWork


def delete_media(work: UnitOfWork, media: MediaRepository, media_id: UUID, owner_id: UUID, clock: Clock) -> list[str]:
    """The keys of the cache that are outdated by it.

    Raises:
        Conflict: that post is nothing but this picture, or it is in a message.
    """
    # Before the first statement: a transaction must not wait for another store.
    row = get_media(media, media_id, owner_id, clock)
    work.users.hold([owner_id])
    if work.attachments.removed([media_id]):
        raise NotFound("no such picture")
    if work.attachments.is_in_message(media_id):
        raise Conflict("this picture is in a message; delete the message")
    take_picture_off(work, owner_id, media_id, clock)
    post_id = work.attachments.hold_post(media_id)
    if post_id is not None:
        take_picture_out(work, post_id, owner_id, media_id, clock)
    cities = take_picture_off_event(work, media_id, owner_id, clock)
    work.attachments.take_out_of_drafts(owner_id, media_id, clock.now())
    # What was not ready when it was read may have become it since, and been shown; what failed stays so.
    discard(work, media_id, clock, seen=row.status != "failed")
    return [*shown_of(owner_id), *([post_key(post_id)] if post_id else []), *events_of(cities)]
