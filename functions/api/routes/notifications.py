from uuid import UUID

from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.notifications import (
    NotificationBody,
    NotificationPage,
    PreferenceBody,
    PreferenceChange,
    ReadBody,
    ReadMark,
    UnreadBody,
)
from functions.api.schemas.posts import AuthorBody
from functions.api.schemas.problems import refusals
from functions.api.standing import open_to_suspended
from mundotango.notifications import inbox, service
from mundotango.notifications.model import KINDS, WAYS, NotificationPreferences, Shown
from mundotango.pagination import DEFAULT_LIMIT, Place

NOTIFICATIONS = "notifications"

router = APIRouter(prefix="/api/notifications", tags=["notifications"])


# No transaction is open while the inbox is asked, which is in another store.
@router.get("", responses=refusals(400))
@access(200)
async def list_notifications(
    caller: CallerDep, platform: PlatformDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> NotificationPage:
    """Of the last 90 days, newest first. What is not there any more for the caller is left out: people, posts and
    comments, requests that were answered. So a page may be shorter than `limit` and not be the last.
    """
    before = None
    if cursor:
        with platform.reading(caller.user_id) as work:
            before = work.read_cursor(NOTIFICATIONS, cursor).id
    found = service.list_newest(platform.inbox, caller.user_id, before, limit, platform.clock)
    read = service.get_read(platform.inbox, caller.user_id, platform.clock)
    with platform.reading(caller.user_id) as work:
        shown = service.list_shown(work, caller.user_id, found[:limit])
        place = Place(found[limit - 1].at, UUID(found[limit - 1].position)) if len(found) > limit else None
        next_cursor = work.sign_cursor(NOTIFICATIONS, place) if place else None
    return NotificationPage(
        items=[_body(each, read.up_to) for each in shown],
        newest=UUID(found[0].position) if found else None,
        unread=read.unread,
        next_cursor=next_cursor,
    )


@router.get("/unread", responses=refusals())
@access(200)
async def count_unread(caller: CallerDep, platform: PlatformDep) -> UnreadBody:
    """How many are unread, for a badge."""
    return UnreadBody(unread=inbox.unread(platform.inbox, caller.user_id, platform.clock))


@router.put("/read", responses=refusals(body=True))
@access(200)
@open_to_suspended
async def mark_read(asked: ReadMark, caller: CallerDep, platform: PlatformDep) -> ReadBody:
    """All up to this position is read, on every device. Nobody reads backwards: an earlier one changes nothing."""
    read = service.mark_read(platform.inbox, platform.activities, caller.user_id, asked.up_to, platform.clock)
    return ReadBody(up_to=UUID(read.up_to) if read.up_to else None, unread=read.unread)


@router.get("/preferences", responses=refusals())
@access(200)
async def get_preferences(caller: CallerDep, work: ReadDep) -> PreferenceBody:
    """What the caller is notified of, and in which way. What is not told in the app is in no e-mail and on no
    device either."""
    return _preferences(service.get_preferences(work, caller.user_id))


@router.put("/preferences", responses=refusals(404, body=True))
@access(200)
@open_to_suspended
async def change_preferences(
    asked: PreferenceChange, caller: CallerDep, work: WorkDep, platform: PlatformDep
) -> PreferenceBody:
    """From now on. Decisions of moderators are always told in the app."""
    wanted = service.change_preferences(
        work,
        caller.user_id,
        asked.kinds,
        digest=asked.digest,
        language=asked.language,
        zone=asked.zone,
        clock=platform.clock,
    )
    return _preferences(wanted)


def _body(shown: Shown, up_to: str) -> NotificationBody:
    item = shown.notification
    return NotificationBody(
        id=item.id,
        kind=item.kind,
        subject=item.subject,
        actor_ids=[person.id for person in shown.actors],
        actors=[AuthorBody.model_validate(person) for person in shown.actors],
        count=shown.count,
        position=UUID(item.position),
        at=item.at,
        unread=item.position > up_to,
    )


def _preferences(wanted: NotificationPreferences) -> PreferenceBody:
    return PreferenceBody(
        kinds={kind: {way: wanted.wants(kind, way) for way in WAYS} for kind in KINDS},
        digest=wanted.digest,
        language=wanted.language,
        zone=wanted.zone,
    )
