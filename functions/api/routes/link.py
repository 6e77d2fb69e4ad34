"""Capabilities in a path: whoever has the link may. Nobody is signed in here, and nothing of it may be kept."""

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.caching import NO_STORE
from functions.api.dependencies import PlatformDep, WorkDep
from functions.api.schemas.problems import public_refusals
from mundotango.exports import service

router = APIRouter(prefix="/api/link", tags=["links"])


@router.get(
    "/{token}/export",
    status_code=303,
    response_class=Response,
    responses={303: {"description": "`Location` is the archive, for a minute."}, **public_refusals(404, 503)},
)
@access(303, anonymous=303)
async def download_export(token: str, work: WorkDep, platform: PlatformDep) -> Response:
    """To the archive of one's own data."""
    location = service.open_link(work, platform.objects, token, platform.clock)
    return Response(status_code=303, headers={"location": location, "cache-control": NO_STORE})
