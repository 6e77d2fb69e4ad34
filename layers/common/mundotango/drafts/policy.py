import json
import re
from collections.abc import Iterator
from typing import Any

from mundotango.text import refused

MOST_DRAFTS = 100
# More than any text or pictures that can be published, and so little that a page of drafts is an answer.
LARGEST_FIELD = 50_000

# What no store keeps; everything else waits until the draft is published.
_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")


def content(value: dict[str, Any]) -> dict[str, Any]:
    for field, text in _texts("", value):
        if _UNKEPT.search(text):
            raise refused(field, "contains a control character")
    for field, part in value.items():
        if len(json.dumps(part, ensure_ascii=False).encode()) > LARGEST_FIELD:
            raise refused(field, "is too large for a draft")
    return value


def _texts(field: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield field, value
        case dict():
            for name, item in value.items():
                yield from _texts(f"{field}.{name}".removeprefix("."), item)
        case list():
            for index, item in enumerate(value):
                yield from _texts(f"{field}.{index}", item)
