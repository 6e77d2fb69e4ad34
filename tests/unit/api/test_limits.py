"""What the API says of how often one may ask, and to whom."""

import re
from uuid import UUID

import pytest

from functions.api import standing
from mundotango.limits import policy
from mundotango.limits.model import Limit
from tests.fakes.cache import FakeCache
from tests.fakes.requests import FakeRates
from tests.fixtures.gateway import Gateway, Log
from tests.unit.api.test_errors import SOMEBODY, UPLOAD

TWO = Limit("upload", 2, 3600)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(policy._POSTS, "/api/media", TWO)
    # Nobody is suspended; there is no database to ask.
    monkeypatch.setattr(standing, "check", lambda *_: None)


def test_an_answer_says_what_is_left(gateway: Gateway) -> None:
    answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD)

    assert answer.headers["ratelimit-policy"] == '"upload";q=2;w=3600'
    assert re.fullmatch(r'"upload";r=1;t=\d{1,4}', answer.headers["ratelimit"])
    assert gateway.get("/api/feed/nothing", user=SOMEBODY).headers["ratelimit"].startswith('"read";r=599;')


def test_who_asks_too_often_is_told_when_to_come_back(gateway: Gateway) -> None:
    for _ in range(2):
        assert gateway.post("/api/media", user=SOMEBODY, json=UPLOAD).status == 201

    answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD, headers={"Accept-Language": "es"})

    assert (answer.status, answer.problem) == (429, "too-many-requests")
    assert answer.json()["title"] == "Demasiadas solicitudes"
    assert answer.headers["content-language"] == "es"
    assert answer.headers["ratelimit"] == f'"upload";r=0;t={answer.headers["retry-after"]}'
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert answer.headers["cache-control"] == "no-store"
    assert len(gateway.platform.media.rows) == 2  # type: ignore[attr-defined]
    assert gateway.post("/api/media", user=UUID(int=7), json=UPLOAD).status == 201


@pytest.mark.parametrize("path", ["/api/public/health", "/api/link/token", "/api/media"])
def test_who_is_not_signed_in_is_not_counted(gateway: Gateway, path: str) -> None:
    assert "ratelimit" not in gateway.get(path).headers


def test_without_any_count_everybody_gets_through_and_the_log_says_so(gateway: Gateway, log: Log) -> None:
    assert isinstance(gateway.platform.cache, FakeCache)
    assert isinstance(gateway.platform.rates, FakeRates)
    gateway.platform.cache.away = gateway.platform.rates.away = True

    for _ in range(4):
        answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD)
        assert answer.status == 201
        assert "ratelimit" not in answer.headers
    assert [line["rate_unknown"] for line in log.lines()] == [1, 1, 1, 1]
