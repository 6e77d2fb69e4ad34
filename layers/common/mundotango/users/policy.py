import re

from mundotango.text import clean, refused

LONGEST_DISPLAY_NAME = 80
LONGEST_BIO = 1000
LONGEST_CITY = 100

_HANDLE = re.compile(r"[A-Za-z0-9_]{3,30}")

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
    return clean("city", value, longest=LONGEST_CITY, required=False)
