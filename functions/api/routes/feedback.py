from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep
from functions.api.schemas.feedback import NewFeedback
from functions.api.schemas.problems import refusals
from mundotango.feedback import service
from mundotango.feedback.model import Timings

router = APIRouter(prefix="/api/feedback", tags=["feedback"])


@router.post("", status_code=204, responses=refusals(body=True))
@access(204, suspended=403)
async def give_feedback(asked: NewFeedback, caller: CallerDep) -> None:
    """Says that a page was slow, with what the browser measured of it. Operators see how many people say so, and when;
    nobody is answered."""
    service.tell_slow(caller.user_id, asked.page, Timings(**asked.timings.model_dump()), asked.connection)
