"""Answers that are kept in the cache for a while: looked up there, else loaded, by one of all who ask, and kept.

What loads must read from the primary: a reader may lag behind the write that emptied the key, and what it said then
would stay. After a write, a route gives the keys it made outdated to `OutdatedDep`, which deletes them once that is
committed.
"""

from collections.abc import Callable
from hashlib import blake2b

from fastapi import Response
from pydantic import BaseModel, ValidationError

from functions.api.caching import PUBLIC, etag_of
from mundotango import ids
from mundotango.ports import Cache

# Versions of groups are read with each of their answers, so they stay; a lost one costs its group one loading.
VERSION_SECONDS = 24 * 3600

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


def remember_answer(cache: Cache, key: str, seconds: int, load: Callable[[], BaseModel]) -> Response:
    """A whole answer for everybody, kept as the bytes that are sent, with their ETag: it is not made a second time."""

    def render() -> bytes:
        body = load().model_dump_json().encode()
        return etag_of(body).encode() + _SEPARATOR + body

    etag, _, body = cache.recall(key, seconds, render).partition(_SEPARATOR)
    return Response(body, 200, {"cache-control": PUBLIC, "etag": etag.decode()}, "application/json")


def key_in_group(cache: Cache, group: str, *asked: object) -> str:
    """A key of its own for what was asked, among all of the group, which are outdated together by deleting `group`.

    It holds the group's version, which whoever asks next after a deletion chooses anew.
    """
    version = cache.recall(group, VERSION_SECONDS, lambda: ids.new_position().encode())
    digest = blake2b(version + repr(asked).encode(), digest_size=16).hexdigest()
    return f"{group}:{digest}"
