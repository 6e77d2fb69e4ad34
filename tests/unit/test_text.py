import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango import text
from mundotango.errors import Invalid


@given(st.text())
def test_what_is_kept_can_be_kept(value: str) -> None:
    try:
        kept = text.clean("body", value, longest=100, required=False, lines=True)
    except Invalid:
        return
    assert "\x00" not in kept
    assert len(kept) <= 100
    assert kept.encode().decode() == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert text.clean("body", kept, longest=100, required=False, lines=True) == kept


@given(st.text())
def test_one_line_is_one_line(value: str) -> None:
    try:
        kept = text.clean("title", value, longest=100)
    except Invalid:
        return
    assert kept
    assert len(kept.splitlines()) == 1


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", "a\x1bb", "a\x7fb", "a\x85b"])
def test_what_no_store_or_page_can_show_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match="control character") as refused:
        text.clean("bio", value, longest=10, lines=True)
    assert refused.value.fields[0].field == "bio"


def test_emoji_of_several_characters_stay_whole() -> None:
    family = "👩‍👩‍👧 ñ\n💃🏽"
    assert text.clean("body", family, longest=20, lines=True) == family


def test_a_length_is_counted_after_trimming() -> None:
    assert text.clean("city", "  x  ", longest=1) == "x"
    with pytest.raises(Invalid, match="at most 1"):
        text.clean("city", "xy", longest=1)


def test_empty_is_refused_where_something_is_required() -> None:
    with pytest.raises(Invalid, match="must not be empty"):
        text.clean("city", " \n ", longest=1)
    assert text.clean("city", " \n ", longest=1, required=False) == ""


@pytest.mark.parametrize("value", ["Córdoba", "CÓRDOBA", "co\u0301rdoba", " Cordoba  "])
def test_spellings_of_one_name_have_one_key(value: str) -> None:
    assert text.key(value) == "cordoba"


@pytest.mark.parametrize(
    ("value", "key"), [("Yıldız", "yildiz"), ("İstanbul", "istanbul"), ("Søren Ægir", "soren aegir"), ("Łódź", "lodz")]
)
def test_letters_that_keys_lack_are_written_as_they_are_typed(value: str, key: str) -> None:
    assert text.key(value) == key


@given(st.text())
def test_a_key_is_its_own_key(value: str) -> None:
    assert text.key(text.key(value)) == text.key(value)


@pytest.mark.parametrize(
    "value",
    ["ana\u202egnp", "\u2066ana\u2069", "\u202aana\u202c", "ana\U000e0041", "\U000e0001ana", "ana\U000e007f",
     "🏴\U000e0068\U000e0069\U000e007f"],
)  # fmt: skip
@pytest.mark.parametrize("lines", [False, True])
def test_what_turns_text_around_or_hides_in_it_is_refused(value: str, lines: bool) -> None:
    with pytest.raises(Invalid, match="control character"):
        text.clean("display_name", value, longest=100, required=False, lines=lines)


@pytest.mark.parametrize(
    "value",
    ["\u200b", "\u2060\u200e", "\u200d", "\ufeff", "\xad", " \u200b\n ", "\u3164", "\u115f\u1160", "\uffa0", "\u2800",
     "\u034f", "\ufe0f", "\u180e", "\U000e0100", "\U0001d159"],
)  # fmt: skip
def test_what_nobody_sees_is_empty_where_something_is_required(value: str) -> None:
    with pytest.raises(Invalid, match="must not be empty"):
        text.clean("display_name", value, longest=100)


@pytest.mark.parametrize(
    "value",
    ["👩\u200d👩\u200d👧", "❤\ufe0f", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "نامه\u200cای",
     "\u200fמילונגה", "Jes\xads", "क्\u200dष", ".", "٣", "\u2764"],
)  # fmt: skip
def test_what_is_seen_may_have_unseen_parts(value: str) -> None:
    assert text.clean("display_name", value, longest=100) == value
