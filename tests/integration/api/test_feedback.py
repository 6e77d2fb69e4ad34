"""Reports of slowness: each is one line of the log, with what the browser measured and an id instead of an address."""

from typing import Any
from uuid import UUID

import pytest

from tests.fixtures.gateway import Gateway, Log

TIMINGS = {"first_byte_ms": 840, "largest_paint_ms": 4310, "loaded_ms": 5120}
SLOW: dict[str, Any] = {"kind": "slow", "page": "tonight", "timings": TIMINGS, "connection": "3g"}


def said(log: Log) -> list[dict[str, Any]]:
    return [line for line in log.lines() if line["message"] == "feedback"]


def test_a_slow_page_is_one_line_with_the_browsers_own_figures(gateway: Gateway, malena: UUID, log: Log) -> None:
    answer = gateway.post("/api/feedback", user=malena, json=SLOW)

    assert (answer.status, answer.text) == (204, "")
    (line,) = said(log)
    expected = {"feedback": "slow", "page": "tonight", "connection": "3g", "user_id": str(malena), **TIMINGS}
    assert {name: line[name] for name in expected} == expected


def test_a_browser_that_measures_nothing_is_heard_too(gateway: Gateway, malena: UUID, log: Log) -> None:
    assert gateway.post("/api/feedback", user=malena, json={"kind": "slow", "page": "feed"}).status == 204

    (line,) = said(log)
    assert ("largest_paint_ms" in line, line["connection"]) == (False, "unknown")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "fast"}, "kind"),
        ({"page": "/people/malena"}, "page"),
        ({"timings": {"loaded_ms": -1}}, "timings.loaded_ms"),
        ({"timings": {"loaded_ms": 600_001}}, "timings.loaded_ms"),
        ({"timings": {"note": "so slow"}}, "timings.note"),
        ({"connection": "home"}, "connection"),
        ({"note": "my name is Malena"}, "note"),
    ],
)
def test_what_could_name_a_person_or_is_no_time_is_refused(
    gateway: Gateway, malena: UUID, log: Log, wrong: dict[str, Any], field: str
) -> None:
    answer = gateway.post("/api/feedback", user=malena, json=SLOW | wrong)

    assert (answer.status, answer.refused_fields) == (422, {field})
    assert said(log) == []
