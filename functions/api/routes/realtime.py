from fastapi import APIRouter, Request

from functions.api.access import access
from functions.api.callers import token_end_of
from functions.api.dependencies import CallerDep, PlatformDep
from functions.api.errors import Unauthenticated
from functions.api.schemas.problems import refusals
from functions.api.schemas.realtime import GrantBody, NewGrant, RefusedChannel, TicketBody
from mundotango.realtime import grants, service
from mundotango.realtime.model import Ticket

SOCKET_PATH = "/ws"

router = APIRouter(prefix="/api/realtime", tags=["realtime"])


@router.post("/tickets", status_code=201, responses=refusals())
@access(201, suspended=403)
async def issue_ticket(caller: CallerDep, platform: PlatformDep, request: Request) -> TicketBody:
    """A browser opens a socket without headers, and an address ends up in logs: so a ticket, not the token. The socket
    ends with the token."""
    token_ends_at = token_end_of(request.scope)
    if token_ends_at is None:
        raise Unauthenticated
    ticket, expires_at = service.issue_ticket(platform.tickets, Ticket(caller.user_id, token_ends_at), platform.clock)
    return TicketBody(ticket=ticket, expires_at=expires_at, path=SOCKET_PATH)


@router.post("/grants", status_code=201, responses=refusals(body=True))
@access(201, suspended=403)
async def issue_grant(asked: NewGrant, caller: CallerDep, platform: PlatformDep) -> GrantBody:
    """What a socket names to subscribe to channels that are not public, and to resume them. It can be named by this
    person's sockets again and again until it expires."""
    with platform.unit_of_work() as work:  # not at the reader: what it does not know yet was hidden a moment ago
        issued = grants.issue_grant(work, platform.grants, caller.user_id, asked.channels, platform.clock)
    return GrantBody(
        grant=issued.grant,
        channels=issued.channels,
        refused=[RefusedChannel(channel=channel, code=code) for channel, code in issued.refused.items()],
        expires_at=issued.expires_at,
    )
