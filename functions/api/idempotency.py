"""A POST that carries an Idempotency-Key happens once, however often it is sent in 24 hours.

The same key, by the same person at the same address, gives the first answer again; with another body it is refused, and
while the first is under way it is told to wait. What is kept are answers that say what became of the request: 2xx and
4xx. One of 5xx is forgotten, and so is what the caller's standing alone decided (401, 403, 429): these may be tried
again.

Between an effect and the record of its answer a function may die. So the effect's own transaction notes the key, and
where it finds it noted already it is undone, and the answer is read anew from where the effect is shown. The same holds
where the repetition is refused before that, because what it asks for is done: a draft that was published is none.

With DynamoDB away nobody can know, and the request is refused before it does anything: who sends a key asked for that.
"""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.dependencies import ONCE
from functions.api.errors import answer_to
from functions.api.held import Held
from functions.api.once import SECRET
from mundotango.bootstrap import Platform
from mundotango.errors import AlreadyDone, MundoTangoError, Unavailable
from mundotango.observability import count, logger
from mundotango.ports import Clock
from mundotango.requests import service
from mundotango.work import UnitOfWork

# Beyond it only the place is kept where the answer is read again; a row of DynamoDB holds 400 KB.
LARGEST_KEPT = 200_000
REPLAYED = "idempotency-replayed"
_KEPT_HEADERS = ("content-type", "content-language", "location", "etag", "vary")
_NOT_KEPT = (401, 403, 429)


@dataclass(slots=True)
class Once:
    """One request under its key; `note` is called at the end of the transaction that is its effect."""

    user_id: UUID
    key_hash: bytes
    body_hash: bytes
    done_before: bool = False

    @property
    def key(self) -> str:
        """Of its answer, which is found by its row in PostgreSQL when somebody leaves."""
        return self.key_hash.hex()

    def note(self, work: UnitOfWork, location: str | None, clock: Clock) -> None:
        try:
            service.note_done(work, self.user_id, self.key_hash, self.body_hash, location, clock)
        except AlreadyDone:
            self.done_before = True
            raise


async def answer_once(
    app: ASGIApp, platform: Platform, user_id: UUID, key: str, scope: Scope, receive: Receive, send: Send
) -> None:
    try:
        service.checked_key(key)
        body = await _read(receive)
        told = hashlib.sha256(scope.get("query_string", b"") + b"\n" + body).digest()
        known_by = hashlib.sha256(f"{user_id}\n{scope['method']}\n{scope['path']}\n{key}".encode())
        once = Once(user_id, known_by.digest(), told)
        first = platform.answers.begin(once.key, told.hex())
        held = await (_first(app, scope, once, body, platform) if first is None else _again(app, scope, first))
    except MundoTangoError as refusal:
        await (await answer_to(Request(scope), refusal))(scope, receive, send)
    else:
        await held.send(send)


async def _first(app: ASGIApp, scope: Scope, once: Once, body: bytes, platform: Platform) -> Held:
    scope[ONCE] = once
    try:
        held = await Held.of(app, scope, _receiver(body))
        if once.done_before or 400 <= held.status < 500:
            held = await _done_before(app, scope, once, held, platform)
    except Exception:
        _forget(platform, once)
        raise
    if held.status >= 500 or held.status in _NOT_KEPT:
        _forget(platform, once)
    else:
        _keep(platform, once, held, secret=scope.get(SECRET, False))
    return held


async def _done_before(app: ASGIApp, scope: Scope, once: Once, held: Held, platform: Platform) -> Held:
    """What was done under this key, or else the refusal as it is."""
    with platform.unit_of_work() as work:
        known = service.find_done(work, once.user_id, once.key_hash, once.body_hash, platform.clock)
    if known is None:
        return held
    return await _shown(app, scope, scope["route"].status_code or 200, known.location)


async def _again(app: ASGIApp, scope: Scope, first: dict[str, Any]) -> Held:
    if "body" not in first:
        return await _shown(app, scope, first["status"], first["location"])
    held = await Held.of(Response(first["body"], first["status"], first["headers"]), scope, _receiver(b""))
    return _marked(held)


async def _shown(app: ASGIApp, scope: Scope, status: int, location: str | None) -> Held:
    """What was done, as it is read now where it is shown."""
    held = None if location is None else await Held.of(app, _reading(scope, location), _receiver(b""))
    if held is None or held.status != 200:
        raise AlreadyDone("this was done before, under the same idempotency key, and cannot be shown now")
    held.start["status"] = status
    MutableHeaders(raw=held.start["headers"])["location"] = str(location)
    return _marked(held)


def _marked(held: Held) -> Held:
    headers = MutableHeaders(raw=held.start["headers"])
    headers[REPLAYED] = "true"
    del headers["cache-control"]
    return held


def _reading(scope: Scope, location: str) -> Scope:
    """The same person's GET of that place."""
    dropped = (b"content-length", b"content-type", b"idempotency-key", b"if-none-match", b"if-match")
    path, _, query = location.partition("?")
    return {
        **{
            name: scope[name]
            for name in ("type", "asgi", "http_version", "scheme", "server", "client")
            if name in scope
        },
        "root_path": scope.get("root_path", ""),
        "aws.event": scope.get("aws.event", {}),
        "app": scope["app"],
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name, value) for name, value in scope["headers"] if name not in dropped],
    }


def _keep(platform: Platform, once: Once, held: Held, *, secret: bool) -> None:
    """Of an answer with a secret in it, only where it is shown without."""
    headers = Headers(raw=held.start["headers"])
    answer: dict[str, Any] = {"status": held.status, "location": headers.get("location")}
    if len(held.body) <= LARGEST_KEPT and not secret:
        kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        answer |= {"headers": kept, "body": held.body.decode()}
    try:
        platform.answers.keep(once.key, once.body_hash.hex(), answer)
    except Unavailable:
        _not_recorded("the first answer is not kept")


def _forget(platform: Platform, once: Once) -> None:
    try:
        platform.answers.forget(once.key)
    except Unavailable:
        _not_recorded("a failed request stays under way until it is taken for dead")


def _not_recorded(what: str) -> None:
    """The request itself is answered as it was; its repetition is told by the noted key, or to wait."""
    count("idempotency_failures")
    logger().warning(what)


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _receiver(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
