"""What people write, made fit to keep: one form of each character, nothing invisible that breaks a store or a page."""

import re
import unicodedata

from mundotango.errors import FieldError, Invalid

# Control characters and lone surrogates: PostgreSQL refuses NUL, UTF-8 refuses surrogates, and nobody types the rest.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def clean(field: str, value: str, *, longest: int, required: bool = True, lines: bool = False) -> str:
    """The text as it is kept: trimmed, in Unicode's composed form (NFC), on one line unless `lines` are wanted.

    Lengths are counted in characters after that.
    """
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if _FORBIDDEN.search(text):
        raise refused(field, "contains a control character")
    text = unicodedata.normalize("NFC", text if lines else _SPACES.sub(" ", text)).strip()
    if required and not text:
        raise refused(field, "must not be empty")
    if len(text) > longest:
        raise refused(field, f"must be at most {longest} characters")
    return text


def key(value: str) -> str:
    """What two spellings of one name share: "São Paulo", "sao paulo" and "SAO  PAULO" have one key."""
    # Twice, as Unicode's compatibility caseless match has it (section 3.13): some forms fold only once decomposed.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    return _SPACES.sub(" ", "".join(c for c in folded if not unicodedata.combining(c))).strip()


def refused(field: str, message: str) -> Invalid:
    return Invalid(f"{field} {message}", FieldError(field, message))
