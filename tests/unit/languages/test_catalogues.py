"""Every refusal is said in every language, with the same values in it."""

import json
import string
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import _pydantic_core

from functions.api.errors import HTTP_CODES
from mundotango.errors import BadFrame, Said
from mundotango.languages import LANGUAGES, Language, catalogue, text, title, validation
from mundotango.media.policy import REASONS
from tests.unit.languages.refusals import collect, tree

COLLECTED = collect()
OTHERS = [language for language in LANGUAGES if language != "en"]
BROKEN_JSON = [
    "",
    "{",
    "[",
    '{"a"}',
    '{"a": 1 "b"}',
    "[1 2]",
    '"',
    '"\\x"',
    '"\\uZZZZ"',
    '"\n"',
    "1 2",
    "[1,]",
    '{"a": 1,}',
]
# What FastAPI and Starlette say by themselves, and the English that pydantic puts into its values.
NOT_OURS = {"Not Found", "Method Not Allowed", "There was an error parsing the body"} | {
    "List",
    "Set",
    "Dictionary",
    "' or '",
}
# Values that are English sentences of a parser's, or an English plural's ending: left out of other languages.
ENGLISH_VALUES = {"error", "encoding_error", "expected_plural"}
# Codes that functions/api/errors.py gives to what is no error of the tree.
CODES_OF_THE_API = {"malformed-json", "unsupported-media-type", "internal-error", "refused", *HTTP_CODES.values()}


def json_complaints() -> set[str]:
    found = set()
    for broken in BROKEN_JSON:
        with pytest.raises(json.JSONDecodeError) as refusal:
            json.loads(broken)
        found.add(refusal.value.msg.removesuffix(": "))
    return found


def kinds_of_validation() -> dict[str, str]:
    return {kind["type"]: kind["message_template_python"] for kind in _pydantic_core.list_all_errors()}


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_the_collection_reads_the_code() -> None:
    assert len(COLLECTED.templates) > 40
    assert {"no such post", "must be at most {longest} characters", "sign in first"} <= COLLECTED.templates.keys()
    assert "must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057" in COLLECTED.templates


def test_no_refusal_is_put_together_on_the_spot() -> None:
    """Of an f-string nobody can say what it was made of: write Said("… {name} …", name=…)."""
    assert COLLECTED.made_up == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_refusal_is_said_in_every_language(language: Language) -> None:
    reasons = {reason.template if isinstance(reason, Said) else reason for reason in REASONS.values()}
    wanted = COLLECTED.templates.keys() | reasons | NOT_OURS | json_complaints()
    said = catalogue(language)["texts"]

    assert {template: COLLECTED.templates.get(template, "") for template in sorted(wanted - said.keys())} == {}
    assert sorted(said.keys() - wanted) == []  # nothing is left of what the code no longer says
    assert [
        template for template, translated in said.items() if placeholders(template) != placeholders(translated)
    ] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_problem_has_a_title_in_every_language(language: Language) -> None:
    ours = {error.code for error in tree() if "code" in vars(error) and not issubclass(error, BadFrame)}

    assert catalogue(language)["titles"].keys() == ours | CODES_OF_THE_API


@pytest.mark.parametrize("language", OTHERS)
def test_every_complaint_of_pydantic_is_said_in_every_language(language: Language) -> None:
    english, said = kinds_of_validation(), catalogue(language)["validation"]

    assert sorted(english.keys() ^ said.keys()) == []
    differ = {kind for kind in english if placeholders(english[kind]) - ENGLISH_VALUES != placeholders(said[kind])}
    assert differ == set()


def test_a_refusal_is_said_with_its_values() -> None:
    said = Said("{field} {message}", field="bio", message=Said("must be at most {longest} characters", longest=1000))

    assert said == "bio must be at most 1000 characters"
    assert text(said, "en") == said
    assert text(said, "es") == "bio: debe tener como máximo 1000 caracteres"


def test_what_a_catalogue_lacks_is_said_in_english() -> None:
    assert text("nobody ever said this", "es") == "nobody ever said this"
    assert text(Said("{this} neither", this="{that}"), "es") == "{that} neither"
    assert title("brand-new", "es") == "Brand new"
    assert validation("brand_new", {}, "as pydantic has it", "es") == "as pydantic has it"


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (list[int], [1, "x"], "debe ser un número entero"),
        (Literal["a", "b", "c"], "d", "debe ser 'a', 'b' o 'c'"),
        (Annotated[str, Field(max_length=3)], "long", "debe tener un largo de 3 como máximo"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "la lista debe tener un largo de 1 como máximo, no de 2"),
    ],
)
def test_pydantics_complaints_are_said_with_their_values(kind: Any, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(kind).validate_python(value)
    (error,) = refusal.value.errors()

    assert validation(error["type"], error.get("ctx", {}), error["msg"], "es") == said
