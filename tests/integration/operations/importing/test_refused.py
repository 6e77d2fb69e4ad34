"""What `mundo events import` says of what it does not make, and of files that are none."""

import json
from typing import Any

import pytest

from mundotango.bootstrap import Platform
from mundotango.imports import service
from mundotango.moderation.service import suspend
from operations import importing
from operations.house_rules import ROOT
from operations.refusal import Refusal
from tests.factories.imports import Functions
from tests.factories.people import make_user
from tests.fakes.clock import FakeClock
from tests.integration.operations.importing.desk import Desk, counted


def test_what_is_refused_is_told_by_line_and_reason(desk: Desk, platform: Platform) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({"starts_at": "tomorrow"}, "starts_at must be a time such as"),
        ({"ends_at": "2026-12-04T21:00"}, "ends_at must be after starts_at"),
        ({"zone": "Mars/Olympus"}, "zone must be an IANA time zone"),
        ({"latitude": "95"}, "latitude must be from -90 to 90"),
        ({"rule": "FREQ=SECONDLY"}, "rule"),
        ({"kind": "rave"}, "kind must be one of"),
        ({"price": "5", "currency": "GOLD"}, "currency must be a currency of ISO 4217"),
        ({"country": "Argentina"}, "country must be two capital letters"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"title": "a\x00b"}, "title contains a control character"),
        ({"venue_name": "b\x00c"}, "contains a control character"),
        ({"language": "klingon!"}, "language"),
        ({"starts_at": "9999-12-31T23:59", "ends_at": "9999-12-31T23:59:59"}, "starts_at must be in the years"),
        ({"description": "x" * 10_001}, "description must be at most 10000 characters"),
        ({"title": "Good"}, "line says the same as line 3"),
    ]
    desk.bring(
        {"title": "Bad, "}, {"title": "Good"}, *({"title": f"Milonga {i}"} | row for i, (row, _) in enumerate(bad))
    )

    shown = desk.run("--apply", "--report", str(desk.report))

    assert shown.exit_code == 1, shown.output
    assert "2 created, 0 there already, 15 refused\n" in shown.output
    reported = desk.reported()
    assert [(int(row["line"]), row["fate"]) for row in reported] == [(line, "refused") for line in range(4, 19)]
    for row, (_, why) in zip(reported, bad, strict=True):
        assert why in row["reason"]
    assert counted(platform) == {"events": 2, "occurrences": 2, "venues": 1, "outbox": 0}


def test_the_example_of_the_documents_is_one(desk: Desk, platform: Platform) -> None:
    desk.file = ROOT / "docs" / "milongas.csv"
    assert "3 would be created, 0 there already, 0 refused\n" in desk.run().output
    assert "3 created, 0 there already, 0 refused\n" in desk.run("--apply").output
    assert counted(platform)["venues"] == 2


def test_one_reason_is_one_row_with_its_first_lines(desk: Desk) -> None:
    desk.bring(*({"title": f"Milonga {i}", "price": "much"} for i in range(12)), {"zone": "Nowhere"})

    shown = desk.run().output

    (row,) = [line for line in shown.splitlines() if "│ price must be" in line]
    assert row.split("│")[2].strip() == "12"
    assert row.split("│")[3].strip() == "2, 3, 4, 5, 6, 7, 8, 9, …"
    assert "0 would be created, 0 there already, 13 refused" in shown


def test_a_report_has_what_is_there_already_and_no_formula(desk: Desk, platform: Platform) -> None:
    desk.bring({"title": "=1+1 milonga"}, {"title": "@evil", "starts_at": "\x1b[2J"})
    desk.run("--apply")

    shown = desk.run("--report", str(desk.report)).output

    there, refused = desk.reported()
    assert (there["line"], there["title"], there["fate"]) == ("2", "'=1+1 milonga", "there already")
    assert len(there["event_id"]) == 36
    assert (refused["title"], refused["fate"]) == ("'@evil", "refused")
    assert "\x1b" not in shown


