import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from functions.api.errors import MOST_FIELDS, status_of
from mundotango import errors
from mundotango.errors import FieldError, HandleTaken, MundoTangoError, Unavailable
from mundotango.media import policy
from tests.fixtures.gateway import Gateway

SOMEBODY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
UPLOAD = {"purpose": "post", "content_type": "image/jpeg", "size": 1000}


def tree(root: type[MundoTangoError] = MundoTangoError) -> Iterator[type[MundoTangoError]]:
    for refusal in root.__subclasses__():
        if refusal.__module__ == errors.__name__:
            yield refusal
            yield from tree(refusal)


def refuse(gateway: Gateway, refusal: Exception) -> None:
    """Lets every lookup of a picture end so."""

    def find(_: UUID) -> Any:
        raise refusal

    gateway.platform.media.find = find  # type: ignore[assignment, method-assign]


@pytest.mark.parametrize("refusal", list(tree()), ids=lambda refusal: refusal.__name__)
def test_every_refusal_has_a_status_of_its_own_kind(refusal: type[MundoTangoError]) -> None:
    assert status_of(refusal) == 503 if issubclass(refusal, Unavailable) else 400 <= status_of(refusal) < 500


def test_codes_are_told_apart() -> None:
    codes = [refusal.code for refusal in tree() if "code" in vars(refusal)]
    assert len(codes) == len(set(codes))


def test_a_refusal_is_a_problem_with_its_fields(gateway: Gateway) -> None:
    refuse(gateway, HandleTaken("the handle is taken", FieldError("handle", "is taken")))

    answer = gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY)

    assert answer.status == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/handle-taken",
        "title": "Handle taken",
        "status": 409,
        "detail": "the handle is taken",
        "errors": [{"field": "handle", "message": "is taken"}],
    }


def test_a_store_that_is_away_is_503_and_says_when_to_come_back(gateway: Gateway) -> None:
    refuse(gateway, Unavailable("the database cannot be reached now", retry_after=7))

    answer = gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY)

    assert (answer.status, answer.problem) == (503, "unavailable")
    assert answer.headers["retry-after"] == "7"


def test_what_nobody_foresaw_tells_the_client_nothing(gateway: Gateway) -> None:
    refuse(gateway, RuntimeError("password=hunter2"))

    answer = gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY)

    assert (answer.status, answer.problem) == (500, "internal-error")
    assert "hunter2" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "body",
    ["{", "", '{"purpose": "post",}', "[" * 100_000, b"\xff\xfe{}", '{"size": 1} trailing', "\x00"],
    ids=["cut off", "empty", "comma", "deep", "not UTF-8", "trailing", "NUL"],
)
def test_a_body_that_is_not_json_is_refused(gateway: Gateway, body: str | bytes) -> None:
    answer = gateway.post(
        "/api/media", user=SOMEBODY, body=body, headers={"Content-Type": "application/json; charset=utf-8"}
    )

    assert answer.status == (422 if body == "" else 400)
    assert answer.problem in {"malformed-json", "malformed-request", "invalid"}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "nonsense"])
def test_a_body_that_is_not_declared_as_json_is_refused(gateway: Gateway, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}

    answer = gateway.post("/api/media", user=SOMEBODY, body='{"purpose": "post"}', headers=headers)

    assert (answer.status, answer.problem) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"size": "1000"}, {"size"}),
        ({"size": 1000.0}, {"size"}),
        ({"size": True}, {"size"}),
        ({"size": 0}, {"size"}),
        ({"size": 26_214_401}, {"size"}),
        ({"size": 10**400}, {"size"}),
        ({"content_type": "image/svg+xml", "size": 0}, {"content_type", "size"}),
        ({"size": None}, {"size"}),
        ({"purpose": "payslip", "content_type": "image/svg+xml"}, {"purpose", "content_type"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_a_field_that_is_wrong_or_unknown_is_named(gateway: Gateway, change: dict[str, Any], fields: set[str]) -> None:
    answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD | change)

    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.refused_fields == fields


def test_what_may_be_uploaded_is_said_by_the_policy_alone(gateway: Gateway) -> None:
    asked = {"purpose": "payslip", "content_type": "image/svg+xml", "size": 0}

    answer = gateway.post("/api/media", user=SOMEBODY, json=asked)

    assert [FieldError(**error) for error in answer.json()["errors"]] == policy.refused_fields(
        "payslip", "image/svg+xml", 0, None
    )


@pytest.mark.parametrize("body", [None, [], "text", 7, [UPLOAD]])
def test_a_body_that_is_no_object_is_refused(gateway: Gateway, body: Any) -> None:
    answer = gateway.post(
        "/api/media", user=SOMEBODY, body=json.dumps(body), headers={"Content-Type": "application/json"}
    )

    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.refused_fields == {"body"}


def test_fields_at_fault_are_listed_up_to_a_limit(gateway: Gateway) -> None:
    answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD | {f"unknown_{n}": n for n in range(1000)})

    assert len(answer.json()["errors"]) == MOST_FIELDS


@pytest.mark.parametrize(
    "media_id",
    ["1", "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", "01890a5dac96774bbcceb302099a8057", "\x00", "a b", "%00"],
)
def test_an_id_that_is_not_canonical_is_refused(gateway: Gateway, media_id: str) -> None:
    answer = gateway.get(f"/api/media/{media_id}", user=SOMEBODY)

    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.refused_fields == {"media_id"}


def test_a_route_that_is_not_there_is_a_problem(gateway: Gateway) -> None:
    assert (gateway.get("/api/nothing", user=SOMEBODY).status, gateway.get("/api/nothing").problem) == (
        404,
        "no-such-route",
    )


def test_a_method_that_is_not_there_says_which_are(gateway: Gateway) -> None:
    answer = gateway.delete("/api/media", user=SOMEBODY)

    assert (answer.status, answer.problem) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
