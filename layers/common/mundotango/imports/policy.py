"""What a word says of the kind of an event, and how much of a file is read."""

import re
from collections.abc import Mapping

from mundotango.errors import Said
from mundotango.events.model import EventKind
from mundotango.text import key, refused

# Without accents and capitals. What stands first in a text counts, so "Milonga after the workshop" is a milonga.
_WORDS: Mapping[str, EventKind] = {
    "class": "class",
    "classes": "class",
    "clase": "class",
    "clases": "class",
    "lesson": "class",
    "concert": "concert",
    "concierto": "concert",
    "course": "course",
    "curso": "course",
    "encuentro": "encuentro",
    "encuentros": "encuentro",
    "festival": "festival",
    "festivalito": "festivalito",
    "marathon": "marathon",
    "maraton": "marathon",
    "milonga": "milonga",
    "milongas": "milonga",
    "practica": "practica",
    "practice": "practica",
    "workshop": "workshop",
    "workshops": "workshop",
    "taller": "workshop",
    "seminario": "workshop",
}
_WORD = re.compile(r"\w+")


def kind_told(*texts: str) -> EventKind | None:
    """By the first text that has a word for one."""
    for text in texts:
        for word in _WORD.findall(key(text)):
            if word in _WORDS:
                return _WORDS[word]
    return None


def length(text: str, longest: int) -> None:
    if len(text) > longest:
        raise refused("calendar", Said("must be at most {longest} characters", longest=longest))


def text_of(data: bytes) -> str:
    """What a file says. The RFC knows UTF-8 only; some programs write UTF-16, and say so in its first two bytes."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise refused("calendar", "must be written in UTF-8") from error
