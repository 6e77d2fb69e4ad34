from fastapi import APIRouter, Response

from functions.api import language
from functions.api.access import access
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, ReadDep, WorkDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id
from functions.api.schemas.media import MediaBody, MediaPage, NewMedia, StartedMedia, Upload
from functions.api.schemas.problems import refusals
from functions.api.standing import open_to_suspended
from mundotango import languages
from mundotango.attachments import removal
from mundotango.media import listing, policy, service
from mundotango.media.model import Media, media_payload
from mundotango.pagination import DEFAULT_LIMIT

router = APIRouter(prefix="/api/media", tags=["media"])


@router.post("", status_code=201, responses=refusals(body=True))
@access(201, suspended=403)
async def start_upload(asked: NewMedia, caller: CallerDep, platform: PlatformDep, response: Response) -> StartedMedia:
    """Permission to upload one picture to S3.

    `media.received` is pushed when the platform has it, and `media.ready` or `media.failed` when it was compressed.
    """
    media, form = service.start_upload(
        platform.media,
        platform.objects,
        owner_id=caller.user_id,
        purpose=asked.purpose,
        content_type=asked.content_type,
        size=asked.size,
        sha256=asked.sha256,
        keep_attribution=asked.keep_attribution,
        clock=platform.clock,
    )
    response.headers["location"] = f"/api/media/{media.media_id}"
    return StartedMedia(
        id=media.media_id,
        status=media.status,
        upload=Upload(url=form.url, fields=form.fields),
        expires_at=form.expires_at,
    )


@router.get("", responses=refusals(400))
@access(200)
async def list_media(
    caller: CallerDep,
    work: ReadDep,
    platform: PlatformDep,
    response: Response,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> MediaPage:
    """The caller's own pictures, newest first, whatever became of them; one of this moment may be missing."""
    page = listing.list_media(work, platform.media, caller.user_id, cursor, limit, platform.clock)
    response.headers.update(language.headers())
    return MediaPage(items=[_body(media) for media in page.items], next_cursor=page.next_cursor)


@router.get("/{media_id}", responses=refusals(404))
@access(404, owner=200)
async def get_media(media_id: Id, caller: CallerDep, platform: PlatformDep, response: Response) -> MediaBody:
    """The caller's own picture, whatever became of it; why it failed, in the caller's language."""
    body = _body(service.get_media(platform.media, media_id, caller.user_id, platform.clock))
    if body.reason is not None:
        response.headers.update(language.headers())
    return body


@router.delete("/{media_id}", status_code=204, responses=refusals(404, 409))
@access(404, owner=204)
@open_to_suspended
async def delete_media(
    media_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep
) -> None:
    """The caller's own, in whatever state: it goes from the profile, post, event and drafts it is in, from storage
    and from the edge. Browsers that have it may keep it.

    A post that is nothing but this picture, or the message that it is in, has to be deleted instead: 409.
    """
    outdated += removal.delete_media(work, platform.media, media_id, caller.user_id, platform.clock)


def _body(media: Media) -> MediaBody:
    body = MediaBody.model_validate(media_payload(media))
    if body.reason is not None:
        body.reason = languages.text(policy.reason(body.reason), language.spoken())
    return body
