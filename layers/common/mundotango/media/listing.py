"""A person's own pictures, newest first."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from mundotango.media import policy
from mundotango.media.model import Media
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock, MediaRepository
from mundotango.work import UnitOfWork

MEDIA = "media"


def list_media(
    work: UnitOfWork, media: MediaRepository, owner_id: UUID, cursor: str | None, limit: int, clock: Clock
) -> Page[Media]:
    """Whatever became of them. One that was asked for a moment ago may be missing."""
    checked_limit(limit)
    after = work.read_cursor(MEDIA, cursor).id if cursor else None
    found = list(islice(_remembered(media, owner_id, after, limit + 1, clock.now()), limit + 1))
    return page_of(found, limit, lambda row: work.sign_cursor(MEDIA, Place(row.created_at, row.media_id)))


def _remembered(
    media: MediaRepository, owner_id: UUID, after: UUID | None, size: int, now: datetime
) -> Iterator[Media]:
    """In as many steps as it takes: the index also names what is forgotten or removed already."""
    while page := media.newest_of_owner(owner_id, after, size):
        rows = media.find_many(page)
        yield from (row for row in map(rows.get, page) if row is not None and not policy.is_forgotten(row, now))
        after = page[-1]
