"""What a push says: an item in a sentence of its owner's language, and what a page needs to go on from there.

It names nobody: who sends it cannot ask the database for names, nor whom its reader still sees.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundotango.notifications.model import MOST_COUNTED
from mundotango.notifications.wording import sentence_of as sentence_of_event

if TYPE_CHECKING:
    from mundotango.languages import Language
    from mundotango.notifications.model import Notification

WORDS = Path(__file__).with_name("words")
MESSAGE_VERSION = 1
# Push services take 4,096 bytes encrypted; a subject that brings more is left to the page.
MOST_BYTES = 3000

Words = dict[str, Any]


def message_of(item: Notification, *, unread: int, language: Language) -> bytes:
    said: dict[str, Any] = {
        "v": MESSAGE_VERSION,
        "id": str(item.id),
        "tag": str(item.id),
        "kind": item.kind,
        "position": item.position,
        "unread": unread,
        "url": path_of(item),
        "lang": language,
        **_spoken(item, language),
    }
    whole = _packed(said | {"subject": item.subject})
    return whole if len(whole) <= MOST_BYTES else _packed(said)


def sentence_of(item: Notification, language: Language) -> str:
    """All of it that a person reads."""
    return "\n".join(_spoken(item, language).values())


def path_of(item: Notification) -> str:
    """Where the site shows what it is about, as far as that can be said without the database."""
    for field, path in (("post_id", "/posts/"), ("event_id", "/events/")):
        if item.subject.get(field):
            return f"{path}{item.subject[field]}"
    return "/notifications"


@cache
def words(language: Language) -> Words:
    found: Words = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
    return found


def _spoken(item: Notification, language: Language) -> dict[str, str]:
    known = words(language)[item.kind]
    said = sentence_of_event(item, language)
    if said is not None:
        return {"title": known["title"], "body": said}
    number = f"{MOST_COUNTED}+" if item.count >= MOST_COUNTED else str(item.count)
    return {"title": known["title"], "body": known["body"][item.count > 1].format(n=number)}


def _packed(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
