"""Registration without an account begins here: by a link that is mailed."""

from fastapi import APIRouter, Request, Response

from functions.api.access import access
from functions.api.dependencies import PlatformDep, WorkDep
from functions.api.schemas.guests import NewGuest
from functions.api.schemas.problems import public_refusals
from functions.api.viewers import viewer_address
from mundotango.guests import asking

router = APIRouter(prefix="/api/public/guests", tags=["registrations"])


@router.post(
    "",
    status_code=202,
    response_class=Response,
    responses={
        202: {"description": "Whether a mail was sent is told to whoever gets it."},
        **public_refusals(400, 404, 409, 415, 429, 503),
    },
)
@access(202, anonymous=202)
async def ask_registration_link(asked: NewGuest, request: Request, work: WorkDep, platform: PlatformDep) -> Response:
    """Mails a link, by which whoever reads it registers for one time of an event, or finds what they registered.

    The answer is the same whether or not the address is known here; an address is written to at most ten times a day.
    """
    asking.check_sends(platform.sender.address)
    mails = asking.may_mail(
        platform.cache,
        platform.rates,
        viewer=viewer_address(request.scope, platform.site),
        occurrence_id=asked.occurrence_id,
        email=asked.email,
        clock=platform.clock,
    )
    asking.ask_link(
        work,
        occurrence_id=asked.occurrence_id,
        email=asked.email,
        name=asked.name,
        language=asked.language,
        mails=mails,
        clock=platform.clock,
    )
    return Response(status_code=202)
