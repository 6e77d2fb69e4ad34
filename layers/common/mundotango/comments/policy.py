from mundotango.text import clean

LONGEST_BODY = 2000


def body(value: str) -> str:
    return clean("body", value, longest=LONGEST_BODY, lines=True)
