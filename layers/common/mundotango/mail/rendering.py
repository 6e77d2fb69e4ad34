"""What a mail says, from its template and the words of its language.

A template is `{name}.html` and `{name}.txt` below templates/, and `{name}.{language}.json` has its words. HTML is
escaped by itself. Names in a sentence are kept apart from it, so that one written from right to left does not turn the
rest around: by `bdi` in HTML, in plain text by the isolates of Unicode (UAX #9, 6.3).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundotango.mail.model import Rendered

if TYPE_CHECKING:
    from jinja2 import Environment

    from mundotango.languages import Language
    from mundotango.mail.model import Mail, Template

TEMPLATES = Path(__file__).with_name("templates")
Words = dict[str, Any]

_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_ISOLATE, _END = "\u2068", "\u2069"


def render(mail: Mail, site: str) -> Rendered:
    said = dict(mail.values) | {
        "words": words(mail.template, mail.language),
        "language": mail.language,
        "site": site,
        "unsubscribe": mail.unsubscribe and site + mail.unsubscribe,
    }
    made = _environment()
    subject = made.get_template(f"{mail.template}.subject.txt").render(said)
    return Rendered(
        subject=" ".join(subject.split()),
        text=made.get_template(f"{mail.template}.txt").render(said),
        html=made.get_template(f"{mail.template}.html").render(said),
    )


@cache
def words(template: Template, language: Language) -> Words:
    found: Words = json.loads((TEMPLATES / f"{template}.{language}.json").read_text(encoding="utf-8"))
    return found


def counted(forms: Sequence[str], number: int) -> str:
    """One of two forms, for one and for more, of which each may name the number `n`."""
    return forms[number != 1].format(n=number)


def isolated(name: str) -> str:
    turns = any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in name)
    return f"{_ISOLATE}{name}{_END}" if turns else name


@cache
def _environment() -> Environment:
    """Imported here: the function that sends mails sends few in its life, and it has other things to do."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
    from markupsafe import Markup, escape

    def sentence(template: str, people: Sequence[str], others: int, forms: Words, *, html: bool) -> str:
        """The template with `people` in it, such as "Ana, Bruno and 3 others"."""
        apart, kind = (Markup("<bdi>{}</bdi>").format, escape) if html else (isolated, str)
        listed = [apart(name) for name in people]
        if others:
            listed.append(counted(forms["others"], others))
        *first, last = listed or [""]
        named = kind(", ").join(first) + kind(forms["and"] if first else "") + last
        return kind(template).format(people=named)

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"counted": counted, "isolated": isolated}
    made.globals |= {"spoken": partial(sentence, html=False), "marked_up": partial(sentence, html=True)}
    return made
