"""What becomes of the calendars of other programs, and of what nobody should write into one."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mundotango.errors import Invalid
from mundotango.imports.ics import read_calendar
from mundotango.imports.model import Candidate, Deviation, Reading
from mundotango.imports.policy import kind_told, text_of

BERLIN = "DTSTART;TZID=Europe/Berlin:20270101T220000\nDTEND;TZID=Europe/Berlin:20270102T030000"


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def calendar(*events: str, head: str = "") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *head.splitlines()]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.splitlines(), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def read(text: str, most_events: int = 100, longest: int = 500_000) -> Reading:
    return read_calendar(text, most_events=most_events, longest=longest)


def only(text: str) -> Candidate:
    reading = read(text)
    assert [problem.refusal.detail for problem in reading.problems] == []
    (candidate,) = reading.candidates
    return candidate


def refused(*events: str, head: str = "") -> str:
    """Why the last of these is not taken over."""
    return read(calendar(*events, head=head)).problems[-1].refusal.detail


def test_what_an_event_says_is_read() -> None:
    found = only(
        calendar(
            "UID:1\nSUMMARY;LANGUAGE=es:Milonga\\, la lar\n ga\nDESCRIPTION:Uno\\nDos\\; tres\n"
            f"LOCATION:Salón Canning\\, Scalabrini Ortiz 1331\\, Buenos Aires\nGEO:-34.59;-58.42\n{BERLIN}\n"
            "URL:https://viruta.example/\nX-ANYTHING:else"
        )
    )

    assert (found.line, found.title, found.language, found.kind) == (3, "Milonga, la larga", "es", "milonga")
    assert found.description == "Uno\nDos; tres"
    assert (found.spot.name, found.spot.address) == ("Salón Canning", "Scalabrini Ortiz 1331, Buenos Aires")
    assert (found.spot.latitude, found.spot.longitude) == (-34.59, -58.42)
    assert (found.starts, found.ends) == (wall("2027-01-01T22:00"), wall("2027-01-02T03:00"))
    assert (found.zone, found.link) == ("Europe/Berlin", "https://viruta.example/")


@pytest.mark.parametrize(
    ("head", "start", "zone", "starts"),
    [
        ("", ";TZID=Europe/Berlin:20270101T220000", "Europe/Berlin", wall("2027-01-01T22:00")),
        ("", ';TZID="W. Europe Standard Time":20270101T220000', "Europe/Berlin", wall("2027-01-01T22:00")),
        ("", ";TZID=/x.example/Tzfile/Europe/Berlin:20270101T220000", "Europe/Berlin", wall("2027-01-01T22:00")),
        (
            "BEGIN:VTIMEZONE\nTZID:Custom\nX-LIC-LOCATION:America/Santiago\nEND:VTIMEZONE",
            ";TZID=Custom:20270101T220000",
            "America/Santiago",
            wall("2027-01-01T22:00"),
        ),
        ("", ":20270101T220000Z", "", datetime(2027, 1, 1, 22, tzinfo=UTC)),
        ("X-WR-TIMEZONE:Asia/Tokyo", ":20270101T220000Z", "Asia/Tokyo", datetime(2027, 1, 1, 22, tzinfo=UTC)),
        ("", ":20270101T220000", "", wall("2027-01-01T22:00")),
        ("X-WR-TIMEZONE:Asia/Tokyo", ":20270101T220000", "Asia/Tokyo", wall("2027-01-01T22:00")),
    ],
)
def test_a_time_is_by_the_clocks_that_it_names(head: str, start: str, zone: str, starts: datetime) -> None:
    found = only(calendar(f"SUMMARY:x\nDTSTART{start}\nDURATION:PT4H", head=head))

    assert (found.zone, found.starts) == (zone, starts)
    assert (found.ends - found.starts).total_seconds() == 4 * 3600


def test_a_series_keeps_its_rule_and_what_is_left_out_or_unlike_the_others() -> None:
    found = only(
        calendar(
            "UID:1\nRECURRENCE-ID:20270122T210000Z\nSTATUS:CANCELLED",
            "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20270129T220000\n"
            "DTSTART;TZID=Europe/Berlin:20270129T230000\nDTEND;TZID=Europe/Berlin:20270130T040000",
            f"UID:1\nSUMMARY:x\n{BERLIN}\nRRULE:FREQ=WEEKLY;COUNT=9\nRDATE;TZID=Europe/Berlin:20270303T220000\n"
            "EXDATE;TZID=Europe/Berlin:20270108T220000\nEXDATE;VALUE=DATE:20270115",
        )
    )

    assert found.rule == "FREQ=WEEKLY;COUNT=9"
    assert found.excluded == (wall("2027-01-08T22:00"), wall("2027-01-15T22:00"))
    assert found.added == (wall("2027-03-03T22:00"),)
    assert found.deviations == (
        Deviation(wall("2027-01-22T22:00"), cancelled=True),
        Deviation(
            wall("2027-01-29T22:00"), cancelled=False, starts=wall("2027-01-29T23:00"), ends=wall("2027-01-30T04:00")
        ),
    )


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("SUMMARY:x", "DTSTART must be given"),
        ("DTSTART:20270101T200000Z", "DTEND must be given"),
        ("DTSTART;VALUE=DATE:20270101", "DTSTART must have an hour, and not be all of a day"),
        ("DTSTART:tomorrow", "DTSTART must be a time such as 20261127T220000"),
        ("DTSTART:20270230T200000", "DTSTART must be a time such as 20261127T220000"),
        ("DTSTART;TZID=Mars/Olympus:20270101T200000", "names a time zone that is not known here: Mars/Olympus"),
        ("DTSTART;TZID=../../etc/passwd:20270101T200000", "names a time zone that is not known here"),
        ("DTSTART:20270101T200000Z\nDTEND:20270102T200000", "DTEND must be in the zone that the event begins in"),
        ("DTSTART:00010101T000000Z\nDTEND;TZID=Asia/Tokyo:00010101T000000", "DTEND must be a time such as"),
        ("DTSTART:20270101T200000Z\nDURATION:P9999999999D", "DURATION must be a duration such as PT4H"),
        ("DTSTART:20270101T200000Z\nDURATION:P" + "9" * 5000 + "D", "DURATION must be a duration such as PT4H"),
        ("DTSTART:20270101T200000Z\nDURATION:PT4H\nRRULE:FREQ=DAILY", "DTSTART must be by the clocks of the place"),
        (f"{BERLIN}\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", "RRULE must be given once"),
        (f"{BERLIN}\nEXRULE:FREQ=DAILY", "EXRULE is not known here"),
        (f"{BERLIN}\nRDATE;VALUE=PERIOD:20270101T200000Z/PT3H", "RDATE must be a time such as"),
        (f"{BERLIN}\nSTATUS:CANCELLED", "STATUS says that it is cancelled"),
        (f"{BERLIN}\nCLASS:private", "CLASS says that it is private"),
        ("UID:9\nRECURRENCE-ID:20270101T200000Z", "RECURRENCE-ID belongs to a series that is not taken over"),
        (f"{BERLIN}\nDESCRIPTION:" + "x" * 50_001, "line must be at most 50000 characters"),
        ("SUMMARY;=;:x", "line cannot be read"),
        ("BEGIN:VEVENT\nEND:VEVENT", "VEVENT has another event in it"),
        ("BEGIN:VALARM", "VEVENT does not end where it should"),
    ],
)
def test_what_is_no_event_of_ours_says_why_and_spoils_no_other(event: str, why: str) -> None:
    reading = read(calendar(f"UID:1\nSUMMARY:One\n{BERLIN}", event))

    assert [candidate.title for candidate in reading.candidates] == ["One"]
    (problem,) = reading.problems
    assert problem.refusal.detail.startswith(why) or why in problem.refusal.detail
    assert problem.line == 9


def test_an_id_stands_for_one_event() -> None:
    assert refused(f"UID:1\n{BERLIN}", f"UID:1\n{BERLIN}") == "UID is that of an event further up"


def test_what_holds_for_this_and_all_that_follow_is_not_taken_over() -> None:
    series = f"UID:1\n{BERLIN}\nRRULE:FREQ=WEEKLY;COUNT=9"

    why = refused(series, "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20270108T220000")

    assert why == "RECURRENCE-ID must be of one time, without RANGE"


def test_what_is_nested_in_an_event_says_nothing_of_it() -> None:
    alarm = "BEGIN:VALARM\nSUMMARY:Wake up\nDESCRIPTION:Now\nEND:VALARM"

    assert only(calendar(f"{alarm}\nSUMMARY:x\n{BERLIN}")).title == "x"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "calendar must be an iCalendar file, which begins with BEGIN:VCALENDAR"),
        ("Dear all, the milonga is on Friday", "calendar must be an iCalendar file"),
        ("BEGIN:VEVENT\nEND:VEVENT", "calendar must be an iCalendar file"),
        ("BEGIN:VCARD\nEND:VCARD", "calendar must be an iCalendar file"),
        (calendar(*["SUMMARY:x"] * 101), "calendar must have at most 100 events"),
        ("x" * 500_001, "calendar must be at most 500000 characters"),
        (calendar("SUMMARY:x", head="CALSCALE:HEBREW"), "calendar must be of the Gregorian calendar"),
        ("BEGIN:VCALENDAR\n" * 6, "calendar has components nested too deeply"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + "BEGIN:VALARM\n" * 50, "calendar has components nested too deeply"),
    ],
)
def test_a_file_that_is_no_calendar_of_reasonable_size_is_refused_whole(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read(text)


def test_a_file_that_was_cut_off_keeps_what_is_whole() -> None:
    text = calendar(f"UID:1\nSUMMARY:One\n{BERLIN}", f"UID:2\nSUMMARY:Two\n{BERLIN}")

    reading = read(text[: text.rindex("END:VEVENT")])

    assert [candidate.title for candidate in reading.candidates] == ["One"]
    assert [problem.refusal.detail for problem in reading.problems] == ["VEVENT does not end where it should"]


def test_a_definition_of_a_zone_holds_for_nobody_else() -> None:
    wrong = (
        "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0900\n"
        "TZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE"
    )
    rdate = "\nRDATE:20270601T200000Z"

    for head in (wrong, ""):
        assert only(calendar(f"SUMMARY:x\n{BERLIN}{rdate}", head=head)).added == (wall("2027-06-01T22:00"),)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["Práctica", "Milonga X"], "practica"),
        (["", "Gran MARATÓN de tango"], "marathon"),
        (["Milonga after the workshop"], "milonga"),
        (["Dentist"], None),
    ],
)
def test_a_word_tells_the_kind(texts: Sequence[str], kind: str | None) -> None:
    assert kind_told(*texts) == kind


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_are_read_in_the_encodings_of_unicode(encoding: str) -> None:
    assert text_of("Café".encode(encoding)) == "Café"


def test_a_file_in_another_encoding_is_refused() -> None:
    with pytest.raises(Invalid, match="must be written in UTF-8"):
        text_of("Café".encode("latin-1"))


_LINES = st.one_of(
    st.sampled_from(
        [
            "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM", "END:X", "",
            "UID:1", "UID:2", "SUMMARY:Milonga", *BERLIN.splitlines(), "DTSTART:20270101T220000Z", "DTSTART:",
            "RECURRENCE-ID:20270101T210000Z", "RRULE:FREQ=DAILY", "EXDATE:20270101,,", "GEO:1;2", "GEO:;", " folded",
            "LOCATION:,,", "DURATION:-P1W", "DTEND;TZID=:20270101T220000", "BEGIN:VTIMEZONE", "END:VTIMEZONE",
        ]
    ),
    st.text(max_size=30),
    st.builds("{}{}".format, st.sampled_from(["DTSTART", "SUMMARY;", "RRULE", "GEO:", "EXDATE;TZID="]), st.text()),
)  # fmt: skip


@given(st.lists(_LINES, max_size=40), st.booleans())
@settings(max_examples=400, deadline=None)
def test_whatever_a_file_holds_is_read_or_refused(lines: list[str], framed: bool) -> None:
    text = "\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines] if framed else lines)

    try:
        reading = read(text)
    except Invalid:
        return
    assert all(problem.refusal.detail for problem in reading.problems)


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + "END:X\n" * 80_000,
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:" + "x\n " * 160_000,
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY" + ";A=B" * 12_000,
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY" + " " * 49_000,
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270101T200000\nEXDATE:" + "20270101," * 5_000 + "\nEND:VEVENT",
        "\n" * 499_000,
        "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nBEGIN:VALARM\nEND:VEVENT\n" * 99,
    ],
)
def test_the_work_for_a_file_grows_no_faster_than_the_file(text: str) -> None:
    """What is quadratic takes minutes here, and the suite's time-out ends it."""
    with suppress(Invalid):
        assert read(text).candidates == ()
