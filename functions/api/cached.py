"""Answers that are kept in the cache for a while: looked up there, else loaded and kept."""

from collections.abc import Callable

from pydantic import BaseModel, ValidationError

from mundotango.ports import Cache


def remember[Body: BaseModel](cache: Cache, key: str, seconds: int, kind: type[Body], load: Callable[[], Body]) -> Body:
    """What `load` refuses is not kept. An entry of another shape, as another release left it, is loaded anew."""
    found = cache.get(key)
    if found is not None:
        try:
            return kind.model_validate(found)
        except ValidationError:
            pass
    loaded = load()
    cache.set(key, loaded.model_dump(mode="json"), seconds)
    return loaded
