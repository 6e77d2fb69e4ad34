import re
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args
from uuid import UUID

from mundotango.errors import PreconditionFailed, Said
from mundotango.posts import entities
from mundotango.posts.entities import Called, Entity, Hashtag, Link
from mundotango.posts.model import Picture, Visibility
from mundotango.text import clean, refused

LONGEST_BODY = 5000
LONGEST_CITY = 100
LONGEST_ALT = 1000
MOST_PICTURES = 10
# Each person mentioned is told, and each subject is a row.
MOST_MENTIONS = 50
MOST_TAGS = 30
# However often one of them is repeated: a page of fifty posts, each as large as it may be, is what one answer holds.
MOST_ENTITIES = 90
MOST_PINNED = 3
# By edits; each picture that is deleted makes one more, for nobody has to keep a picture. All are shown together.
MOST_VERSIONS = 50

VISIBILITIES: tuple[Visibility, ...] = get_args(Visibility)
_LANGUAGE = re.compile(r"([a-z]{2,3})(-[a-z]{4})?(-[a-z]{2}|-[0-9]{3})?", re.IGNORECASE | re.ASCII)


def body(value: str, *, required: bool) -> str:
    """May be empty when there is a picture to look at."""
    return clean("body", value, longest=LONGEST_BODY, required=required, lines=True)


def recognised(text: str) -> list[Called | Hashtag | Link]:
    found = entities.recognised(text)
    if len({each.handle for each in found if isinstance(each, Called)}) > MOST_MENTIONS:
        raise refused("body", Said("must mention at most {most} people", most=MOST_MENTIONS))
    if len({each.tag for each in found if isinstance(each, Hashtag)}) > MOST_TAGS:
        raise refused("body", Said("must have at most {most} hashtags", most=MOST_TAGS))
    if len(found) > MOST_ENTITIES:
        raise refused("body", Said("must have at most {most} mentions, hashtags and links", most=MOST_ENTITIES))
    return found


def told(author_id: UUID, mentioning: Sequence[Entity]) -> list[UUID]:
    """Whom it concerns that they are mentioned; nobody is told of themselves."""
    return [user_id for user_id in entities.mentioned(mentioning) if user_id != author_id]


def city(value: str) -> str:
    return clean("city", value, longest=LONGEST_CITY, required=False)


def language(value: str, field: str = "language") -> str:
    """Language, script and region of BCP 47 in their usual capitals; empty where none was given."""
    if not value:
        return ""
    match = _LANGUAGE.fullmatch(value)
    if match is None:
        raise refused(field, "must be a language such as es, pt-BR or zh-Hant")
    name, script, region = (part or "" for part in match.groups())
    return name.lower() + script.title() + region.upper()


def visibility(value: str) -> Visibility:
    for known in VISIBILITIES:
        if value == known:
            return known
    raise refused("visibility", Said("must be one of {choices}", choices=", ".join(VISIBILITIES)))


def pictures(media: Sequence[tuple[UUID, str]], most: int = MOST_PICTURES) -> list[tuple[UUID, str]]:
    if len(media) > most:
        raise refused("media", Said("must be at most {most} pictures", most=most))
    if len({media_id for media_id, _ in media}) < len(media):
        raise refused("media", "names a picture twice")
    return [
        (media_id, clean(f"media.{index}.alt", alt, longest=LONGEST_ALT, required=False))
        for index, (media_id, alt) in enumerate(media)
    ]


def described(shown: Sequence[Picture], media: Sequence[tuple[UUID, str]]) -> list[Picture]:
    """The pictures of a post with new words for some of them; none is added, taken off or moved."""
    alts = dict(pictures(media))
    there = {picture.media_id for picture in shown}
    for index, media_id in enumerate(alts):
        if media_id not in there:
            raise refused(f"media.{index}.id", "is no picture of this post")
    return [replace(picture, alt=alts.get(picture.media_id, picture.alt)) for picture in shown]


def unchanged(version: int, expected: int) -> None:
    """Whether the text to be changed is still the one its writer saw."""
    if version != expected:
        raise PreconditionFailed("it was changed since; read it again")


def tag(value: str) -> str:
    """What a hashtag is found by."""
    written = "#" + clean("tag", value, longest=LONGEST_BODY).removeprefix("#")
    match entities.recognised(written):
        case [Hashtag(start=0, end=end, tag=name)] if end == len(written):
            return name
    raise refused("tag", "must be letters, digits and underscores, a letter among them")
