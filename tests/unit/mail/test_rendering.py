"""What a reader gets to see, and what a mailbox reads of it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any, get_args

import pytest

from mundotango.digests.policy import COUNTED
from mundotango.languages import LANGUAGES, Language
from mundotango.mail.message import compose
from mundotango.mail.model import Mail
from mundotango.mail.rendering import render, words
from mundotango.notifications.model import DATED, NotificationKind
from tests.factories.mail import TOKEN, make_mail
from tests.fakes.mail import read_message

SITE = "https://mundotango.example"
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
KINDS: tuple[NotificationKind, ...] = get_args(NotificationKind)


class Read(HTMLParser):
    """What HTML asks a mailbox to do."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


def composed(mail: Mail, site: str = SITE) -> bytes:
    sender = "Mundo Tango <hola@mundotango.example>"
    return compose(mail, render(mail, site), sender=sender, to="malena@example.org", site=site, at=AT)


@pytest.mark.parametrize(
    ("language", "subject", "like"),
    [
        (
            "es",
            "Ana y 12 más, 2 menciones — tu semana en Mundo Tango",
            "A Ana, Bruno y 11 más les gusta tu publicación",
        ),
        ("en", "Ana and 12 others, 2 mentions — your week in Mundo Tango", "Ana, Bruno and 11 others like your post"),
    ],
)
def test_it_speaks_the_readers_language(language: Language, subject: str, like: str) -> None:
    said = render(make_mail(language=language), SITE)

    assert said.subject == subject
    assert like in said.text
    assert like in Read(said.html).said
    assert f'<html lang="{language}"' in said.html


@pytest.mark.parametrize(
    ("people", "others", "counts", "subject"),
    [
        (["Ana"], 0, [], "Ana — tu día en Mundo Tango"),
        (["Ana"], 1, [["mention", 1]], "Ana y 1 más, 1 mención — tu día en Mundo Tango"),
        ([], 0, [["moderation", 1]], "1 decisión de moderación — tu día en Mundo Tango"),
    ],
)
def test_a_subject_says_only_what_there_is(people: list[str], others: int, counts: list[object], subject: str) -> None:
    mail = make_mail(people=people, others=others, counts=counts, rhythm="daily")
    assert render(mail, SITE).subject == subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_and_rhythm_has_its_words(language: Language) -> None:
    known = words("digest", language)
    assert known["sentences"].keys() == set(KINDS) - DATED
    assert known["counts"].keys() == set(COUNTED)
    lines = [
        {"kind": kind, "people": people, "others": 0, "path": "/"}
        for kind in known["sentences"]
        for people in (["A"], ["A", "B"])
    ]
    counts = [[kind, number] for kind in COUNTED for number in (1, 2)]
    for rhythm in ("daily", "weekly"):
        said = render(make_mail(language=language, rhythm=rhythm, lines=lines, counts=counts, more=1), SITE)
        assert "{" not in said.subject + said.text


def test_of_an_event_a_digest_says_a_whole_sentence() -> None:
    line: dict[str, Any] = {
        "kind": "reminder",
        "said": "Falta un día: <b>La Viruta</b>",
        "people": [],
        "others": 0,
        "path": "/events/1",
    }
    said = render(make_mail(people=[], others=0, counts=[["reminder", 1]], lines=[line]), SITE)

    assert said.subject == "1 evento pronto — tu semana en Mundo Tango"
    assert f"* Falta un día: <b>La Viruta</b>\n  {SITE}/events/1" in said.text
    assert "Falta un día: <b>La Viruta</b>" in Read(said.html).said


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_is_about_what_was_asked_for(language: Language) -> None:
    values = {"name": "Malena", "title": "<La Viruta>", "said": "Un lugar: <La Viruta>", "path": "/events/1"}
    mail = replace(make_mail(language=language), template="offer", values=values, unsubscribe=None)
    said = render(mail, SITE)

    assert said.subject == f"{words('offer', language)['subject']}: <La Viruta>"
    assert "Malena" in said.text
    assert f"{SITE}/events/1" in said.text
    assert "Un lugar: <La Viruta>" in Read(said.html).said
    assert "List-Unsubscribe" not in composed(mail).decode()


def test_names_are_text_and_nothing_else() -> None:
    mail = make_mail(
        name="<script>x</script>", people=["{people} {n} {{ site }}"],
        lines=[{"kind": "like", "people": ["<img src=//t.example>"], "others": 0, "path": "/posts/1"}],
    )  # fmt: skip
    said = render(mail, SITE)

    assert {"script", "img"}.isdisjoint(tag for tag, _ in Read(said.html).tags)
    assert "<img src=//t.example>" in Read(said.html).said
    assert said.subject.startswith("{people} {n} {{ site }} y 12 más")


def test_a_name_from_right_to_left_turns_nothing_around() -> None:
    line = {"kind": "mention", "people": ["علي"], "others": 2, "path": "/posts/1"}
    said = render(make_mail(people=["علي"], lines=[line]), SITE)

    assert said.subject.startswith("\u2068علي\u2069 y 12 más")
    assert "\u2068علي\u2069 y 2 más te mencionaron" in said.text
    assert "<bdi>علي</bdi> y 2 más" in said.html


def test_nothing_is_fetched_and_links_lead_home() -> None:
    tags = Read(render(make_mail(more=3), SITE).html).tags

    assert {"img", "script", "link", "iframe"}.isdisjoint(tag for tag, _ in tags)
    addresses = [attributes["href"] or "" for tag, attributes in tags if tag == "a"]
    assert addresses
    assert all(address.startswith(SITE + "/") for address in addresses)
    assert "url(" not in render(make_mail(), SITE).html


def test_it_fits_a_phone_and_the_night() -> None:
    html = render(make_mail(), SITE).html
    assert "max-width:600px" in html
    assert not re.search(r'width="[0-9]+"', html)
    assert "prefers-color-scheme: dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html


def test_a_mailbox_ends_it_by_one_click() -> None:
    """RFC 8058, 3.1: an https link, and a header that says what is posted there. Encoded, no mailbox would see it."""
    mail = make_mail()
    raw = composed(mail, "https://d111111abcdef8.cloudfront.net")
    link = f"<https://d111111abcdef8.cloudfront.net/api/link/{TOKEN}/unsubscribe>"

    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_text_and_html_say_the_same_in_lines_that_travel() -> None:
    mail = make_mail()
    raw = composed(mail)
    message = read_message(raw)
    plain, html = message.iter_parts()

    assert message.get_content_type() == "multipart/alternative"
    assert [plain.get_content_type(), html.get_content_type()] == ["text/plain", "text/html"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "es"
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert "Bruno te mencionó" in plain.get_content()
    assert "Bruno" in html.get_content()


def test_it_has_the_same_id_each_time() -> None:
    mail = make_mail()
    assert {str(read_message(composed(mail))["Message-ID"]) for _ in range(2)} == {f"<{mail.id}@mundotango.example>"}


@pytest.mark.parametrize("address", ["ana@example.org\r\nBcc: bruno@example.org", "ana@example.org\nX: y"])
def test_an_address_adds_no_header(address: str) -> None:
    mail = make_mail()
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        compose(mail, render(mail, SITE), sender="hola@mundotango.example", to=address, site=SITE, at=AT)


def test_a_mail_travels_as_json() -> None:
    from mundotango.mail.model import mail_from, mail_payload

    mail = make_mail()
    assert mail_from(json.loads(json.dumps(mail_payload(mail)))) == mail
