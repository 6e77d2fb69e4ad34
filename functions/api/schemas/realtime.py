from pydantic import Field

from functions.api.schemas.base import Answered, Moment


class TicketBody(Answered):
    ticket: str = Field(description="Opens one socket, once: `{path}?ticket={ticket}`.")
    expires_at: Moment
    path: str
