"""What a text speaks of, and where it stands, counted in code points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango import ids
from mundotango.errors import Invalid
from mundotango.posts import policy
from mundotango.posts.entities import (
    Called,
    Entity,
    Hashtag,
    Link,
    Mention,
    as_shown,
    entity_kept,
    entity_payload,
    mentioned,
    recognised,
    resolved,
)
from mundotango.text import clean


def marked(text: str) -> list[str]:
    """The pieces of the text that were recognised, as they stand in it."""
    return [text[each.start : each.end] for each in recognised(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("With @malena and @CARLOS_2, tonight", ["@malena", "@CARLOS_2"]),
        ("(@malena)", ["@malena"]),
        ("@malena.", ["@malena"]),
        ("write to ana@example.org or @ana@example.org", []),
        ("@señora @ab @" + "x" * 31, []),
        ("@@malena a@malena /@malena", []),
        ("#tango #Milonga2026,#vals!", ["#tango", "#Milonga2026", "#vals"]),
        ("#CañónDelÁguila #тангo #タンゴ", ["#CañónDelÁguila", "#тангo", "#タンゴ"]),
        ("#தமிழ் #می‌خواهم ＃探戈", ["#தமிழ்", "#می‌خواهم", "＃探戈"]),
        ("#1 #2026 # ## #!x x#y &#39; /#z", []),
        ("#2x4", ["#2x4"]),
        ("see https://tango.example/a?b=c#d, or http://x.example.", ["https://tango.example/a?b=c#d", "http://x.example"]),
        ("(https://en.example/Tango_(dance))", ["https://en.example/Tango_(dance)"]),
        ("https://x.example/@malena#vals", ["https://x.example/@malena#vals"]),
        ("HTTPS://X.example/Ü", ["HTTPS://X.example/Ü"]),
        ("javascript:alert(1) ftp://x.example https:// http://[ xhttps://y.example", []),
        ('<https://x.example>"http://y.example"', ["https://x.example", "http://y.example"]),
    ],
)  # fmt: skip
def test_what_is_recognised(text: str, pieces: list[str]) -> None:
    assert marked(text) == pieces


def test_places_are_code_points_also_behind_4_byte_text() -> None:
    text = "💃🏽 en @malena 👨‍👩‍👧 #tango 🏴󠁧󠁢󠁥󠁮󠁧󠁿 https://x.example 𝔱"
    assert marked(text) == ["@malena", "#tango", "https://x.example"]
    mention = recognised(text)[0]
    assert (mention.start, mention.end) == (6, 13)
    assert len("💃🏽".encode("utf-16-le")) // 2 == 4  # what would have been counted in JavaScript's units


def test_a_tag_is_found_without_accents_and_capitals() -> None:
    tags = [each.tag for each in recognised("#MilóngA #MILONGA #milonga") if isinstance(each, Hashtag)]
    assert tags == ["milonga"] * 3


def test_only_people_who_are_there_are_mentioned() -> None:
    malena = ids.new_id()
    entities = resolved(recognised("@Malena @nobody #vals"), {"malena": malena})
    assert entities == (Mention(0, 7, malena, "malena"), Hashtag(16, 21, "vals"))


def test_a_mention_has_the_present_handle_and_ends_with_the_account() -> None:
    malena, carlos = ids.new_id(), ids.new_id()
    entities = resolved(recognised("@malena @carlos"), {"malena": malena, "carlos": carlos})
    assert mentioned(entities) == [malena, carlos]
    assert as_shown(entities, {malena: "malena_ba"}) == (Mention(0, 7, malena, "malena_ba"),)


@pytest.mark.parametrize(
    "entity", [Mention(0, 4, ids.new_id(), "ana"), Hashtag(1, 5, "vals"), Link(2, 20, "https://x.example")]
)
def test_an_entity_is_kept_whole(entity: Entity) -> None:
    assert entity_kept(entity_payload(entity)) == entity


def test_too_many_people_and_hashtags_are_refused() -> None:
    policy.recognised(" ".join(f"@dancer_{n} #t{n % 30}" for n in range(40)) + " @dancer_1 #t1")
    for text in (
        " ".join(f"@dancer_{n}" for n in range(51)),
        " ".join(f"#t{n}" for n in range(31)),
        "#t @dancer http://x " * 31,
    ):
        with pytest.raises(Invalid) as refused:
            policy.recognised(text)
        assert refused.value.fields[0].field == "body"


@given(st.text(st.sampled_from("@#＃ .,:/htps()ab1_é💃́\n"), max_size=60))
def test_any_text_has_entities_that_are_where_they_say_and_apart(text: str) -> None:
    kept = clean("body", text, longest=5000, required=False, lines=True)
    end = 0
    for entity in recognised(kept):
        assert end <= entity.start < entity.end <= len(kept)
        end = entity.end
        piece = kept[entity.start : entity.end]
        match entity:
            case Called():
                assert piece.lower() == f"@{entity.handle}"
            case Hashtag():
                assert piece[0] in "#＃"
            case Link():
                assert piece == entity.url


@pytest.mark.parametrize(
    ("asked", "kept"), [("", ""), ("ES", "es"), ("pt-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")]
)
def test_languages(asked: str, kept: str) -> None:
    assert policy.language(asked) == kept


@pytest.mark.parametrize("asked", ["e", "español", "es_AR", "es-", "es-A", "es-ARG", " es", "ęs", "es\n"])
def test_languages_that_are_none(asked: str) -> None:
    with pytest.raises(Invalid, match="language"):
        policy.language(asked)


@pytest.mark.parametrize(("asked", "tag"), [("Tango", "tango"), ("#Milónga", "milonga"), (" vals ", "vals")])
def test_tags_to_look_for(asked: str, tag: str) -> None:
    assert policy.tag(asked) == tag


@pytest.mark.parametrize("asked", ["", "#", "3", "a b", "a#b", "a,b", "@ana", "a" * 101, "\x00", "https://x.example"])
def test_tags_that_are_none(asked: str) -> None:
    with pytest.raises(Invalid, match="tag"):
        policy.tag(asked)
