"""The frames with which the server speaks about the conversation itself, not about something that happened."""

from typing import Any

from mundotango.errors import MundoTangoError
from mundotango.realtime.model import FRAME_VERSION, Closing
from mundotango.realtime.policy import LONGEST_CHANNEL

Frame = dict[str, Any]


def control(kind: str, **fields: Any) -> Frame:
    return {"v": FRAME_VERSION, "type": kind, **fields}


def error_frame(code: str, message: str, **fields: Any) -> Frame:
    return control("error", code=code, message=message, **fields)


def refused(refusal: MundoTangoError, channel: object) -> Frame:
    """A channel that was asked for among others; so much of it is told again as a channel is long."""
    told = {"channel": channel[:LONGEST_CHANNEL]} if isinstance(channel, str) else {}
    return error_frame(refusal.code, refusal.detail, **told)


def closing_frame(code: Closing, *, reconnect: bool) -> Frame:
    """The last frame: the server closes the socket after it."""
    return control("closing", code=code, reconnect=reconnect)
