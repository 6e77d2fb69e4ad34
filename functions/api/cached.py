"""Answers that are kept in the cache for a while: looked up there, else loaded, by one of all who ask, and kept.

What loads must read from the primary: a reader may lag behind the write that emptied the key, and what it said then
would stay. After a write, a route gives the keys it made outdated to `OutdatedDep`, which deletes them once that is
committed.
"""

import json
from collections.abc import Callable, Mapping
from hashlib import blake2b

from fastapi import Response
from pydantic import BaseModel, ValidationError

from functions.api.caching import PUBLIC, etag_of
from mundotango.ports import Cache

_SEPARATOR = b"\n"


def remember[Body: BaseModel](cache: Cache, key: str, seconds: int, kind: type[Body], load: Callable[[], Body]) -> Body:
    """What `load` refuses is not kept. An entry of another shape, as another release left it, is loaded anew."""
    loaded: Body | None = None

    def render() -> bytes:
        nonlocal loaded
        loaded = load()
        return loaded.model_dump_json().encode()

    for _ in range(2):
        found = cache.recall(key, seconds, render)
        if loaded is not None:
            return loaded
        try:
            return kind.model_validate_json(found)
        except ValidationError:
            cache.delete(key)
    return load()


def remember_answer(
    cache: Cache,
    key: str,
    seconds: int,
    load: Callable[[], BaseModel],
    *,
    asked: object = None,
    media_type: str = "application/json",
    keepers: str = PUBLIC,
) -> Response:
    """A whole answer for everybody, kept as the bytes that are sent, with their ETag: it is not made a second time.

    A key may stand for many answers, each to another thing `asked`; deleting it makes all of them outdated.
    `keepers` is its Cache-Control.
    """

    return remember_bytes(
        cache,
        key,
        seconds,
        lambda: load().model_dump_json().encode(),
        asked=asked,
        media_type=media_type,
        keepers=keepers,
    )


def remember_bytes(
    cache: Cache,
    key: str,
    seconds: int,
    load: Callable[[], bytes],
    *,
    asked: object = None,
    media_type: str,
    keepers: str = PUBLIC,
) -> Response:
    """The same of an answer that is no JSON."""

    def render() -> bytes:
        body = load()
        return etag_of(body).encode() + _SEPARATOR + body

    part = None if asked is None else blake2b(repr(asked).encode(), digest_size=16).hexdigest()
    etag, _, body = cache.recall(key, seconds, render, part=part).partition(_SEPARATOR)
    return Response(body, 200, {"cache-control": keepers, "etag": etag.decode()}, media_type)


def remember_told(
    cache: Cache, key: str, seconds: int, load: Callable[[], tuple[BaseModel, Mapping[str, str]]]
) -> Response:
    """The same of an answer whose headers follow from what it says."""

    def render() -> bytes:
        loaded, headers = load()
        body = loaded.model_dump_json().encode()
        return json.dumps({"etag": etag_of(body), **headers}).encode() + _SEPARATOR + body

    headers, _, body = cache.recall(key, seconds, render).partition(_SEPARATOR)
    return Response(body, 200, json.loads(headers), "application/json")
