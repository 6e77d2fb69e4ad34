from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from functions.api.access import access
from functions.api.dependencies import ModeratorDep, OutdatedDep, PlatformDep, WorkDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id, Lines
from functions.api.schemas.conversations import MessageBody
from functions.api.schemas.moderation import (
    ActBody,
    ActPage,
    Because,
    NewResolution,
    OpenReportBody,
    OpenReportPage,
    TargetBody,
)
from functions.api.schemas.problems import refusals
from mundotango.cache_keys import post_key, shown_of, standing_key
from mundotango.messages.model import message_payload
from mundotango.moderation import service
from mundotango.moderation.model import OpenReport, Target
from mundotango.pagination import DEFAULT_LIMIT

ReasonQuery = Annotated[Lines, Query(description="Why; it is kept in the audit.")]

router = APIRouter(prefix="/api/moderation", tags=["moderation"])


@router.get("/reports", responses=refusals(400, 403))
@access(403, moderator=200)
async def list_reports(
    _: ModeratorDep, work: WorkDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> OpenReportPage:
    """What waits for a moderator, oldest first, each with what was reported as it is now."""
    page = service.list_open(work, cursor, limit)
    return OpenReportPage(items=[_open(found) for found in page.items], next_cursor=page.next_cursor)


@router.post("/reports/{report_id}/resolution", status_code=204, responses=refusals(403, 404, 409, body=True))
@access(403, moderator=204)
async def resolve_report(
    report_id: Id,
    asked: NewResolution,
    moderator: ModeratorDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
) -> None:
    """Decides, and does what was decided: hides the post or comment, removes the message, or suspends whose it is.

    Every open report of the same thing is resolved with it.
    """
    target = service.resolve(work, moderator.user_id, report_id, asked.resolution, asked.reason, platform.clock)
    if target is not None:
        outdated += _known_of(target)


@router.put("/posts/{post_id}/hidden", status_code=204, responses=refusals(403, 404, body=True))
@access(403, moderator=204)
async def hide_post(
    post_id: Id,
    asked: Because,
    moderator: ModeratorDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
) -> None:
    """From everybody but its author. Hiding twice is hiding once."""
    outdated += _known_of(service.hide(work, moderator.user_id, "post", post_id, asked.reason, platform.clock))


@router.delete("/posts/{post_id}/hidden", status_code=204, responses=refusals(403, 404))
@access(403, moderator=204)
async def show_post(
    post_id: Id,
    moderator: ModeratorDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
    reason: ReasonQuery = "",
) -> None:
    """What was hidden, again to those it is for."""
    outdated += _known_of(service.show(work, moderator.user_id, "post", post_id, reason, platform.clock))


@router.put("/comments/{comment_id}/hidden", status_code=204, responses=refusals(403, 404, body=True))
@access(403, moderator=204)
async def hide_comment(
    comment_id: Id, asked: Because, moderator: ModeratorDep, work: WorkDep, platform: PlatformDep
) -> None:
    """From everybody but its author. Hiding twice is hiding once."""
    service.hide(work, moderator.user_id, "comment", comment_id, asked.reason, platform.clock)


@router.delete("/comments/{comment_id}/hidden", status_code=204, responses=refusals(403, 404))
@access(403, moderator=204)
async def show_comment(
    comment_id: Id, moderator: ModeratorDep, work: WorkDep, platform: PlatformDep, reason: ReasonQuery = ""
) -> None:
    """What was hidden, again to those it is for."""
    service.show(work, moderator.user_id, "comment", comment_id, reason, platform.clock)


@router.put("/users/{handle}/suspension", status_code=204, responses=refusals(403, 404, 409, body=True))
@access(403, moderator=204)
async def suspend_user(
    handle: str,
    asked: Because,
    moderator: ModeratorDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
) -> None:
    """Nobody sees them, nor do they write anything, until they are restored. Moderators do not suspend themselves."""
    outdated += _known_of_person(service.suspend(work, moderator.user_id, handle, asked.reason, platform.clock))


@router.delete("/users/{handle}/suspension", status_code=204, responses=refusals(403, 404))
@access(403, moderator=204)
async def restore_user(
    handle: str,
    moderator: ModeratorDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
    reason: ReasonQuery = "",
) -> None:
    """Ends a suspension; where there is none, it is no error."""
    outdated += _known_of_person(service.restore(work, moderator.user_id, handle, reason, platform.clock))


@router.get("/audit", responses=refusals(400, 403))
@access(403, moderator=200)
async def list_acts(
    _: ModeratorDep, work: WorkDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> ActPage:
    """What moderators did and why, newest first."""
    page = service.list_acts(work, cursor, limit)
    return ActPage(items=[ActBody.model_validate(act) for act in page.items], next_cursor=page.next_cursor)


def _open(found: OpenReport) -> OpenReportBody:
    return OpenReportBody(
        **asdict(found.report),
        said=[MessageBody.model_validate(message_payload(message)) for message in found.said],
        reports_on_target=found.reports_on_target,
        target=TargetBody.model_validate(found.target) if found.target else None,
    )


def _known_of(target: Target) -> list[str]:
    """What caches have of a post or person that hiding, or suspending whose it is, changes."""
    people = [] if target.person_id is None else _known_of_person(target.person_id)
    return [*people, post_key(target.id)] if target.kind == "post" else people


def _known_of_person(user_id: UUID) -> list[str]:
    return [standing_key(user_id), *shown_of(user_id)]
