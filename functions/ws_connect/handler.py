"""The socket's three routes: $connect, $disconnect, and $default for whatever a client sends.

A client's frame is answered by frames to its connection, never by the route's own answer: the gateway would show a
failure of this function to the client as its own.
"""

from collections import Counter
from functools import cache
from typing import Any
from uuid import UUID

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.observability import logger
from mundotango.realtime import service
from mundotango.realtime.delivery import hand_over
from mundotango.realtime.frames import answers
from mundotango.realtime.model import Delivery, Outcome, Socket, encoded

OK = {"statusCode": 200}


@cache
def platform() -> Platform:
    return Platform()


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    request = event["requestContext"]
    match request["routeKey"]:
        case "$connect":
            service.connect(platform().connections, _socket(request), platform().clock)
            logger().info("socket opened")
        case "$disconnect":
            service.disconnect(platform().connections, _socket(request))
            logger().info("socket closed", code=request.get("disconnectStatusCode"))
        case _:
            _answer(_socket(request), event)
    return OK


def _socket(request: dict[str, Any]) -> Socket:
    return Socket(
        request["connectionId"], UUID(request["authorizer"]["user_id"]), request["domainName"], request["stage"]
    )


def _answer(socket: Socket, event: dict[str, Any]) -> None:
    """Each frame is sent as it is made: a replay may be long, and the time for it is counted with its sending."""
    if event.get("isBase64Encoded"):
        frames = iter([service.error_frame("binary", "a frame is text")])
    else:
        frames = answers(platform(), socket, event.get("body") or "")
    outcomes: Counter[Outcome] = Counter()
    refused: list[str] = []
    while outcomes.keys() <= {"sent"} and (frame := next(frames, None)) is not None:
        outcomes += hand_over(platform(), [Delivery(socket, encoded(frame))])
        if frame["type"] == "error":
            refused.append(frame["code"])
    logger().info(
        "frame answered", refused=refused, sent=outcomes["sent"], gone=outcomes["gone"], failed=outcomes["failed"]
    )


if settings.runs_in_lambda():
    # Before the first socket, at the speed Lambda starts with.
    _warm = (platform().connections, platform().pusher)
