from collections.abc import Sequence
from uuid import UUID

from mundotango.errors import Said
from mundotango.text import clean, refused

LONGEST_BODY = 5000
LONGEST_CITY = 100
LONGEST_ALT = 1000
MOST_PICTURES = 10


def body(value: str, *, required: bool) -> str:
    """May be empty when there is a picture to look at."""
    return clean("body", value, longest=LONGEST_BODY, required=required, lines=True)


def city(value: str) -> str:
    return clean("city", value, longest=LONGEST_CITY, required=False)


def pictures(media: Sequence[tuple[UUID, str]]) -> list[tuple[UUID, str]]:
    if len(media) > MOST_PICTURES:
        raise refused("media", Said("must be at most {most} pictures", most=MOST_PICTURES))
    if len({media_id for media_id, _ in media}) < len(media):
        raise refused("media", "names a picture twice")
    return [
        (media_id, clean(f"media.{index}.alt", alt, longest=LONGEST_ALT, required=False))
        for index, (media_id, alt) in enumerate(media)
    ]
