from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from functions.api.access import access
from functions.api.caching import AHEAD, FRESH, kept_briefly, until_changed
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, ReadDep, WorkDep
from functions.api.preconditions import VersionDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id, Local
from functions.api.schemas.events import (
    EventBody,
    EventChanges,
    EventPage,
    EventVersionBody,
    EventVersionList,
    EventWithLinkedData,
    NewEvent,
    OccurrenceChanges,
)
from functions.api.schemas.problems import public_refusals, refusals
from mundotango.cache_keys import events_of
from mundotango.events import deleting, listing, service
from mundotango.events.linked_data import linked_data
from mundotango.events.model import Dated, city_of, event_payload
from mundotango.events.said import Said
from mundotango.forgetting.policy import tags_of_event
from mundotango.occurrences.editing import edit_occurrence
from mundotango.occurrences.policy import is_soon
from mundotango.pagination import DEFAULT_LIMIT, Page

BRIEFLY = [Depends(kept_briefly)]

OriginalPath = Annotated[Local, Path(description="The field `original_start` of the time that is meant.")]

router = APIRouter(prefix="/api", tags=["events"])


@router.post("/events", status_code=201, responses=refusals(404, 409, body=True))
@access(201, suspended=403)
async def create_event(
    asked: NewEvent,
    caller: CallerDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
    response: Response,
) -> EventBody:
    """Anybody with a profile announces events, once or as a series; they are public at once, unless they are drafts."""
    said = Said(**_said(asked))
    dated = service.create_event(work, platform.media, organiser_id=caller.user_id, said=said, clock=platform.clock)
    outdated += events_of({city_of(dated)})
    response.headers["location"] = f"/api/public/events/{dated.event.id}"
    return _body(dated)


