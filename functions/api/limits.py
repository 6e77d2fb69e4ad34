"""How often one person may ask: counted before anything else is done, and told with each answer.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10: the policy with its quota and window, and what is left
of it until it begins anew.
"""

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.callers import user_of
from functions.api.errors import answer_to
from mundotango.bootstrap import Platform
from mundotango.errors import TooManyRequests
from mundotango.limits import service
from mundotango.limits.model import Standing
from mundotango.limits.policy import limit_of


class RateLimits:
    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        user_id = user_of(scope) if scope["type"] == "http" else None
        if user_id is None:
            await self._app(scope, receive, send)
            return
        platform, limit = self._platform, limit_of(scope["method"], scope["path"])
        standing = service.take(platform.cache, platform.rates, user_id, limit, platform.clock)
        if standing is None:
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                _describe(standing, MutableHeaders(raw=message["headers"]))
            await send(message)

        if standing.left >= 0:
            await self._app(scope, receive, tell)
        else:
            refusal = TooManyRequests("too many requests; slow down", retry_after=standing.resets_in)
            await (await answer_to(Request(scope), refusal))(scope, receive, tell)


def _describe(standing: Standing, headers: MutableHeaders) -> None:
    limit = standing.limit
    headers["ratelimit-policy"] = f'"{limit.name}";q={limit.quota};w={limit.seconds}'
    headers["ratelimit"] = f'"{limit.name}";r={max(standing.left, 0)};t={standing.resets_in}'
