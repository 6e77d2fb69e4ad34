from fastapi import APIRouter

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep
from functions.api.schemas.problems import refusals
from functions.api.schemas.realtime import TicketBody
from functions.api.standing import open_to_suspended
from mundotango.realtime import service

SOCKET_PATH = "/ws"

router = APIRouter(prefix="/api/realtime", tags=["realtime"])


@router.post("/tickets", status_code=201, responses=refusals())
@access(201)
@open_to_suspended
async def issue_ticket(caller: CallerDep, platform: PlatformDep) -> TicketBody:
    """A browser opens a socket without headers, and an address ends up in logs: so a ticket, not the token."""
    ticket, expires_at = service.issue_ticket(platform.tickets, caller.user_id, platform.clock)
    return TicketBody(ticket=ticket, expires_at=expires_at, path=SOCKET_PATH)
