from mundotango import text
from mundotango.places import LONGEST_CITY
from mundotango.text import clean, refused

LONGEST_QUESTION = 100
# Shorter ones are no part of a word that is worth finding: they are looked for where a word begins.
SHORTEST_PART = 3
# Of those who contain what was asked, and of those who are spelt nearly so, not more are weighed against each other.
MOST_WEIGHED = 500

# Whom those I follow follow: of the last so many of mine, the last so many of theirs.
MOST_MIDDLEMEN = 200
MOST_OF_EACH = 50


def question(value: str) -> str:
    """What is looked for, as the keys of people are written; a handle is asked for with its @ or without."""
    asked = text.key(clean("q", value, longest=LONGEST_QUESTION)).lstrip("@ ")
    # Of signs alone the index knows nothing: everybody would be looked through.
    if not any(character.isalnum() for character in asked):
        raise refused("q", "must contain a letter or a digit")
    return asked


def pattern(asked: str) -> str:
    """For SQL's LIKE: a key that contains what was asked; where that is a letter or two, a word in it begins so."""
    escaped = asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"% {escaped}%" if len(asked) < SHORTEST_PART else f"%{escaped}%"


def city_key(value: str) -> str:
    key = text.key(clean("city", value, longest=LONGEST_CITY))
    if not key:
        raise refused("city", "must contain a letter")
    return key
