"""The door to functions/api/idempotency.py, which is imported for the first POST that carries a key: what it stands on
would be a tenth of a second of everybody's cold start."""

from uuid import UUID

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.api.callers import user_of
from mundotango.bootstrap import Platform

HEADER = "idempotency-key"
# Left in the scope of a request whose answer must be kept nowhere: it has a secret in it.
SECRET = "mundotango.secret"  # noqa: S105 - the name of it

# Sent again these answer another secret, and the one before ends by itself. Its answer would be kept for a day with the
# secret in it, at two write units, and repeated when the secret may be used or over.
ANSWERED_ANEW = frozenset({"/api/realtime/grants", "/api/realtime/tickets"})
# Sent again these add nothing and have the same answer, which would cost two write units to keep.
ADDS_NOTHING = frozenset({"/api/posts/views"})
KEPT_NOWHERE = ANSWERED_ANEW | ADDS_NOTHING


class OncePerKey:
    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key: str | None = None
        user_id: UUID | None = None
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] not in KEPT_NOWHERE:
            key, user_id = Headers(scope=scope).get(HEADER), user_of(scope)
        if key is None or user_id is None:
            await self._app(scope, receive, send)
            return
        from functions.api.idempotency import answer_once

        await answer_once(self._app, self._platform, user_id, key, scope, receive, send)
