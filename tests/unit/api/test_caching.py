import pytest

from tests.fixtures.gateway import Gateway, Log
from tests.unit.api.test_errors import SOMEBODY, UPLOAD


@pytest.fixture
def path(gateway: Gateway) -> str:
    """A resource that SOMEBODY may read."""
    return f"/api/media/{gateway.post('/api/media', user=SOMEBODY, json=UPLOAD).json()['id']}"


def test_a_private_answer_is_for_its_client_alone_and_has_a_tag(gateway: Gateway, path: str) -> None:
    answer = gateway.get(path, user=SOMEBODY)

    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["etag"].startswith('"')


def test_the_tag_follows_the_bytes(gateway: Gateway, path: str) -> None:
    before = gateway.get(path, user=SOMEBODY).headers["etag"]
    assert gateway.get(path, user=SOMEBODY).headers["etag"] == before

    media_id = next(iter(gateway.platform.media.rows))  # type: ignore[attr-defined]
    gateway.platform.media.mark_failed(media_id, "not an image")

    assert gateway.get(path, user=SOMEBODY).headers["etag"] != before


@pytest.mark.parametrize("shown", ["{etag}", "W/{etag}", '"other", {etag}', '"other" , W/{etag}', "*"])
def test_who_has_it_is_told_so_without_the_bytes(gateway: Gateway, path: str, shown: str) -> None:
    etag = gateway.get(path, user=SOMEBODY).headers["etag"]

    answer = gateway.get(path, user=SOMEBODY, headers={"If-None-Match": shown.format(etag=etag)})

    assert (answer.status, answer.text) == (304, "")
    assert answer.headers["etag"] == etag
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "content-length" not in answer.headers


@pytest.mark.parametrize("shown", ["", '"other"', "nonsense", '"'])
def test_who_has_something_else_gets_the_bytes(gateway: Gateway, path: str, shown: str) -> None:
    assert gateway.get(path, user=SOMEBODY, headers={"If-None-Match": shown}).status == 200


def test_what_changes_something_is_kept_by_nobody(gateway: Gateway) -> None:
    answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD, headers={"If-None-Match": "*"})

    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_a_refusal_is_kept_by_nobody(gateway: Gateway) -> None:
    answer = gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY, headers={"If-None-Match": "*"})

    assert answer.status == 404
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_health_is_kept_by_nobody(gateway: Gateway) -> None:
    answer = gateway.get("/api/public/health", headers={"If-None-Match": "*"})

    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_a_head_is_answered_like_a_get_without_its_bytes(gateway: Gateway, path: str) -> None:
    whole = gateway.get(path, user=SOMEBODY)

    answer = gateway.call("HEAD", path, user=SOMEBODY)

    counted = {"ratelimit": answer.headers["ratelimit"]}
    assert (answer.status, answer.text, answer.headers) == (200, "", whole.headers | counted)
    assert int(answer.headers["content-length"]) == len(whole.text.encode())
    shown = gateway.call("HEAD", path, user=SOMEBODY, headers={"If-None-Match": whole.headers["etag"]})
    assert (shown.status, shown.text) == (304, "")


def test_a_refused_head_has_no_bytes_either(gateway: Gateway) -> None:
    absent = gateway.call("HEAD", f"/api/media/{SOMEBODY}", user=SOMEBODY)
    unreadable = gateway.call("HEAD", "/api/realtime/tickets", user=SOMEBODY)

    assert (absent.status, absent.text, absent.headers["cache-control"]) == (404, "", "no-store")
    assert (unreadable.status, unreadable.text, unreadable.headers["allow"]) == (405, "", "POST")


def test_a_head_is_logged_as_what_it_was(gateway: Gateway, log: Log) -> None:
    gateway.call("HEAD", f"/api/media/{SOMEBODY}", user=SOMEBODY)

    (line,) = log.lines()
    assert (line["method"], line["route"], line["problem"]) == ("HEAD", "/api/media/{media_id}", "not-found")
