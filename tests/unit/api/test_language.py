import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from functions.api.language import preferred
from mundotango.errors import Unavailable
from mundotango.media.policy import GIVEN_UP, TOO_LARGE
from tests.factories.media import pending_media
from tests.fixtures.gateway import Gateway
from tests.unit.api.test_errors import SOMEBODY, UPLOAD, refuse

SPANISH = {"Accept-Language": "es-AR,es;q=0.9,en;q=0.5"}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-419", "es"),
        ("ES-ar", "es"),
        ("fr, es;q=0.8, en;q=0.7", "es"),
        ("fr, en;q=0.7, es;q=0.8", "es"),
        ("en;q=0.5, es;q=0.5", "en"),
        ("es;q=0.5, en;q=0.5", "es"),
        ("*", "en"),
        ("es;q=0.1, *;q=0.5", "en"),
        ("es;q=0", "en"),
        ("en;q=0, es;q=0.001", "es"),
        ("fr-FR", "en"),
        ("estonian", "en"),
        ("es;q=much, en;q=0.1", "en"),
        ("es;q=nan", "en"),
        ("es;q=7", "en"),
        ("es ; q=1.0", "es"),
        (";;;,,=", "en"),
    ],
)
def test_the_reader_is_answered_in_the_language_they_like_best(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def test_a_refusal_is_told_in_the_readers_language(gateway: Gateway) -> None:
    answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD | {"size": 0}, headers=SPANISH)

    assert answer.json() == {
        "type": "/problems/invalid",
        "title": "Datos no válidos",
        "status": 422,
        "detail": "este archivo no se puede subir",
        "errors": [{"field": "size", "message": "debe estar entre 1 y 26214400 bytes"}],
    }
    assert answer.headers["content-language"] == "es"
    assert answer.headers["vary"] == "Accept-Language"


def test_without_a_word_it_is_english(gateway: Gateway) -> None:
    answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD | {"size": 0})

    assert answer.json()["title"] == "Invalid"
    assert answer.headers["content-language"] == "en"
    assert answer.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("query", "title"),
    [({"lang": "es"}, "Datos no válidos"), ({"lang": "en"}, "Invalid"), ({"lang": "tlh"}, "Invalid"), ({}, "Invalid")],
)
def test_on_public_pages_the_address_says_the_language(gateway: Gateway, query: dict[str, str], title: str) -> None:
    """The edge keeps an answer by its address and forwards no header."""
    answer = gateway.get("/api/public/events", query=query | {"limit": "all"}, headers=SPANISH)

    assert (answer.status, answer.json()["title"]) == (422, title)
    assert answer.headers["content-language"] == ("es" if query == {"lang": "es"} else "en")
    assert "vary" not in answer.headers


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"size": "1000"}, "debe ser un número entero"),
        ({"colour": "red"}, "no es un campo conocido"),
        ({"purpose": 7}, "debe ser texto"),
    ],
)
def test_what_a_schema_refuses_is_told_in_the_readers_language(
    gateway: Gateway, sent: dict[str, Any], message: str
) -> None:
    answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD | sent, headers=SPANISH)

    assert [error["message"] for error in answer.json()["errors"]] == [message]


def test_what_our_own_checks_refuse_is_told_so_too(gateway: Gateway) -> None:
    asked = gateway.get("/api/media/7", user=SOMEBODY, headers=SPANISH)
    unasked = gateway.get("/api/media/7", user=SOMEBODY)

    assert asked.json()["errors"][0]["message"].startswith("debe ser un UUID, como ")
    assert unasked.json()["errors"][0]["message"].startswith("must be a UUID such as ")


def test_a_body_that_is_not_json_is_told_so(gateway: Gateway) -> None:
    headers = SPANISH | {"Content-Type": "application/json"}

    answer = gateway.post("/api/media", user=SOMEBODY, body='{"size": 1,}', headers=headers)

    assert answer.json()["detail"] == "el cuerpo no es JSON: sobra una coma al final del objeto"
    assert answer.json()["errors"] == [{"field": "body", "message": "deja de ser JSON en el carácter 10"}]


def test_what_is_refused_around_the_routes_is_told_so(gateway: Gateway) -> None:
    assert gateway.get("/api/nothing", user=SOMEBODY, headers=SPANISH).json()["detail"] == "aquí no hay nada"
    assert gateway.get("/api/media/7", headers=SPANISH).json()["detail"] == "hace falta iniciar sesión"
    wrong = gateway.call("PATCH", "/api/feed", user=SOMEBODY, headers=SPANISH)
    assert (wrong.status, wrong.json()["title"]) == (405, "Método no permitido")
    assert wrong.json()["detail"] == "esta ruta no admite ese método"
    refuse(gateway, RuntimeError("nobody foresaw it"))
    answer = gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY, headers=SPANISH)
    assert (answer.status, answer.json()["title"]) == (500, "Error interno")
    refuse(gateway, Unavailable("the table is busy; try again"))
    answer = gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY, headers=SPANISH)
    assert answer.json()["title"] == "Servicio no disponible"
    assert answer.headers["retry-after"] == "2"


def test_why_a_picture_failed_is_told_in_its_owners_language(gateway: Gateway) -> None:
    """The media table keeps English text; the texts are known, so what they were made of is too."""

    def reason(stored: str, headers: dict[str, str]) -> str:
        media = pending_media(owner_id=SOMEBODY, expires_at=gateway.platform.clock.now() + timedelta(days=1))
        gateway.platform.media.add(media)
        gateway.platform.media.mark_failed(media.media_id, stored)
        answer = gateway.get(f"/api/media/{media.media_id}", user=SOMEBODY, headers=headers)
        assert answer.headers["vary"] == "Accept-Language"
        return str(answer.json()["reason"])

    assert reason(str(TOO_LARGE), {}) == "This picture has more than 50 million pixels."
    assert reason(str(TOO_LARGE), SPANISH) == "La imagen tiene más de 50 millones de píxeles."
    assert reason(GIVEN_UP, SPANISH).startswith("No pudimos procesar la imagen.")
    assert reason("as an earlier release said it", SPANISH) == "as an earlier release said it"


def test_the_catalogue_is_read_for_those_alone_who_want_it() -> None:
    program = """
import json
from functions.api import errors
from mundotango import languages
errors.problem(404, "not-found", "no such post")
print(json.dumps(languages.catalogue.cache_info().currsize))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={})
    assert json.loads(said.stdout) == 0
