"""What people may say of themselves, and what a search makes of a question."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango.errors import Invalid
from mundotango.search import policy as search
from mundotango.users import policy
from mundotango.users.model import Relation

STRANGER: dict[str, Any] = {
    "person_id": None, "seen": True, "requested": False, "followed_by": True, "muted": False, "blocked": False,
}  # fmt: skip


@pytest.mark.parametrize("value", ["es", "pt-BR", "zh-Hant", "zh-Hant-TW", "es-419", "ast"])
def test_languages(value: str) -> None:
    assert policy.languages([value]) == [value]
    assert policy.languages([value.upper()]) == [value]
    assert policy.languages([value.lower()]) == [value]


@pytest.mark.parametrize(
    "value", ["", "e", "español", "es_AR", "es-", "-es", "es-AR-x-lunfardo", "es\n", "ｅｓ", "i-klingon"]
)
def test_languages_that_are_none(value: str) -> None:
    with pytest.raises(Invalid):
        policy.languages([value])


@pytest.mark.parametrize(
    "value",
    ["https://a.example", "https://a.example:8443/x?y=1#z", "https://xn--nd-3ja.example/é", "https://1.2.3.4/"],
)
def test_links(value: str) -> None:
    assert policy.links([f" {value} "]) == [value]


@pytest.mark.parametrize(
    "value",
    ["", "a.example", "//a.example", "http://a.example", "HTTPS://a.example", "https:/a.example", "https://",
     "https://localhost", "https://.", "https://a.example:0", "https://a.example:x", "https://u@a.example",
     "https://[::1", "https://a.example\\@b.example", "https://a.example/<b>", "data:text/html,https://a.example"],
)  # fmt: skip
def test_links_that_are_none(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        policy.links(["https://a.example", value])
    assert refused.value.fields[0].field == "links.1"


@pytest.mark.parametrize(("since", "years"), [(None, None), (2026, 0), (1999, 27), (2027, 0)])
def test_years_of_dancing(since: int | None, years: int | None) -> None:
    assert policy.years_dancing(since, 2026) == years


@pytest.mark.parametrize(
    ("private", "following", "own", "may"),
    [(False, False, False, True), (True, False, False, False), (True, True, False, True), (True, False, True, True)],
)
def test_who_may_list_follows(private: bool, following: bool, own: bool, may: bool) -> None:
    relation = Relation(**STRANGER, private=private, following=following)
    assert policy.may_list_follows(relation, own=own) is may


@pytest.mark.parametrize("rule", [policy.display_name, policy.bio, policy.city])
@given(value=st.text(max_size=60))
def test_a_text_is_refused_or_is_kept_as_it_will_be_kept_again(rule: Callable[[str], str], value: str) -> None:
    try:
        kept = rule(value)
    except Invalid:
        return
    assert rule(kept) == kept


@pytest.mark.parametrize(
    ("asked", "pattern"), [("malena", "%malena%"), ("ab", "% ab%"), ("a_b%c", "%a\\_b\\%c%"), ("\\x", "% \\\\x%")]
)
def test_patterns(asked: str, pattern: str) -> None:
    assert search.pattern(asked) == pattern


@given(st.text(max_size=30) | st.text("@ a_", max_size=8))
def test_a_question_is_refused_or_is_a_key_with_a_letter(value: str) -> None:
    try:
        asked = search.question(value)
    except Invalid:
        return
    assert any(character.isalnum() for character in asked)
    assert search.question(asked) == asked
