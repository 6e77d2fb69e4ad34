from uuid import UUID

import pytest

from mundotango.observability import count, counting, masked
from tests.fixtures.gateway import Gateway, Log
from tests.unit.api.test_errors import SOMEBODY, UPLOAD, refuse


def test_a_request_is_one_readable_line(gateway: Gateway, log: Log) -> None:
    gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY, query={"cursor": "secret"})

    (line,) = log.lines()
    assert line["message"] == f"GET /api/media/{{media_id}} 404 in {line['ms']} ms"
    assert {name: line[name] for name in ("level", "method", "route", "status", "problem", "gateway_id")} == {
        "level": "INFO",
        "method": "GET",
        "route": "/api/media/{media_id}",
        "status": 404,
        "problem": "not-found",
        "gateway_id": gateway.recorded_request_id,
    }


@pytest.mark.parametrize("forged", ["", "short", "x" * 129, "{}\n" * 10])
def test_it_belongs_to_the_edges_request_and_to_the_gateways_where_no_edge_asks(
    gateway: Gateway, log: Log, forged: str
) -> None:
    edges = "f3wGm7eC0Y2e5eYhXz0cH7o0lq3mHc9Q5VZb2m1T0b7s1Q=="
    gateway.get("/api/public/health", headers={"x-amz-cf-id": edges})
    gateway.get("/api/public/health", headers={"x-amz-cf-id": forged})

    by_edge, past_it = log.lines()
    assert (by_edge["correlation_id"], by_edge["gateway_id"]) == (edges, gateway.recorded_request_id)
    assert past_it["correlation_id"] == gateway.recorded_request_id
    assert "gateway_id" not in past_it


def test_nothing_personal_and_no_secret_is_in_it(gateway: Gateway, log: Log) -> None:
    gateway.post(
        "/api/media",
        user=SOMEBODY,
        json=UPLOAD | {"unknown": "a private remark"},
        query={"ticket": "a-secret"},
        headers={"Authorization": "Bearer a-token", "User-Agent": "a-browser"},
    )
    gateway.get("/api/link/a-capability/unsubscribe")

    printed = log.text()
    for secret in (
        str(SOMEBODY),
        "a private remark",
        "a-secret",
        "a-token",
        "a-browser",
        "a-capability",
        "203.0.113.7",
    ):
        assert secret not in printed
    assert "/api/link/{token}/unsubscribe" in printed


def test_what_nobody_foresaw_is_told_once_with_its_trace(gateway: Gateway, log: Log) -> None:
    refuse(gateway, RuntimeError("the cause"))

    gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY)

    (line,) = log.lines()
    assert (line["level"], line["status"], line["exception_name"]) == ("ERROR", 500, "RuntimeError")
    assert "the cause" in line["exception"]


def test_what_was_counted_stands_in_the_line_of_its_request_only(gateway: Gateway, log: Log) -> None:
    def find(_: UUID) -> None:
        count("sql_statements")
        count("sql_statements")

    gateway.platform.media.find = find  # type: ignore[assignment, method-assign]
    gateway.get(f"/api/media/{SOMEBODY}", user=SOMEBODY)
    gateway.get("/api/public/health")

    first, second = log.lines()
    assert first["sql_statements"] == 2
    assert "sql_statements" not in second


def test_a_count_outside_of_a_request_is_nobodys() -> None:
    count("sql_statements")
    with counting() as counts:
        count("sql_statements", 3)
    count("sql_statements")

    assert counts == {"sql_statements": 3}


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/link/abc", "/api/link/{token}"),
        ("/api/link/abc/calendar.ics", "/api/link/{token}/calendar.ics"),
        ("/api/posts/abc", "/api/posts/abc"),
    ],
)
def test_a_capability_in_a_path_is_masked(path: str, shown: str) -> None:
    assert masked(path) == shown
