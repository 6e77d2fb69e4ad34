"""One line a request, written when it is answered: what was asked, what became of it, how long and at what cost.

The route's template stands for the path, so ids and capabilities stay out of the log, and so does the query.
"""

import re
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.errors import NOTE, internal_error
from functions.api.viewers import by_edge
from mundotango.bootstrap import Platform
from mundotango.observability import correlating, counting, logger, masked
from mundotango.tracing.policy import traced

LONGEST_PATH = 200
_EDGE_ID = b"x-amz-cf-id"
_TRACE = b"x-amzn-trace-id"
# Who comes to the gateway past the edge may send anything: what is no id of the edge's form is not repeated.
_ID = re.compile(r"[\w=-]{20,128}", re.ASCII)


class RequestLog:
    """Wraps the whole application, its handling of unforeseen errors included."""

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        status = 0
        failure: Exception | None = None

        async def notice(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        correlated = _correlation_id(scope)
        with counting() as counts, correlating(correlated):
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
            "correlation_id": correlated,
            **({} if correlated == _gateway_id(scope) else {"gateway_id": _gateway_id(scope)}),
            **({} if (trace := self._trace_id(scope)) is None else {"trace_id": trace}),
            **{name: round(amount, 1) if name.endswith("_ms") else amount for name, amount in counts.items()},
            **scope.get(NOTE, {}),
        }
        text = f"{scope['method']} {route} {status} in {milliseconds} ms"
        if failure is None:
            logger().info(text, extra=line)
        else:
            logger().error(text, extra=line, exc_info=failure)

    def _trace_id(self, scope: Scope) -> str | None:
        """Of the trace that X-Ray is to have, which `effects` makes of this line. The edge alone may ask for one."""
        found = traced(_header(scope, _TRACE))
        return found if found and by_edge(scope, self._platform.site) else None


def _route(scope: Scope) -> str:
    template = getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) else masked(scope["path"])[:LONGEST_PATH]


def _correlation_id(scope: Scope) -> str | None:
    """The edge's id of the request, which its answer has as `x-amz-cf-id`; where there is none, the gateway's."""
    given = _header(scope, _EDGE_ID)
    return given if _ID.fullmatch(given) else _gateway_id(scope)


def _header(scope: Scope, name: bytes) -> str:
    return str(next((value for given, value in scope["headers"] if given == name), b"").decode("latin-1"))


def _gateway_id(scope: Scope) -> str | None:
    """The gateway's, which the answer's `apigw-requestid` carries too."""
    context = scope.get("aws.event", {}).get("requestContext", {})
    found = context.get("requestId")
    return found if isinstance(found, str) else None
