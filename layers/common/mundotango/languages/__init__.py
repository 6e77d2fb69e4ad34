"""What refusals say, in the languages of their readers.

English is in the code, where it is refused; the others are catalogues of data beside this file, each read when a
refusal is first told in its language. A catalogue has

    titles       by the problem's code
    texts        by the English template of a refusal, or by its text where it has no values
    validation   by pydantic's type of error

and a test holds it against the code. What it lacks is said in English.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from mundotango.errors import Said

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_OR = "' or '"


def title(code: str, language: Language) -> str:
    english = code.replace("-", " ").capitalize()
    return english if language == "en" else str(catalogue(language)["titles"].get(code, english))


def text(said: str, language: Language) -> str:
    if language == "en":
        return said
    texts = catalogue(language)["texts"]
    if not isinstance(said, Said):
        return str(texts.get(said, said))
    values = {name: text(value, language) if isinstance(value, str) else value for name, value in said.values.items()}
    return str(texts.get(said.template, said.template)).format(**values)


def validation(kind: str, context: Mapping[str, Any], english: str, language: Language) -> str:
    """What pydantic found wrong: `english` is how it says it, `context` the values it says it with."""
    if language == "en":
        return english
    known = catalogue(language)
    template = known["validation"].get(kind)
    if template is None:
        return english
    values = {name: _localised(value, known["texts"]) for name, value in context.items()}
    return str(template.format(**values))


def _localised(value: Any, texts: Mapping[str, str]) -> Any:
    """Pydantic names collections in English, List and Set, and lists choices in it: 'a', 'b' or 'c'."""
    if not isinstance(value, str):
        return value
    return texts.get(value) or value.replace(_OR, texts.get(_OR, _OR))


@cache
def catalogue(language: Language) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(_file(language).read_text(encoding="utf-8"))
    return found


def _file(language: Language) -> Path:
    return Path(__file__).with_name(f"{language}.json")
