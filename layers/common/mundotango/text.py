"""What people write, made fit to keep: one form of each character, and nothing invisible that breaks a store or a page,
turns the text of others around, or passes for a name."""

import re
import unicodedata

from mundotango.errors import FieldError, Invalid, Said

# Control characters and lone surrogates: PostgreSQL refuses NUL, UTF-8 refuses surrogates, and nobody types the rest.
# Then what sets the direction of all that follows, and tags, which hide a text in another.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
# The three flags that keyboards spell with tags: England, Scotland, Wales.
_TAGGED_FLAGS = re.compile(
    "|".join(
        f"\U0001f3f4{''.join(chr(0xE0000 + ord(letter)) for letter in place)}\U000e007f"
        for place in ("gbeng", "gbsct", "gbwls")
    )
)
# Categories of what shows nothing by itself (spaces, format characters, marks without a letter), and the letters,
# symbols and reserved places that show nothing either.
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})
_BLANK = re.compile(r"[\u115f\u1160\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U0001d159\U000e0080-\U000e0fff]")
_SPACES = re.compile(r"\s+")
# Letters with a stroke, or without a dot, that Unicode does not take apart, as they are typed where keys lack them.
_PLAIN = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "þ": "th", "æ": "ae", "œ": "oe"}
)  # fmt: skip


def clean(field: str, value: str, *, longest: int, required: bool = True, lines: bool = False) -> str:
    """The text as it is kept: trimmed, in Unicode's composed form (NFC), on one line unless `lines` are wanted.

    Lengths are counted in characters after that. Where it is `required`, something in it must be seen.
    """
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if _FORBIDDEN.search(_TAGGED_FLAGS.sub("", text)):
        raise refused(field, "contains a control character")
    text = unicodedata.normalize("NFC", text if lines else _SPACES.sub(" ", text)).strip()
    if required and not any(_seen(character) for character in text):
        raise refused(field, "must not be empty")
    if len(text) > longest:
        raise refused(field, Said("must be at most {longest} characters", longest=longest))
    return text


def _seen(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN and not _BLANK.match(character)


def key(value: str) -> str:
    """What two spellings of one name share: "São Paulo", "sao paulo" and "SAO  PAULO" have one key."""
    # Twice, as Unicode's compatibility caseless match has it (section 3.13): some forms fold only once decomposed.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    plain = "".join(c for c in folded if not unicodedata.combining(c)).translate(_PLAIN)
    return _SPACES.sub(" ", plain).strip()


def refused(field: str, message: str) -> Invalid:
    return Invalid(Said("{field} {message}", field=field, message=message), FieldError(field, message))
