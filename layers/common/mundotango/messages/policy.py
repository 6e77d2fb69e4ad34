from mundotango.text import clean

LONGEST_TEXT = 4000
# A page of fifty conversations, each with as large a last message as may be, is what one answer holds.
MOST_PICTURES = 6
# What a moderator sees of what led to a message that was reported.
CONTEXT = 5


def text(value: str, *, required: bool) -> str:
    """May be empty when there is a picture to look at."""
    return clean("text", value, longest=LONGEST_TEXT, required=required, lines=True)