def test_what_the_file_does_not_say_the_operator_does(desk: Desk, platform: Platform) -> None:
    desk.file.write_text("title,starts_at,ends_at,venue_name\nNoche,2026-12-04 22:00,2026-12-05 04:00,Canning\n")
    assert "kind must be given" in desk.run().output
    desk.bring({})
    desk.run("--apply")
    with platform.unit_of_work() as work:
        (venue,) = work.venues.list_named("Salón Canning")
    desk.file.write_text("title,starts_at,ends_at,venue_name\nNoche,2026-12-04 22:00,2026-12-05 04:00,Canning\n")
    shown = desk.run("--apply", "--kind", "class", "--zone", venue.zone, "--venue", str(venue.id))
    assert "1 created, 0 there already, 0 refused\n" in shown.output


@pytest.mark.parametrize("handle", ["nobody", "Señora", "", "gone"])
def test_whoever_may_not_announce_events_has_none_imported(
    desk: Desk, platform: Platform, clock: FakeClock, handle: str
) -> None:
    with platform.unit_of_work() as work:
        moderator = make_user(work, clock)
        make_user(work, clock, handle="gone")
        suspend(work, moderator.id, "gone", "spam", clock)
    before = counted(platform)
    desk.bring({})

    ended = desk.run("--apply", "--organiser", handle)

    assert isinstance(ended.exception, Refusal)
    assert "nobody has this handle who may announce events" in str(ended.exception)
    assert counted(platform) == before


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.csv", b"", "must begin with a line of names of columns"),
        ("a.csv", b"%PDF-1.7\n\x00\x01", "must begin with a line of names of columns"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\xff\xfe", "must be written in UTF-8"),
        ("a.csv", b"title,starts_at,ends_at\n", "there is no event in it"),
        ("a.csv", b"title\nA\n", "must have the column starts_at, ends_at"),
        ("a.ics", b"title,starts_at,ends_at\nA,B,C\n", "must be an iCalendar file"),
        ("a.csv", b"BEGIN:VCARD\n", "must be an iCalendar file"),
    ],
)
def test_a_file_that_is_none_ends_with_2_and_asks_nobody(
    desk: Desk, functions: Functions, name: str, data: bytes, why: str
) -> None:
    desk.file = desk.file.with_name(name)
    desk.file.write_bytes(data)

    ended = desk.run("--apply")

    assert (ended.exit_code, functions.calls) == (2, [])
    assert why in " ".join(ended.output.replace("│", " ").split())


def test_a_file_that_is_not_there_or_too_large_ends_with_2(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.run().exit_code == 2
    desk.bring({})
    monkeypatch.setattr(importing, "LARGEST_FILE", 100)
    assert desk.run().exit_code == 2
    monkeypatch.undo()
    monkeypatch.setattr(importing, "MOST_EVENTS", 1)
    desk.bring({}, {"title": "Otra"})
    assert desk.run().exit_code == 2


def test_the_file_itself_is_no_report(desk: Desk) -> None:
    desk.bring({})
    before = desk.file.read_bytes()
    assert desk.run("--report", str(desk.file)).exit_code == 2
    assert desk.file.read_bytes() == before


def test_what_fails_is_refused_by_itself_and_logged(
    desk: Desk, platform: Platform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.bring({}, {"title": "Breaks"}, {"title": "Tercera"})
    said_of = service.said_of

    def breaks(work: Any, candidate: Any, *arguments: Any) -> Any:
        if candidate.title == "Breaks":
            raise ZeroDivisionError
        return said_of(work, candidate, *arguments)

    monkeypatch.setattr(service, "said_of", breaks)
    shown = desk.run("--apply")

    assert "2 created, 0 there already, 1 refused\n" in shown.output
    assert "the log of JobsFunction says why" in shown.output
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["not imported"]


def test_the_log_has_no_words_of_the_file(desk: Desk, functions: Functions, caplog: pytest.LogCaptureFixture) -> None:
    desk.bring({"zone": "Secret/Zone"}, {"title": "Otra"})
    desk.run("--apply")
    logged = json.dumps([vars(record) for record in caplog.records], default=str)
    assert '"job": "import_events"' in logged
    assert "Secret" not in logged
    assert "refused" not in logged