@router.get("/events", responses=refusals(400))
@access(200)
async def list_own_events(
    caller: CallerDep,
    platform: PlatformDep,
    work: ReadDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> EventPage:
    """What the caller may change, drafts among it; the last made first."""
    return _page(listing.list_own(work, caller.user_id, cursor=cursor, limit=limit, clock=platform.clock))


@router.get("/events/{event_id}", responses=refusals(403, 404))
@access(403, owner=200)
async def get_own_event(event_id: Id, caller: CallerDep, platform: PlatformDep, work: ReadDep) -> EventBody:
    """For its organisers, also while it is a draft."""
    return _body(service.get_own_event(work, event_id, caller.user_id, platform.clock))


@router.patch("/events/{event_id}", responses=refusals(403, 404, 409, 412, 428, body=True))
@access(403, owner=200, suspended=403)
async def edit_event(
    event_id: Id,
    asked: EventChanges,
    caller: CallerDep,
    version: VersionDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
) -> EventBody:
    """By its organisers: who announced it, and people named in that role. What it was is kept.

    Those who look at it and at its city are told. A time of a series that still is after a change of its rule keeps its
    `occurrence_id`, and what is its own.
    """
    changes: Any = _said(asked, exclude_unset=True)
    with platform.unit_of_work() as work:
        shown = work.events.media_owners(event_id)
    fresh = [media_id for media_id, _ in changes.get("media", ()) if media_id not in shown]
    measures = service.measured(platform.media, caller.user_id, fresh)
    with platform.unit_of_work() as work:
        edited = service.edit_event(
            work,
            event_id=event_id,
            editor_id=caller.user_id,
            version=version,
            changes=changes,
            measures=measures,
            clock=platform.clock,
        )
    outdated += events_of(edited.cities)
    return _body(edited.dated)


@router.delete("/events/{event_id}", status_code=204, responses=refusals(403, 404, 409, 412))
@access(403, owner=409, suspended=403)
async def delete_event(event_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> None:
    """Of a draft, with its sessions, by its organisers. What was announced is cancelled instead."""
    deleting.delete_draft(work, event_id=event_id, editor_id=caller.user_id, clock=platform.clock)


@router.patch("/events/{event_id}/occurrences/{original_start}", responses=refusals(403, 404, 409, 412, 428, body=True))
@access(403, owner=200, suspended=403)
async def change_occurrence(
    event_id: Id,
    original_start: OriginalPath,
    asked: OccurrenceChanges,
    caller: CallerDep,
    version: VersionDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
) -> EventBody:
    """One time of a series is cancelled, at another hour or elsewhere. It raises the event's version."""
    changes: Any = asked.model_dump(exclude_unset=True)
    edited = edit_occurrence(
        work,
        event_id=event_id,
        original=original_start,
        editor_id=caller.user_id,
        version=version,
        changes=changes,
        clock=platform.clock,
    )
    outdated += events_of(edited.cities)
    return _body(edited.dated)


@router.get("/events/{event_id}/versions", responses=refusals(403, 404))
@access(403, owner=200)
async def list_event_versions(event_id: Id, caller: CallerDep, work: ReadDep) -> EventVersionList:
    """For its organisers; how it read before the last 50 edits."""
    versions = service.list_versions(work, event_id, caller.user_id)
    return EventVersionList(items=[EventVersionBody.model_validate(each) for each in versions])


@router.get("/public/events/{event_id}", responses=public_refusals(404, 503), response_model=EventWithLinkedData)
@access(200, anonymous=200)
async def get_event(event_id: Id, platform: PlatformDep, work: ReadDep) -> Response:
    """One event, as everybody sees it: at the next time it takes place; of what is over, at the last."""
    dated = service.get_event(work, event_id, platform.clock)
    data = linked_data(dated, service.find_parent(work, dated.event))
    body = EventWithLinkedData.model_validate(event_payload(dated) | {"json_ld": data})
    # A page may put the answer's own text into a script of its own: nothing that somebody wrote ends that.
    content = body.model_dump_json().replace("<", "\\u003c")
    now = platform.clock.now()
    if is_soon(dated.occurrence, now):
        # When it is over, the next time is told.
        headers = until_changed(tags_of_event(dated), FRESH, dated.occurrence.ends_at - now)
    else:
        headers = until_changed(tags_of_event(dated), AHEAD)
    return Response(content, media_type="application/json", headers=headers)


@router.get(
    "/public/events/{event_id}/calendar.ics",
    response_class=Response,
    responses={
        200: {
            "description": "A calendar by RFC 5545.",
            "content": {"text/calendar": {"schema": {"type": "string"}, "example": "BEGIN:VCALENDAR\r\n…"}},
        },
        **public_refusals(404, 503),
    },
)
@access(200, anonymous=200)
async def get_event_calendar(event_id: Id, platform: PlatformDep, work: ReadDep) -> Response:
    """One event for calendars, of a series all its times, in the language it was written in."""
    from mundotango.calendars.model import CONTENT_TYPE
    from mundotango.calendars.service import read_event
    from mundotango.calendars.writing import event_calendar

    content = event_calendar(read_event(work, event_id, platform.clock))
    attached = {"content-disposition": f'attachment; filename="{event_id}.ics"', "cache-control": FRESH}
    return Response(content, media_type=CONTENT_TYPE, headers=attached)


@router.get("/public/events/{event_id}/occurrences", responses=public_refusals(400, 404, 503), dependencies=BRIEFLY)
@access(200, anonymous=200)
async def list_occurrences(
    event_id: Id,
    platform: PlatformDep,
    work: ReadDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> EventPage:
    """When it takes place from now on, a year ahead."""
    return _page(listing.list_occurrences(work, event_id, cursor=cursor, limit=limit, clock=platform.clock))


@router.get("/public/events/{event_id}/sessions", responses=public_refusals(400, 404, 503), dependencies=BRIEFLY)
@access(200, anonymous=200)
async def list_sessions(
    event_id: Id,
    platform: PlatformDep,
    work: ReadDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> EventPage:
    """The programme of a festival or a course, by the time it starts."""
    return _page(listing.list_sessions(work, event_id, cursor=cursor, limit=limit, clock=platform.clock))


def _said(asked: NewEvent | EventChanges, *, exclude_unset: bool = False) -> dict[str, Any]:
    said = asked.model_dump(exclude_unset=exclude_unset)
    if "translations" in said:
        said["translations"] = [each.said() for each in asked.translations]
    if "people" in said:
        said["people"] = [each.said() for each in asked.people]
    if "media" in said:
        said["media"] = [(each.id, each.alt) for each in asked.media]
    return said


def _body(dated: Dated) -> EventBody:
    return EventBody.model_validate(event_payload(dated))


def _page(page: Page[Dated]) -> EventPage:
    return EventPage(items=[_body(dated) for dated in page.items], next_cursor=page.next_cursor)
