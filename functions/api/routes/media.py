from fastapi import APIRouter, Response

from functions.api import language
from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep
from functions.api.schemas.base import Id
from functions.api.schemas.media import MediaBody, NewMedia, StartedMedia, Upload
from functions.api.schemas.problems import refusals
from mundotango import languages
from mundotango.media import policy, service
from mundotango.media.model import media_payload

router = APIRouter(prefix="/api/media", tags=["media"])


@router.post("", status_code=201, responses=refusals(body=True))
@access(201, suspended=403)
async def start_upload(asked: NewMedia, caller: CallerDep, platform: PlatformDep, response: Response) -> StartedMedia:
    """Permission to upload one picture to S3; `media.ready` or `media.failed` is pushed when it was compressed."""
    media, form = service.start_upload(
        platform.media,
        platform.objects,
        owner_id=caller.user_id,
        purpose=asked.purpose,
        content_type=asked.content_type,
        size=asked.size,
        clock=platform.clock,
    )
    response.headers["location"] = f"/api/media/{media.media_id}"
    return StartedMedia(
        id=media.media_id,
        status=media.status,
        upload=Upload(url=form.url, fields=form.fields),
        expires_at=form.expires_at,
    )


@router.get("/{media_id}", responses=refusals(404))
@access(404, owner=200)
async def get_media(media_id: Id, caller: CallerDep, platform: PlatformDep, response: Response) -> MediaBody:
    """The caller's own picture, whatever became of it; why it failed, in the caller's language."""
    body = MediaBody.model_validate(media_payload(service.get_media(platform.media, media_id, caller.user_id)))
    if body.reason is not None:
        body.reason = languages.text(policy.reason(body.reason), language.spoken())
        response.headers.update(language.headers())
    return body
