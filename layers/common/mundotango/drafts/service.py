"""Posts to be: kept as they are sent, but for pictures that were deleted, and checked when they are published."""

from typing import Any
from uuid import UUID

from mundotango.drafts import policy
from mundotango.drafts.model import Draft
from mundotango.errors import Conflict, NotFound, ProfileMissing, Said
from mundotango.ids import new_id
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock, MediaRepository
from mundotango.posts.model import Post
from mundotango.posts.service import create_post
from mundotango.text import refused
from mundotango.work import UnitOfWork

DRAFTS = "drafts"


def keep_draft(work: UnitOfWork, user_id: UUID, content: dict[str, Any], clock: Clock) -> Draft:
    kept = policy.content(content)
    if not work.users.hold([user_id]):
        raise ProfileMissing("this account has no profile yet")
    if work.drafts.count(user_id) >= policy.MOST_DRAFTS:
        raise Conflict(Said("at most {most} drafts are kept; publish or delete one first", most=policy.MOST_DRAFTS))
    draft = Draft(new_id(), user_id, _without_removed(work, kept), clock.now())
    work.drafts.add(draft)
    return draft


def get_draft(work: UnitOfWork, draft_id: UUID, user_id: UUID) -> Draft:
    """Another person's is not there at all."""
    draft = work.drafts.find(draft_id, user_id)
    if draft is None:
        raise NotFound("no such draft")
    return draft


def list_drafts(work: UnitOfWork, user_id: UUID, cursor: str | None, limit: int) -> Page[Draft]:
    """Last changed first."""
    checked_limit(limit)
    after = work.read_cursor(DRAFTS, cursor) if cursor else None
    found = work.drafts.list_of(user_id, after, limit + 1)
    return page_of(found, limit, lambda draft: work.sign_cursor(DRAFTS, Place(draft.updated_at, draft.id)))


def replace_draft(work: UnitOfWork, draft_id: UUID, user_id: UUID, content: dict[str, Any], clock: Clock) -> Draft:
    kept = policy.content(content)
    work.users.hold([user_id])
    draft = Draft(draft_id, user_id, _without_removed(work, kept), clock.now())
    if not work.drafts.replace(draft):
        raise NotFound("no such draft")
    return draft


def delete_draft(work: UnitOfWork, draft_id: UUID, user_id: UUID) -> None:
    if not work.drafts.remove(draft_id, user_id):
        raise NotFound("no such draft")


def publish_draft(work: UnitOfWork, media_repo: MediaRepository, draft: Draft, clock: Clock) -> Post:
    """The draft, read in a transaction before this one, becomes a post, if it can be one, and is no more.

    Raises:
        Conflict: it was changed or published since it was read.
    """
    content = draft.content
    for index, picture in enumerate(content["media"]):
        if picture["alt"] is None:
            raise refused(f"media.{index}.alt", "must say what the picture shows, or be empty")
    post = create_post(
        work,
        media_repo,
        author_id=draft.user_id,
        body=content["body"],
        city=content["city"],
        media=[(UUID(picture["id"]), picture["alt"]) for picture in content["media"]],
        visibility=content["visibility"],
        language=content["language"],
        event_id=UUID(content["event_id"]) if content["event_id"] else None,
        clock=clock,
    )
    if not work.drafts.remove(draft.id, draft.user_id, unchanged_since=draft.updated_at):
        raise Conflict("this draft was changed or published meanwhile")
    return post


def _without_removed(work: UnitOfWork, content: dict[str, Any]) -> dict[str, Any]:
    """What a deletion took out of the drafts does not come back with a writer who had not heard of it. The owner is
    held."""
    removed = work.attachments.removed([UUID(picture["id"]) for picture in content["media"]])
    return content | {"media": [picture for picture in content["media"] if UUID(picture["id"]) not in removed]}
