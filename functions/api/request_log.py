"""One line a request, written when it is answered: what was asked, what became of it, how long and at what cost.

The route's template stands for the path, so ids and capabilities stay out of the log, and so does the query.
"""

from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.errors import NOTE, internal_error
from mundotango.observability import counting, logger, masked

LONGEST_PATH = 200


class RequestLog:
    """Wraps the whole application, its handling of unforeseen errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        status = 0
        failure: Exception | None = None

        async def notice(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with counting() as counts:
            try:
                await self._app(scope, receive, notice)
            except Exception as error:  # noqa: BLE001 - here is where it is told, and as a rule it is answered already
                failure = error
                if not status:
                    await internal_error()(scope, receive, notice)
        route = _route(scope)
        milliseconds = round((perf_counter() - started) * 1000, 1)
        line: dict[str, Any] = {
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": milliseconds,
            "correlation_id": _correlation_id(scope),
            **{name: round(amount, 1) if name.endswith("_ms") else amount for name, amount in counts.items()},
            **scope.get(NOTE, {}),
        }
        text = f"{scope['method']} {route} {status} in {milliseconds} ms"
        if failure is None:
            logger().info(text, extra=line)
        else:
            logger().error(text, extra=line, exc_info=failure)


def _route(scope: Scope) -> str:
    template = getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) else masked(scope["path"])[:LONGEST_PATH]


def _correlation_id(scope: Scope) -> str | None:
    """The gateway's id of the request, which the answer's `apigw-requestid` carries too."""
    context = scope.get("aws.event", {}).get("requestContext", {})
    found = context.get("requestId")
    return found if isinstance(found, str) else None
