"""Drafts of what a calendar's file says."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.imports import drafting
from mundotango.imports.drafting import LONGEST, MOST_EVENTS
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.test_events import announce
from tests.unit.imports.test_reading_calendars import calendar

Join = Callable[[str], UUID]
IMPORT = "/api/calendars/import"
BERLIN = "DTSTART;TZID=Europe/Berlin:20270319T220000\nDTEND;TZID=Europe/Berlin:20270320T040000"
BALLHAUS = "LOCATION:Ballhaus\\, Chausseestr. 102\nGEO:52.53;13.4"
IN_BERLIN = {"city": "Berlin", "country": "DE", "kind": "milonga"}


@pytest.fixture
def organiser(join: Join) -> UUID:
    return join("malena")


def bring(gateway: Gateway, user: UUID, *events: str, text: str | None = None, **usual: Any) -> Answer:
    content = calendar(*events) if text is None else text
    return gateway.post(IMPORT, user=user, json={"calendar": content} | usual)


def drafted(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [each["event_id"] for each in answer.json()["drafted"]]


def reasons(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [each["reason"] for each in answer.json()["skipped"]]


def own(gateway: Gateway, user: UUID, event_id: str) -> dict[str, Any]:
    found: dict[str, Any] = gateway.get(f"/api/events/{event_id}", user=user).json()
    return found


def test_a_series_becomes_a_draft_with_all_that_the_file_says(gateway: Gateway, organiser: UUID) -> None:
    answer = bring(
        gateway,
        organiser,
        f"UID:1\nSUMMARY;LANGUAGE=de:Tanzabend\nDESCRIPTION:Kurs um acht\n{BERLIN}\n{BALLHAUS}\n"
        "RRULE:FREQ=WEEKLY;UNTIL=20270423T200000Z\nEXDATE;TZID=Europe/Berlin:20270326T220000",
        "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20270402T220000\nSTATUS:CANCELLED",
        "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20270409T220000\n"
        "DTSTART;TZID=Europe/Berlin:20270409T200000\nDTEND;TZID=Europe/Berlin:20270410T010000",
        **IN_BERLIN,
    )

    assert reasons(answer) == []
    event = own(gateway, organiser, *drafted(answer))
    assert (event["status"], event["title"], event["language"]) == ("draft", "Tanzabend", "de")
    assert (event["venue_name"], event["address"], event["city"]) == ("Ballhaus", "Chausseestr. 102", "Berlin")
    assert (event["zone"], event["first_start"]) == ("Europe/Berlin", "2027-03-19T22:00:00")
    assert (event["rule"], event["excluded"]) == ("FREQ=WEEKLY;UNTIL=20270423T220000", ["2027-03-26T22:00:00"])
    published = gateway.patch(
        f"/api/events/{event['id']}",
        user=organiser,
        json={"status": "published"},
        headers={"If-Match": str(event["version"])},
    )
    assert published.status == 200, published.text
    found = gateway.get(f"/api/public/events/{event['id']}/occurrences").json()["items"]
    assert [(item["starts_at"], item["status"]) for item in found] == [
        ("2027-03-19T21:00:00Z", "published"),
        ("2027-04-02T20:00:00Z", "cancelled"),
        ("2027-04-09T18:00:00Z", "published"),
        ("2027-04-16T20:00:00Z", "published"),
        ("2027-04-23T20:00:00Z", "published"),
    ]


def test_what_lacks_something_is_a_line_of_the_report_and_the_rest_is_made(gateway: Gateway, organiser: UUID) -> None:
    answer = bring(
        gateway,
        organiser,
        f"UID:1\nSUMMARY:Good\n{BERLIN}\n{BALLHAUS}",
        f"UID:2\nSUMMARY:Nowhere\n{BERLIN}",
        f"UID:3\nSUMMARY:Unknown\n{BERLIN}\nLOCATION:Somewhere",
        "UID:4\nSUMMARY:All day\nDTSTART;VALUE=DATE:20270101",
        f"UID:5\nSUMMARY:Endless\n{BERLIN}\n{BALLHAUS}\nRRULE:FREQ=WEEKLY",
        f"UID:6\nSUMMARY:Many\n{BERLIN}\n{BALLHAUS}\nRRULE:FREQ=DAILY;COUNT=100000",
        f"UID:7\nSUMMARY:Off the globe\n{BERLIN}\nLOCATION:X\nGEO:999;13.4",
        f"UID:8\nSUMMARY:\n{BERLIN}\n{BALLHAUS}",
        f"UID:9\nSUMMARY:Broken\n{BERLIN}\nLOCATION:\x00\nGEO:1;1",
        f"UID:10\nSUMMARY:Elsewhere\n{BERLIN}\nLOCATION:!!!\nGEO:1;1",
        f"UID:11\nSUMMARY:Backwards\nDTSTART:20270320T200000Z\nDTEND:20270320T190000Z\n{BALLHAUS}",
        f"UID:12\nSUMMARY:Good too\n{BERLIN}\n{BALLHAUS}",
        **IN_BERLIN,
    )

    assert [each["title"] for each in answer.json()["drafted"]] == ["Good", "Good too"]
    assert reasons(answer) == [
        "LOCATION must be given, or a venue for all that have none",
        "LOCATION is no venue that is known here; say where it is by GEO, or tell of the venue first",
        "DTSTART must have an hour, and not be all of a day",
        "rule must end: say COUNT or UNTIL",
        "rule must have at most 1000 starts",
        "latitude must be from -90 to 90",
        "title must not be empty",
        "LOCATION contains a control character",
        "LOCATION must contain a letter or a digit",
        "ends_at must be after starts_at",
    ]
    assert [each["line"] for each in answer.json()["skipped"]] == sorted(
        each["line"] for each in answer.json()["skipped"]
    )


def test_reasons_are_told_in_the_readers_language(gateway: Gateway, organiser: UUID) -> None:
    content = {"calendar": calendar("SUMMARY:x\nDTSTART;VALUE=DATE:20270101")}

    answer = gateway.post(IMPORT, user=organiser, json=content, headers={"Accept-Language": "es"})

    assert reasons(answer) == ["DTSTART: debe tener una hora, y no ser de todo el día"]


def test_a_venue_is_known_by_its_name_in_a_city(gateway: Gateway, organiser: UUID) -> None:
    there = announce(gateway, organiser)
    plain = f"UID:1\nSUMMARY:Milonga\n{BERLIN}\nLOCATION:la viruta"
    says_city = f"UID:2\nSUMMARY:Milonga 2\n{BERLIN}\nLOCATION:La Viruta\\, Armenia 1366\\, Buenos Aires\\, Argentina"

    assert reasons(bring(gateway, organiser, plain)) == [
        "LOCATION is no venue that is known here; say where it is by GEO, or tell of the venue first"
    ]
    for answer in (bring(gateway, organiser, plain, city="buenos aires"), bring(gateway, organiser, says_city)):
        assert own(gateway, organiser, *drafted(answer))["venue_id"] == there["venue_id"]


def test_a_venue_for_all_is_where_no_other_is_known(gateway: Gateway, organiser: UUID) -> None:
    there = announce(gateway, organiser)
    floating = "UID:1\nSUMMARY:Milonga\nDTSTART:20270319T220000\nDTEND:20270320T040000"

    answer = bring(gateway, organiser, floating, venue_id=there["venue_id"])

    event = own(gateway, organiser, *drafted(answer))
    assert (event["venue_id"], event["zone"]) == (there["venue_id"], there["zone"])
    assert (event["first_start"], event["starts_at"]) == ("2027-03-19T22:00:00", "2027-03-20T01:00:00Z")


def test_a_file_that_comes_again_makes_nothing_twice(gateway: Gateway, organiser: UUID) -> None:
    event = f"UID:1\nSUMMARY: Milonga  \n{BERLIN}\n{BALLHAUS}\nRRULE:FREQ=WEEKLY;COUNT=3"
    (first,) = drafted(bring(gateway, organiser, event, **IN_BERLIN))

    again = bring(gateway, organiser, event, **IN_BERLIN)

    assert drafted(again) == []
    assert reasons(again) == [f"this event is there already: {first}"]


def test_what_there_is_no_time_for_is_made_when_the_file_comes_again(
    gateway: Gateway, organiser: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = f"UID:1\nSUMMARY:Milonga\n{BERLIN}\n{BALLHAUS}"
    with monkeypatch.context() as slow:
        slow.setattr(drafting, "SECONDS", 0.0)
        late = bring(gateway, organiser, event, **IN_BERLIN)

    assert reasons(late) == ["there was no time for it; send the file again"]
    assert len(drafted(bring(gateway, organiser, event, **IN_BERLIN))) == 1


def test_what_we_tell_calendars_comes_back_as_it_was(gateway: Gateway, organiser: UUID, join: Join) -> None:
    weekly = {"starts_at": "2031-05-02T22:00:00-03:00", "rule": "FREQ=WEEKLY;UNTIL=20310801T220000"}
    event = announce(
        gateway, organiser, **weekly, description="Uno; dos, tres\nC:\\New", excluded=["2031-05-09T22:00:00"]
    )
    told = gateway.get(f"/api/public/events/{event['id']}/calendar.ics").text
    another = join("another")

    answer = bring(gateway, another, text=told, city="Buenos Aires")

    back = own(gateway, another, *drafted(answer))
    same = ("title", "description", "kind", "venue_id", "zone", "starts_at", "ends_at", "rule", "excluded")
    assert {name: back[name] for name in same} == {name: event[name] for name in same}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "calendar"),
        ("no calendar", "calendar"),
        (calendar(*["SUMMARY:x"] * (MOST_EVENTS + 1)), "calendar"),
        ("x" * (LONGEST + 1), "calendar"),
        ("BEGIN:VCALENDAR\n" * 100_000, "calendar"),
    ],
)
def test_what_is_no_calendar_of_reasonable_size_is_refused(
    gateway: Gateway, organiser: UUID, text: str, field: str
) -> None:
    answer = bring(gateway, organiser, text=text)

    assert answer.status == 422
    assert field in answer.refused_fields


@pytest.mark.parametrize("usual", [{"zone": "Mars/Olympus"}, {"zone": "../etc"}, {"venue_id": str(ids.new_id())}])
def test_what_holds_for_all_and_cannot_be_is_the_reason_for_each(
    gateway: Gateway, organiser: UUID, usual: dict[str, str]
) -> None:
    floating = "UID:1\nSUMMARY:Milonga\nDTSTART:20270319T220000\nDURATION:PT4H\n"

    answer = bring(gateway, organiser, floating + ("" if "venue_id" in usual else BALLHAUS), **IN_BERLIN, **usual)

    assert drafted(answer) == []
    assert len(reasons(answer)) == 1


def test_a_letter_that_is_half_of_one_is_refused(gateway: Gateway, organiser: UUID) -> None:
    answer = gateway.post(
        IMPORT,
        user=organiser,
        body='{"calendar": "BEGIN:VCALENDAR\\nBEGIN:VEVENT\\nSUMMARY:\\ud800\\nEND:VEVENT\\nEND:VCALENDAR"}',
        headers={"content-type": "application/json"},
    )

    assert answer.status in (200, 422)


def test_drafts_are_for_people_with_a_profile(gateway: Gateway) -> None:
    answer = bring(gateway, ids.new_id(), f"UID:1\nSUMMARY:x\n{BERLIN}\n{BALLHAUS}", **IN_BERLIN)

    assert answer.problem == "profile-missing"
