"""Who may keep an answer, and whether the client has it already: for every route, here.

A GET that succeeds carries an ETag of its bytes, and is answered 304 where the client shows the same one. It is
`private, no-cache` unless its route said otherwise: kept by the one client, asked again each time. Everything else,
refusals among it, is kept by nobody. A HEAD is a GET whose answer leaves without its bytes.
"""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PUBLIC = "public, max-age=300, stale-while-revalidate=60, stale-if-error=600"
PRIVATE = "private, no-cache"
NO_STORE = "no-store"


class ConditionalGet:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers_only = scope["method"] == "HEAD"
        started: Message = {}
        body = bytearray()

        async def hold(message: Message) -> None:
            """Keeps the answer back until it is whole, for its ETag is in front of its bytes."""
            nonlocal started
            if message["type"] == "http.response.start":
                started = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                answer = _validated(scope, started, bytes(body))
                await send(started)
                await send({"type": "http.response.body", "body": b"" if headers_only else answer})

        if not headers_only:
            await self._app(scope, receive, hold)
            return
        # The one scope and no copy of it: routing leaves in it what the request's log line tells.
        scope["method"] = "GET"
        try:
            await self._app(scope, receive, hold)
        finally:
            scope["method"] = "HEAD"


def _validated(scope: Scope, started: Message, body: bytes) -> bytes:
    """Completes the headers of the answer and returns the bytes to send, none where the client has them."""
    headers = MutableHeaders(raw=started["headers"])
    readable = scope["method"] == "GET" and started["status"] == 200
    headers.setdefault("cache-control", PRIVATE if readable else NO_STORE)
    if not readable or headers["cache-control"] == NO_STORE:
        return body
    etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers["etag"] = etag
    if not _shown(Headers(scope=scope).get("if-none-match", ""), etag):
        return body
    started["status"] = 304
    for name in ("content-length", "content-type"):
        del headers[name]
    return b""


def _shown(if_none_match: str, etag: str) -> bool:
    """RFC 9110, 13.1.2: compared weakly, because the edge weakens the tag of what it compresses."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]
