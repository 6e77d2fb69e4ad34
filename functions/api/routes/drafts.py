from typing import Any

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, ReadDep, WorkDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.routes.posts.posts import unseen
from functions.api.schemas.base import Id
from functions.api.schemas.drafts import DraftBody, DraftContent, DraftPage
from functions.api.schemas.posts import PostBody
from functions.api.schemas.problems import refusals
from mundotango.cache_keys import shown_of
from mundotango.drafts import service
from mundotango.drafts.model import Draft
from mundotango.pagination import DEFAULT_LIMIT

router = APIRouter(prefix="/api/drafts", tags=["posts"])


@router.post("", status_code=201, responses=refusals(404, 409, body=True))
@access(201, suspended=403)
async def keep_draft(
    asked: DraftContent, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> DraftBody:
    """Kept as it is sent, but for pictures that were deleted, and checked when it is published.

    A person has a hundred at most.
    """
    draft = service.keep_draft(work, caller.user_id, _content(asked), platform.clock)
    response.headers["location"] = f"/api/drafts/{draft.id}"
    return _body(draft)


@router.get("", responses=refusals(400))
@access(200)
async def list_drafts(
    caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> DraftPage:
    """The caller's own, last changed first."""
    page = service.list_drafts(work, caller.user_id, cursor, limit)
    return DraftPage(items=[_body(draft) for draft in page.items], next_cursor=page.next_cursor)


@router.get("/{draft_id}", responses=refusals(404))
@access(404, owner=200)
async def get_draft(draft_id: Id, caller: CallerDep, work: ReadDep) -> DraftBody:
    """One of the caller's own drafts."""
    return _body(service.get_draft(work, draft_id, caller.user_id))


@router.put("/{draft_id}", responses=refusals(404, body=True))
@access(404, owner=200, suspended=403)
async def replace_draft(
    draft_id: Id, asked: DraftContent, caller: CallerDep, work: WorkDep, platform: PlatformDep
) -> DraftBody:
    """Keeps this in the draft's place, unchecked as before."""
    return _body(service.replace_draft(work, draft_id, caller.user_id, _content(asked), platform.clock))


@router.delete("/{draft_id}", status_code=204, responses=refusals(404))
@access(404, owner=204, suspended=403)
async def delete_draft(draft_id: Id, caller: CallerDep, work: WorkDep) -> None:
    """The caller's own."""
    service.delete_draft(work, draft_id, caller.user_id)


@router.post("/{draft_id}/publish", status_code=201, responses=refusals(403, 404, 409))
@access(404, owner=201, suspended=403)
async def publish_draft(
    draft_id: Id,
    caller: CallerDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
    response: Response,
) -> PostBody:
    """As `POST /api/posts` with what the draft says, which is refused alike; then the draft is no more."""
    # In a transaction of its own: none may be open while the pictures are looked up, which is in another store.
    with platform.unit_of_work() as before:
        draft = service.get_draft(before, draft_id, caller.user_id)
    post = service.publish_draft(work, platform.media, draft, platform.clock)
    outdated += shown_of(caller.user_id)
    response.headers["location"] = f"/api/posts/{post.id}"
    return unseen(post)


def _content(asked: DraftContent) -> dict[str, Any]:
    return asked.model_dump(mode="json")


def _body(draft: Draft) -> DraftBody:
    return DraftBody.model_validate(draft.content | {"id": draft.id, "updated_at": draft.updated_at})
