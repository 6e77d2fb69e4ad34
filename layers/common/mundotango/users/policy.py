import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, get_args
from urllib.parse import urlsplit

from mundotango import places, text
from mundotango.errors import Said
from mundotango.text import clean, refused
from mundotango.users.model import DanceRole, Occupation, Relation, User, Visibility

LONGEST_DISPLAY_NAME = 80
LONGEST_BIO = 1000
LONGEST_LINK = 300
MOST_LANGUAGES = 10
MOST_LINKS = 5
FIRST_YEAR = 1900

DANCE_ROLES: tuple[DanceRole, ...] = get_args(DanceRole)
OCCUPATIONS: tuple[Occupation, ...] = get_args(Occupation)
VISIBILITIES: tuple[Visibility, ...] = get_args(Visibility)

# A handle that was given up is nobody else's for so long, and nobody keeps more than so many.
HANDLE_KEPT = timedelta(days=14)
MOST_KEPT_HANDLES = 3

_HANDLE = re.compile(r"[A-Za-z0-9_]{3,30}")
# Of BCP 47 what people choose from: a language, perhaps its script, perhaps where it is spoken.
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE | re.ASCII)
_LINK = re.compile(r"https://[^\s\\<>\"^`{|}]+")

# Words that stand, or may one day stand, where a handle does, and names that would pass for the platform's own.
RESERVED = frozenset(
    """
    about abuse account admin administrator anonymous api auth cities events everyone feed follow
    followers following handle health help home link login logout me media messages moderator moderators
    mundo mundo_tango mundotango new nobody notifications null official posts privacy public realtime
    root search security settings sign_in sign_up signup staff static support system tango terms
    undefined user users ws
    """.split()  # noqa: SIM905 - as a list it would fill a page
)


def normal_handle(handle: str) -> str | None:
    """The handle as it is kept, in lower case; None when it cannot be anybody's."""
    chosen = handle.strip()
    return chosen.lower() if _HANDLE.fullmatch(chosen) else None


def chosen_handle(handle: str) -> str:
    """A handle somebody asks for, if it may be given to anyone."""
    normal = normal_handle(handle)
    if normal is None:
        raise refused("handle", "must be 3 to 30 letters a-z, digits or underscores")
    if normal in RESERVED:
        raise refused("handle", "is reserved")
    return normal


def display_name(value: str) -> str:
    return clean("display_name", value, longest=LONGEST_DISPLAY_NAME)


def bio(value: str) -> str:
    return clean("bio", value, longest=LONGEST_BIO, required=False, lines=True)


def city(value: str) -> str:
    return places.city(value, required=False)


def country(value: str) -> str:
    return value and places.country(value)


def latitude(value: float | None) -> float | None:
    return None if value is None else places.latitude(value)


def longitude(value: float | None) -> float | None:
    return None if value is None else places.longitude(value)


def languages(values: Sequence[str]) -> list[str]:
    """In BCP 47's own capitals: pt-BR, zh-Hant."""
    _counted("languages", values, MOST_LANGUAGES)
    return _different("languages", [_language(f"languages.{index}", value) for index, value in enumerate(values)])


def dance_role(value: str) -> str:
    return _one_of("dance_role", value, DANCE_ROLES)


def occupations(values: Sequence[str]) -> list[Occupation]:
    _counted("occupations", values, len(OCCUPATIONS))
    each = [_one_of(f"occupations.{index}", value, OCCUPATIONS) for index, value in enumerate(values)]
    return _different("occupations", each)


def links(values: Sequence[str]) -> list[str]:
    _counted("links", values, MOST_LINKS)
    return _different("links", [link(f"links.{index}", value) for index, value in enumerate(values)])


def visibility(value: str) -> str:
    return _one_of("visibility", value, VISIBILITIES)


def private(value: bool) -> bool:
    return value


def dancing_since(value: int | None, this_year: int) -> int | None:
    if value is not None and not FIRST_YEAR <= value <= this_year:
        raise refused("dancing_since", Said("must be a year from {first} to the present", first=FIRST_YEAR))
    return value


def years_dancing(since: int | None, this_year: int) -> int | None:
    return None if since is None else max(0, this_year - since)


_RULES: dict[str, Callable[[Any], Any]] = {
    "handle": chosen_handle,
    "display_name": display_name,
    "bio": bio,
    "city": city,
    "country": country,
    "latitude": latitude,
    "longitude": longitude,
    "languages": languages,
    "dance_role": dance_role,
    "occupations": occupations,
    "links": links,
    "visibility": visibility,
    "private": private,
}


def fields(given: Mapping[str, Any], this_year: int) -> dict[str, Any]:
    """The fields of a profile that somebody gave, as they are kept."""
    kept = {name: _RULES[name](value) for name, value in given.items() if name != "dancing_since"}
    if "dancing_since" in given:
        kept["dancing_since"] = dancing_since(given["dancing_since"], this_year)
    return kept


def whole_place(latitude: float | None, longitude: float | None) -> None:
    """Half a pair of coordinates is no place."""
    if (latitude is None) != (longitude is None):
        raise refused("latitude" if latitude is None else "longitude", "must be given with the other coordinate")


def search_key(user: User) -> str:
    """What a search looks through; each word has a space before it."""
    return " " + text.key(f"{user.handle} {user.display_name} {user.city}")


def may_list_follows(relation: Relation, *, own: bool) -> bool:
    """Whom a private account follows, and who follows it, is for its followers."""
    return own or not relation.private or relation.following


def _language(field: str, value: str) -> str:
    found = _LANGUAGE.fullmatch(value)
    if found is None:
        raise refused(field, "must be a language such as es or pt-BR")
    language, script, region = found.groups()
    return "-".join(part for part in (language.lower(), script and script.title(), region and region.upper()) if part)


def link(field: str, value: str) -> str:
    written = clean(field, value, longest=LONGEST_LINK)
    try:
        parts = urlsplit(written)
        host = parts.hostname or ""
        fits = _LINK.fullmatch(written) and "." in host.strip(".") and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise refused(field, "must be an address that begins with https://")
    return written


def _one_of[Word: str](field: str, value: str, words: Sequence[Word]) -> Word:
    for word in words:
        if word == value:
            return word
    raise refused(field, Said("must be one of {choices}", choices=", ".join(word or "''" for word in words)))


def _counted(field: str, values: Sequence[str], most: int) -> None:
    if len(values) > most:
        raise refused(field, Said("must be at most {most}", most=most))


def _different[Value: str](field: str, values: list[Value]) -> list[Value]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise refused(f"{field}.{index}", "is named twice")
    return values
