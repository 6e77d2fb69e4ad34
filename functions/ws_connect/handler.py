"""The socket's three routes: $connect, $disconnect, and $default for whatever a client sends.

A client's frame is answered by frames to its connection, never by the route's own answer: the gateway would show a
failure of this function to the client as its own.
"""

import json
from collections import Counter
from functools import cache
from typing import Any
from uuid import UUID

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.observability import logger
from mundotango.realtime import service
from mundotango.realtime.frames import answers
from mundotango.realtime.model import Delivery, Socket

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
    if event.get("isBase64Encoded"):
        frames = [service.error_frame("binary", "a frame is text")]
    else:
        frames = list(answers(platform(), socket, event.get("body") or ""))
    outcomes = Counter(platform().pusher.send([Delivery(socket, json.dumps(frame)) for frame in frames]))
    if outcomes["gone"]:
        service.disconnect(platform().connections, socket)
    refused = [frame["code"] for frame in frames if frame["type"] == "error"]
    logger().info(
        "frame answered", refused=refused, sent=outcomes["sent"], gone=outcomes["gone"], failed=outcomes["failed"]
    )


if settings.runs_in_lambda():
    # Before the first socket, at the speed Lambda starts with.
    _warm = (platform().connections, platform().pusher)
