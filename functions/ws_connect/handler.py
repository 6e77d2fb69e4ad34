"""The socket's three routes: $connect, $disconnect, and $default for whatever a client sends.

A client's frame is answered by frames to its connection, never by the route's own answer: the gateway would show a
failure of this function to the client as its own.
"""

from collections import Counter
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.observability import logger, observed
from mundotango.realtime import service
from mundotango.realtime.closing import forget_closed
from mundotango.realtime.delivery import hand_over
from mundotango.realtime.frames import answers
from mundotango.realtime.model import Delivery, End, Outcome, Socket, encoded

OK = {"statusCode": 200}


@cache
def platform() -> Platform:
    return Platform()


@observed
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    request = event["requestContext"]
    match request["routeKey"]:
        case "$connect":
            return _open(_socket(request), _end(request))
        case "$disconnect":
            service.disconnect(platform().connections, _socket(request))
            logger().info("socket closed", code=request.get("disconnectStatusCode"))
        case _:
            _answer(_socket(request), _end(request), event)
    return OK


def _open(socket: Socket, end: End) -> dict[str, int]:
    """What is away, or others that open at once, is no fault of this function; the handshake says to come again."""
    try:
        replaced = service.connect(platform(), socket, end)
    except Unavailable as refusal:
        logger().info("socket refused", status=503, refused={refusal.code: 1})
        return {"statusCode": 503}
    logger().info("socket opened", replaced=replaced)
    return OK


def _socket(request: dict[str, Any]) -> Socket:
    return Socket(
        request["connectionId"], UUID(request["authorizer"]["user_id"]), _own_domain(request), request["stage"]
    )


def _own_domain(request: dict[str, Any]) -> str:
    """Where this region's gateway is. A name below the platform's domain stands for the nearest region that is well.

    That may later be another one, whose gateway knows nothing of this one's sockets.
    """
    asked: str = request["domainName"]
    if asked.startswith(f"{request['apiId']}."):
        return asked
    return f"{request['apiId']}.execute-api.{settings.Region.from_env().name}.amazonaws.com"


def _end(request: dict[str, Any]) -> End:
    """As the authorizer found it."""
    context = request["authorizer"]
    return End(datetime.fromisoformat(context["ends_at"]), context["ends_as"])


def _answer(socket: Socket, end: End, event: dict[str, Any]) -> None:
    """Each frame is sent as it is made: a replay may be long, and the time for it is counted with its sending."""
    frames = answers(platform(), socket, end, None if event.get("isBase64Encoded") else event.get("body") or "")
    outcomes: Counter[Outcome] = Counter()
    refused: Counter[str] = Counter()
    while outcomes.keys() <= {"sent"} and (frame := next(frames, None)) is not None:
        outcomes += hand_over(platform(), [Delivery(socket, encoded(frame))])
        if frame["type"] in ("error", "closing"):
            refused[frame["code"]] += 1
        if frame["type"] == "closing":
            forget_closed(platform(), [socket], have_ended=end.at <= platform().clock.now())
    logger().info(
        "frame answered",
        refused=dict(refused),
        sent=outcomes["sent"],
        gone=outcomes["gone"],
        failed=outcomes["failed"],
    )


if settings.runs_in_lambda():
    # Before the first socket, at the speed Lambda starts with.
    _warm = (platform().connections, platform().pusher)
