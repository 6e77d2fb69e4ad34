import json

from devstack.logs import Line, readable

START, END = "START RequestId: 1 Version: 7", "END RequestId: 1"
REPORT = "REPORT RequestId: 1\tDuration: 3 ms"


def _said(**fields: object) -> str:
    return json.dumps({"level": "INFO", "message": "", **fields})


def _lines(*messages: str) -> list[Line]:
    return list(readable("api", 5, [START, *messages, END, REPORT]))


def test_a_request_is_one_line() -> None:
    assert _lines(_said(message="GET /api/feed 200 in 3.1 ms", sql=2)) == [
        Line(5, "api", "GET /api/feed 200 in 3.1 ms")
    ]


def test_an_invocation_that_says_nothing_has_no_line() -> None:
    assert _lines() == []


def test_a_traceback_belongs_to_its_line() -> None:
    said = _said(level="ERROR", message="POST /api/posts 500 in 9 ms", exception="Traceback\n  boom")
    assert _lines(said) == [Line(5, "api", "POST /api/posts 500 in 9 ms", "ERROR", ("Traceback", "  boom"))]


def test_what_is_no_json_belongs_to_the_line_before() -> None:
    assert _lines(_said(message="one"), "Segmentation fault\n", _said(message="two")) == [
        Line(5, "api", "one", detail=("Segmentation fault",)),
        Line(5, "api", "two"),
    ]


def test_what_stands_alone_is_shown_as_a_warning() -> None:
    assert _lines("Task timed out after 15.00 seconds") == [
        Line(5, "api", "Task timed out after 15.00 seconds", "WARNING")
    ]
