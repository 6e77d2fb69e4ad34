"""Who may keep an answer, and whether the client has it already: for every route, here.

A GET that succeeds carries an ETag of its bytes, and is answered 304 where the client shows the same one. Unless its
route said otherwise, as that of a calendar's link does, the path tells who keeps it: below /api/public/ everybody for a
while, below /api/link/, where a path is a capability, nobody, and elsewhere it is `private, no-cache`: kept by the one
client, asked again each time. Everything else, refusals among it, is kept by nobody. A HEAD is a GET whose answer
leaves without its bytes.
"""

import hashlib
from collections.abc import Collection
from datetime import timedelta

from fastapi import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.api.held import Held

MOST_TAGS = 50  # of an answer; CloudFront cuts off what is more

# How fast each must be true stands in docs/edge.md, by route; a test holds the two together.
PUBLIC = "public, max-age=300, stale-while-revalidate=60, stale-if-error=600"
# Of what somebody looks at before they leave the house: that it is called off or elsewhere is seen within a minute.
FRESH = "public, max-age=20, s-maxage=20, stale-while-revalidate=35, stale-if-error=600"
# Of lists of events: 15 minutes at the edge, five of them in a browser.
AHEAD = "public, max-age=300, s-maxage=840, stale-while-revalidate=60, stale-if-error=600"
# What changes when the platform is deployed anew, if ever.
LASTING = "public, max-age=3600, stale-while-revalidate=3600, stale-if-error=86400"
# Of what every act that changes it has the edge forget: no longer, as nobody knows what was forgotten to be forgotten.
UNTIL_CHANGED = timedelta(hours=1)
# By it the edge knows what it is to forget: `CacheTagConfig` of the distribution.
CACHE_TAG = "cache-tag"
# Seconds. Of what is something else sooner, FRESH is as good.
SHORTEST = 20
PRIVATE = "private, no-cache"
NO_STORE = "no-store"
PUBLIC_PATH = "/api/public/"
LINK_PATH = "/api/link/"

# Left in a request's scope where its reading failed, and would not a second time.
READ_AGAIN = "mundotango.read_again"


class ConditionalGet:
    """The outermost of what stands around the routes, so it is also where a read is repeated that found the database's
    reader away, or whose session the server ended: nothing of the first answer has left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = scope["method"]
        # The one scope and no copy of it: routing leaves in it what the request's log line tells.
        if asked == "HEAD":
            scope["method"] = "GET"
        try:
            held = await Held.of(self._app, scope, receive)
            if scope.pop(READ_AGAIN, False) and scope["method"] == "GET":
                held = await Held.of(self._app, scope, receive)
            _validate(scope, held)
        finally:
            scope["method"] = asked
        if asked == "HEAD":
            held.body = b""
        await held.send(send)


def _validate(scope: Scope, held: Held) -> None:
    """Completes the headers of the answer, and takes its bytes away where the client has them."""
    headers = MutableHeaders(raw=held.start["headers"])
    readable = scope["method"] == "GET" and held.status == 200
    headers.setdefault("cache-control", _keepers(scope["path"]) if readable else NO_STORE)
    if not readable or headers["cache-control"] == NO_STORE:
        return
    # What comes from the cache brings it along.
    etag = headers.get("etag") or etag_of(held.body)
    headers["etag"] = etag
    if _shown(Headers(scope=scope).get("if-none-match", ""), etag):
        held.start["status"] = 304
        held.body = b""
        for name in ("content-length", "content-type"):
            del headers[name]


def etag_of(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def until_changed(tags: Collection[str], otherwise: str, lasts: timedelta = UNTIL_CHANGED) -> dict[str, str]:
    """Headers of what the edge keeps for an hour, or for as long as it `lasts`, but forgets when one of the tags is
    named. Browsers, which nobody tells, keep it as `otherwise` says; so does the edge what has more tags than it takes.
    """
    seconds = int(min(lasts, UNTIL_CHANGED).total_seconds())
    if len(tags) > MOST_TAGS or seconds < SHORTEST:
        return {"cache-control": otherwise}
    age, *others = (part for part in otherwise.split(", ")[1:] if not part.startswith("s-maxage"))
    keepers = ", ".join(["public", age, f"s-maxage={seconds}", *others])
    return {"cache-control": keepers, CACHE_TAG: ",".join(sorted(tags))}


def _keepers(path: str) -> str:
    if path.startswith(PUBLIC_PATH):
        return PUBLIC
    return NO_STORE if path.startswith(LINK_PATH) else PRIVATE


def _shown(if_none_match: str, etag: str) -> bool:
    """RFC 9110, 13.1.2: compared weakly, because the edge weakens the tag of what it compresses."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]


async def kept_briefly(response: Response) -> None:
    """A dependency of routes whose answers everybody keeps for no longer than that."""
    response.headers["cache-control"] = FRESH
