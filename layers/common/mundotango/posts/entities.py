"""What a text speaks of: people (@handle), subjects (#tag) and addresses (http, https).

Each entity says where it stands, from `start` up to and without `end`, counted in Unicode code points: an emoji is one
or more, an accented letter is one, because texts are kept in their composed form (NFC).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from mundotango.text import key

LONGEST_TAG = 100

_LINK = re.compile(r"(?<!\w)https?://[^\s<>\"]+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@/.])@([A-Za-z0-9_]{3,30})(?![\w@])")
_TAG = re.compile(r"(?<![\w#＃&/])[#＃]")
# What ends a sentence and not the address before it; a closing bracket belongs to the address that opened it.
_ENDINGS = frozenset(".,;:!?'\"…»”’*_~")
_BRACKETS = {")": "(", "]": "[", "}": "{"}
# Marks that write vowels and tones in many scripts, and the two joiners that Persian and Indic words need.
_INSIDE_WORDS = frozenset({"Mn", "Mc"})
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Mention:
    """`handle` is the person's present one, which may be another than stands in the text."""

    start: int
    end: int
    user_id: UUID
    handle: str


@dataclass(frozen=True, slots=True)
class Hashtag:
    """`tag` is what its spellings share: without #, accents and capitals."""

    start: int
    end: int
    tag: str


@dataclass(frozen=True, slots=True)
class Link:
    start: int
    end: int
    url: str


Entity = Mention | Hashtag | Link


@dataclass(frozen=True, slots=True)
class Called:
    """A handle in a text, in lower case, before anybody looked whose it is."""

    start: int
    end: int
    handle: str


def recognised(text: str) -> list[Called | Hashtag | Link]:
    """What stands in the text, in its order, none inside another: an address may hold # and @."""
    links = list(_links(text))
    rest = text
    for link in links:
        rest = rest[: link.start] + " " * (link.end - link.start) + rest[link.end :]
    return sorted([*links, *_called(rest), *_tags(rest)], key=lambda entity: entity.start)


def resolved(found: Sequence[Called | Hashtag | Link], people: Mapping[str, UUID]) -> tuple[Entity, ...]:
    """With `people` by their handles; a handle that is nobody's stays text."""
    entities: list[Entity] = []
    for entity in found:
        if not isinstance(entity, Called):
            entities.append(entity)
        elif entity.handle in people:
            entities.append(Mention(entity.start, entity.end, people[entity.handle], entity.handle))
    return tuple(entities)


def mentioned(entities: Sequence[Entity]) -> list[UUID]:
    """Each person once, in the order of their first mention."""
    return list(dict.fromkeys(entity.user_id for entity in entities if isinstance(entity, Mention)))


def tags(entities: Sequence[Entity]) -> list[str]:
    return list(dict.fromkeys(entity.tag for entity in entities if isinstance(entity, Hashtag)))


def entity_payload(entity: Entity) -> dict[str, Any]:
    """As it is kept, and as clients see it."""
    place = {"start": entity.start, "end": entity.end}
    match entity:
        case Mention():
            return {"kind": "mention", **place, "user_id": str(entity.user_id), "handle": entity.handle}
        case Hashtag():
            return {"kind": "hashtag", **place, "tag": entity.tag}
        case Link():
            return {"kind": "link", **place, "url": entity.url}


def entity_kept(kept: Mapping[str, Any]) -> Entity:
    start, end = kept["start"], kept["end"]
    match kept["kind"]:
        case "mention":
            return Mention(start, end, UUID(kept["user_id"]), kept["handle"])
        case "hashtag":
            return Hashtag(start, end, kept["tag"])
        case _:
            return Link(start, end, kept["url"])


def as_shown(entities: Sequence[Entity], handles: Mapping[UUID, str]) -> tuple[Entity, ...]:
    """With the present handles of the people mentioned. Whom the reader does not see, or who left, is text again."""
    shown: list[Entity] = []
    for entity in entities:
        if not isinstance(entity, Mention):
            shown.append(entity)
        elif entity.user_id in handles:
            shown.append(Mention(entity.start, entity.end, entity.user_id, handles[entity.user_id]))
    return tuple(shown)


def _links(text: str) -> Iterator[Link]:
    for match in _LINK.finditer(text):
        url = _without_ending(match[0])
        if _has_host(url):
            yield Link(match.start(), match.start() + len(url), url)


def _without_ending(url: str) -> str:
    while url and (url[-1] in _ENDINGS or _unopened(url)):
        url = url[:-1]
    return url


def _unopened(url: str) -> bool:
    opening = _BRACKETS.get(url[-1])
    return opening is not None and url.count(url[-1]) > url.count(opening)


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _called(text: str) -> Iterator[Called]:
    for match in _MENTION.finditer(text):
        yield Called(match.start(), match.end(), match[1].lower())


def _tags(text: str) -> Iterator[Hashtag]:
    for match in _TAG.finditer(text):
        end = next((at for at in range(match.end(), len(text)) if not _in_word(text[at])), len(text))
        word = text[match.end() : end]
        tag = key(word)
        # A number alone is no subject: "#3" is the third of something.
        if any(character.isalpha() for character in word) and 0 < len(tag) <= LONGEST_TAG:
            yield Hashtag(match.start(), end, tag)


def _in_word(character: str) -> bool:
    return (
        character.isalnum()
        or character == "_"
        or character in _JOINERS
        or unicodedata.category(character) in _INSIDE_WORDS
    )
