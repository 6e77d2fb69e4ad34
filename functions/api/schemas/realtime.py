from typing import Annotated

from pydantic import Field, StringConstraints

from functions.api.schemas.base import Answered, Asked, Moment
from mundotango.realtime.policy import LONGEST_CHANNEL, MAX_CHANNELS

Channel = Annotated[str, StringConstraints(max_length=LONGEST_CHANNEL)]


class TicketBody(Answered):
    ticket: str = Field(description="Opens one socket, once: `{path}?ticket={ticket}`.")
    expires_at: Moment
    path: str


class NewGrant(Asked):
    channels: list[Channel] = Field(
        min_length=1,
        max_length=MAX_CHANNELS,
        description="`post:{id}` and `conversation:{id}`; `event:{id}` and `city:{key}` need no grant, and get one.",
    )


class RefusedChannel(Answered):
    channel: str
    code: str = Field(description="`bad-channel`: there is none of this form. `not-allowed`: not for this person.")


class GrantBody(Answered):
    grant: str = Field(description="Named by the frames `subscribe` and `resume`.")
    channels: list[str] = Field(description="What it is for.")
    refused: list[RefusedChannel] = Field(description="What it is not for.")
    expires_at: Moment
