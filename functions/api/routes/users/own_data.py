"""What a person does with all that the platform holds of them."""

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.caching import NO_STORE
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, WorkDep
from functions.api.schemas.own_data import DeletionBody, ExportBody
from functions.api.schemas.problems import refusals
from functions.api.standing import open_to_suspended
from mundotango.cache_keys import cached_of
from mundotango.exports import service as exports
from mundotango.privacy import service

EXPORT_PATH = "/api/users/me/export"

# The whole path, for the log line of a request tells the route by it.
router = APIRouter(prefix="/api/users/me", tags=["users"])


@router.post("/export", status_code=202, responses=refusals(409))
@access(202)
@open_to_suspended
async def ask_export(caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response) -> ExportBody:
    """A copy of everything: a ZIP of JSON files and pictures. `export.ready` or `export.failed` is pushed."""
    export = exports.ask_export(work, caller.user_id, platform.clock)
    response.headers["location"] = EXPORT_PATH
    return ExportBody.model_validate(export)


@router.get("/export", responses=refusals(404))
@access(404, owner=200)
async def get_export(caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response) -> ExportBody:
    """The latest export. While it can be downloaded each answer has a new link, for seven days from `ready_at`."""
    export, link = exports.get_export(work, caller.user_id, platform.clock)
    response.headers["cache-control"] = NO_STORE
    return ExportBody.model_validate(export).model_copy(update={"link": link})


@router.put("/deletion", responses=refusals())
@access(200)
@open_to_suspended
async def ask_deletion(caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> DeletionBody:
    """Nobody else sees the account or what it wrote from now on; in 30 days nothing of it is left."""
    departure = service.ask_to_leave(work, caller.user_id, platform.clock)
    outdated += cached_of(caller.user_id, departure.handle)
    return DeletionBody.model_validate(departure)


@router.get("/deletion", responses=refusals(404))
@access(404)
async def get_deletion(caller: CallerDep, work: WorkDep) -> DeletionBody:
    """When the account will be gone; not found unless that was asked for."""
    return DeletionBody.model_validate(service.get_departure(work, caller.user_id))


@router.delete("/deletion", status_code=204, responses=refusals(409))
@access(204)
@open_to_suspended
async def keep_account(caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep) -> None:
    """The account stays, and everything is as it was before."""
    departure = service.stay(work, caller.user_id, platform.clock)
    outdated += cached_of(caller.user_id, departure.handle)
