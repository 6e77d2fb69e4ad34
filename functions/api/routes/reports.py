from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, WorkDep
from functions.api.schemas.moderation import NewReport, ReportBody
from functions.api.schemas.problems import refusals
from mundotango.moderation import service

router = APIRouter(prefix="/api/reports", tags=["moderation"])


@router.post("", status_code=201, responses=refusals(404, body=True))
@access(201, owner=422, blocked=404, suspended=403)
async def report(asked: NewReport, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> ReportBody:
    """Tells moderators of a person, of a post or a comment that the caller sees, or of a message said to the caller.

    A person or a message is reported also where one of the two blocked the other. Of a message moderators see it and
    the five before it.

    Reporting again what the caller has reported, and nobody has looked at yet, answers the first report.
    """
    made = service.report(work, reporter_id=caller.user_id, clock=platform.clock, **asked.model_dump())
    return ReportBody.model_validate(made)
