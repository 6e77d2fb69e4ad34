"""What is written is read by another program, and taken apart to the times at which we say that it takes place."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mundotango.calendars import policy
from mundotango.calendars.model import Once, Series
from mundotango.calendars.writing import city_calendar, event_calendar, own_calendar
from mundotango.errors import Invalid
from mundotango.events.model import Dated, Event, Text
from mundotango.occurrences.model import Occurrence, Own
from mundotango.occurrences.policy import wall_times
from mundotango.recurrence.model import Recurrence
from mundotango.recurrence.service import at, starts
from mundotango.text import clean
from mundotango.venues.model import Venue
from tests.factories.calendars import Entry, Read, read_strictly

MADE = datetime(2026, 11, 1, 12, tzinfo=UTC)
ONE = UUID("0193a7c6-41e8-7b95-a3c7-9d0b4f6e8a12")
HOME = UUID("0193a7c6-1a2b-7c3d-8e4f-5a6b7c8d9e0f")
ELSEWHERE = UUID("0193a7c6-1a2b-7c3d-8e4f-5a6b7c8d9e10")
YEAR = timedelta(days=366)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def venue(venue_id: UUID = HOME, name: str = "Ballhaus") -> Venue:
    return Venue(venue_id, name, "Chausseestr. 102", "Berlin", "DE", 52.5, 13.4, "Europe/Berlin", None, MADE)


VENUES = {HOME: venue(), ELSEWHERE: venue(ELSEWHERE, "Walzerlinksgestrickt")}


def event(**chosen: Any) -> Event:
    given: dict[str, Any] = {
        "id": ONE,
        "organiser_id": ONE,
        "kind": "milonga",
        "status": "published",
        "texts": (Text("es", "Milonga", "Clase a las ocho"), Text("de", "Tanzabend", "Kurs um acht")),
        "venue_id": HOME,
        "zone": "Europe/Berlin",
        "starts": wall("2026-11-27T22:00"),
        "ends": wall("2026-11-28T04:00"),
        "recurrence": Recurrence(""),
        "people": (),
        "price": None,
        "currency": "",
        "link": "",
        "tags": (),
        "media": (),
        "parent_id": None,
        "created_at": MADE,
        "changed_at": MADE,
    }
    return Event(**given | chosen)


def occurrence(of: Event, original: datetime, own: Own | None = None, **chosen: Any) -> Occurrence:
    own = own or Own()
    begins, ends = wall_times(of, original, own)
    given: dict[str, Any] = {
        "id": uuid5(of.id, original.isoformat()),
        "event_id": of.id,
        "original": original,
        "starts_at": at(begins, of.zone),
        "ends_at": at(ends, of.zone),
        "night": begins.date(),
        "status": own.status or of.status,
        "kind": of.kind,
        "venue_id": own.venue_id or of.venue_id,
        "own": own,
        "changed_at": MADE,
    }
    return Occurrence(**given | chosen)


def series(of: Event, owns: dict[datetime, Own] | None = None, gone: Sequence[Occurrence] = ()) -> Series:
    """As the occurrences' table has it for the first year."""
    begun = starts(of.recurrence, of.starts, until=of.starts + YEAR, limit=1000) if of.repeats else [of.starts]
    times = [occurrence(of, start, (owns or {}).get(start)) for start in begun]
    return Series(of, of.status, (*times, *gone), VENUES)


def told(given: Series) -> Read:
    return read_strictly(event_calendar(given).decode(), "2027-11-20T00:00:00Z")


def within_a_year(given: Series) -> list[tuple[datetime, datetime]]:
    return sorted((each.starts_at, each.ends_at) for each in given.occurrences if each.status == "published")


def exceptions(read: Read) -> dict[str, Entry]:
    return {entry["recurrence-id"]: entry for entry in read.entries if entry.get("recurrence-id")}


def test_one_event_says_what_it_is() -> None:
    one = event(
        link="https://ball.example/",
        tags=("orquesta en vivo",),
        version=3,
        changed_at=MADE + timedelta(minutes=1),
    )

    (entry,) = told(series(one)).entries

    assert entry["uid"] == str(ONE)
    assert (entry["summary"], entry["description"]) == ("Milonga", "Clase a las ocho")
    assert entry.parameters["summary"] == {"language": "es"}
    assert (entry["location"], entry["geo"]) == ("Ballhaus, Chausseestr. 102, Berlin", [52.5, 13.4])
    assert (entry["status"], entry["categories"]) == ("CONFIRMED", ["milonga", "orquesta en vivo"])
    assert (entry["dtstart"], entry["dtend"]) == ("20261127T220000", "20261128T040000")
    assert entry["dtstamp"] == entry["last-modified"] == "20261101T120100Z"
    assert entry["sequence"] == 2 + 60
    assert entry["url"] == "https://ball.example/"


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Santiago", "America/Argentina/Buenos_Aires", "Africa/Casablanca", "UTC"]
)
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=FR;COUNT=50",
        "FREQ=WEEKLY;BYDAY=FR;UNTIL=20271105T220000",
        "FREQ=WEEKLY;BYDAY=FR,SU;UNTIL=20271031",
        "FREQ=MONTHLY;BYDAY=-1FR;COUNT=12",
        "FREQ=DAILY;INTERVAL=3;COUNT=100",
    ],
)
def test_a_series_takes_place_there_when_it_does_here(zone: str, rule: str) -> None:
    """Through the changes of clocks of a year, and to the last start, which is the moment of UNTIL."""
    given = series(event(zone=zone, recurrence=Recurrence(rule)))

    assert told(given).times() == within_a_year(given)


def test_until_is_told_in_utc() -> None:
    """Its last start, in summer, is two hours earlier there."""
    (entry, *_) = told(series(event(recurrence=Recurrence("FREQ=WEEKLY;BYDAY=FR;UNTIL=20270702T220000")))).entries

    assert entry["rrule"]["until"] == "2027-07-02T20:00:00Z"


def test_what_is_left_out_and_added_is_so_there() -> None:
    excluded = (wall("2026-11-27T22:00"), wall("2027-03-26T22:00"))
    added = (wall("2026-12-24T20:00"), wall("2027-07-01T20:00"))
    given = series(event(recurrence=Recurrence("FREQ=WEEKLY;COUNT=40", excluded, added)))

    assert told(given).times() == within_a_year(given)
    assert len(within_a_year(given)) == 40


def test_what_only_has_dates_is_a_series_without_a_rule() -> None:
    given = series(event(recurrence=Recurrence("", (), (wall("2026-12-24T20:00"), wall("2027-07-01T20:00")))))

    assert told(given).times() == within_a_year(given)
    assert len(within_a_year(given)) == 3


@pytest.mark.parametrize(
    ("zone", "first", "night"),
    [
        ("Europe/Berlin", "2027-03-20T22:00", "20270327T220000"),
        ("Europe/Berlin", "2027-10-23T22:00", "20271030T220000"),
        ("America/Santiago", "2027-03-27T22:00", "20270403T220000"),
        ("America/Santiago", "2027-08-28T22:00", "20270904T220000"),
        ("Europe/Berlin", "2027-03-27T22:00", "20270327T220000"),
    ],
)
def test_in_a_night_in_which_clocks_are_set_it_ends_by_the_clocks(zone: str, first: str, night: str) -> None:
    """Whichever end a program gives to the times of a series, this one is told by itself; also if it is the first."""
    starts_at = wall(first)
    one = event(zone=zone, starts=starts_at, ends=starts_at + timedelta(hours=6))
    given = series(replace(one, recurrence=Recurrence("FREQ=WEEKLY;COUNT=3")))

    read = told(given)

    assert read.times() == within_a_year(given)
    assert exceptions(read).keys() == {night}


@pytest.mark.parametrize("lasts", [timedelta(minutes=15), timedelta(hours=3)])
@pytest.mark.parametrize("start", ["2027-03-21T02:30", "2027-10-24T02:30"])
def test_an_hour_that_is_skipped_or_comes_twice_means_the_same_there(start: str, lasts: timedelta) -> None:
    """Programs do not agree on when it is, so that one time is told in UTC."""
    one = event(starts=wall(start), ends=wall(start) + lasts)
    given = series(replace(one, recurrence=Recurrence("FREQ=WEEKLY;COUNT=3")))

    assert told(given).times() == within_a_year(given)


def test_a_time_that_is_unlike_the_others_is_known_by_its_original_start() -> None:
    cancelled, moved, elsewhere, postponed = (wall(f"2026-12-{day}T22:00") for day in ("04", "11", "18", "25"))
    given = series(
        event(recurrence=Recurrence("FREQ=WEEKLY;COUNT=9")),
        {
            cancelled: Own(status="cancelled"),
            moved: Own(starts=wall("2026-12-12T20:00"), ends=wall("2026-12-13T01:00")),
            elsewhere: Own(venue_id=ELSEWHERE),
            postponed: Own(status="postponed"),
        },
    )

    read = told(given)

    found = exceptions(read)
    assert {name: entry["status"] for name, entry in found.items()} == {
        "20261204T220000": "CANCELLED",
        "20261211T220000": "CONFIRMED",
        "20261218T220000": "CONFIRMED",
        "20261225T220000": "CANCELLED",
    }
    assert (found["20261211T220000"]["dtstart"], found["20261211T220000"]["dtend"]) == (
        "20261212T200000",
        "20261213T010000",
    )
    assert found["20261218T220000"]["location"].startswith("Walzerlinksgestrickt")
    assert {entry["uid"] for entry in read.entries} == {str(ONE)}
    assert read.times() == within_a_year(given)


def test_what_is_cancelled_as_a_whole_is_kept_and_said_to_be() -> None:
    given = series(event(status="cancelled", recurrence=Recurrence("FREQ=WEEKLY;COUNT=3")))

    (entry,) = told(given).entries

    assert entry["status"] == "CANCELLED"
    assert len(entry.times) == 3


def test_a_time_that_was_taken_out_of_its_series_is_kept_as_cancelled() -> None:
    one = event(recurrence=Recurrence("FREQ=WEEKLY;COUNT=3"))
    gone = occurrence(one, wall("2026-12-24T22:00"), Own(status="cancelled"))

    assert exceptions(told(series(one, gone=[gone])))["20261224T220000"]["status"] == "CANCELLED"


def test_what_a_single_event_kept_from_being_a_series_is_told() -> None:
    own = Own(starts=wall("2026-11-27T21:00"), ends=wall("2026-11-28T01:00"), venue_id=ELSEWHERE)
    given = series(event(), {wall("2026-11-27T22:00"): own})

    (entry,) = told(given).entries

    assert (entry["dtstart"], entry["dtend"]) == ("20261127T210000", "20261128T010000")
    assert entry["location"].startswith("Walzerlinksgestrickt")


# Clocks set by half an hour, in Ramadan, at a quarter to three, by two hours; a summer that is the standard; and none.
ZONES = (
    "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Chatham", "Antarctica/Troll", "Europe/Dublin",
    "America/Santiago", "Asia/Kathmandu",
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_is_defined_as_it_is(zone: str) -> None:
    """At noon of each fifth day of a year, and in the nights in which the most zones set their clocks."""
    days = [wall("2027-01-01T12:00") + timedelta(days=5 * number) for number in range(73)]
    nights = [wall(f"2027-{day}T{hour}:30") for day in ("03-14", "03-28", "10-31", "11-07") for hour in ("00", "03")]
    moments = tuple(sorted({*days, *nights}))
    one = event(zone=zone, starts=moments[0], ends=moments[0] + timedelta(minutes=5))
    given = series(replace(one, recurrence=Recurrence("", (), moments[1:])))

    read = read_strictly(event_calendar(given).decode(), "2028-06-01T00:00:00Z")

    assert [time for time, _ in read.times()] == [time for time, _ in within_a_year(given)]
    assert len(read.entries[0].times) > 70


def once(of: Event, tentative: bool = False, changed_at: datetime = MADE) -> Once:
    return Once(Dated(of, occurrence(of, of.starts), VENUES[HOME], {}), tentative, changed_at)


def own(times: Sequence[Once], language: str = "") -> Read:
    return read_strictly(own_calendar("Mundo Tango", times, language).decode())


def test_ones_own_calendar_has_each_time_by_itself() -> None:
    weekly = event(recurrence=Recurrence("FREQ=WEEKLY;COUNT=9"))

    read = own([once(weekly), once(replace(event(), id=HOME), tentative=True)])

    coming, waiting = read.entries
    assert coming["uid"] != str(ONE)
    assert "rrule" not in coming.properties
    assert (coming["status"], waiting["status"]) == ("CONFIRMED", "TENTATIVE")
    assert read.properties["x-wr-calname"] == read.properties["name"] == "Mundo Tango"
    assert read.properties["refresh-interval"] == "PT1H"


def test_what_does_not_take_place_is_cancelled_also_for_who_waits() -> None:
    assert own([once(event(status="cancelled"), tentative=True)]).entries[0]["status"] == "CANCELLED"


def test_a_step_of_ones_registration_raises_the_sequence() -> None:
    before, after = (
        own([once(event(), changed_at=MADE + timedelta(seconds=later))]).entries[0]["sequence"] for later in (1, 9)
    )

    assert after > before


@pytest.mark.parametrize(
    ("language", "title", "tongue"),
    [("", "Milonga", "es"), ("de", "Tanzabend", "de"), ("de-AT", "Tanzabend", "de"), ("fr", "Milonga", "es")],
)
def test_ones_own_calendar_is_in_ones_own_language_where_there_is_one(language: str, title: str, tongue: str) -> None:
    (entry,) = own([once(event())], language).entries

    assert (entry["summary"], entry.parameters["summary"]["language"]) == (title, tongue)


def test_a_calendar_in_which_nothing_stands_is_one_all_the_same() -> None:
    read = own([])

    assert read.entries == []
    assert read.zones == {"Etc/UTC"}


def test_a_city_has_series_and_what_is_there_once() -> None:
    weekly = series(event(recurrence=Recurrence("FREQ=WEEKLY;COUNT=9")))
    guest = once(replace(event(zone="America/Santiago"), id=HOME))

    read = read_strictly(city_calendar("Tango: Berlin", [weekly], [guest]).decode())

    assert read.zones == {"America/Santiago", "Europe/Berlin"}
    assert [len(entry.times) for entry in read.entries] == [9, 1]
    assert read.properties["name"] == "Tango: Berlin"


def test_a_city_tells_the_beginning_of_what_is_long() -> None:
    long = event(texts=(Text("", "Milonga", "x" * 5000),))

    (entry,) = read_strictly(city_calendar("Tango: Berlin", [series(long)], []).decode()).entries
    (whole,) = told(series(long)).entries

    assert len(entry["description"]) == policy.LONGEST_IN_A_FEED
    assert len(whole["description"]) == 5000


def test_the_same_events_give_the_same_bytes() -> None:
    given = series(event(recurrence=Recurrence("FREQ=WEEKLY;COUNT=9")))

    assert event_calendar(given) == event_calendar(given)


@st.composite
def written(draw: st.DrawFn) -> str:
    text = draw(st.text(min_size=1, max_size=200) | st.text(alphabet="\\nN,;:\n\t\"'^ñ🌹é ", min_size=1, max_size=200))
    try:
        return clean("title", text, longest=500, lines=True)
    except Invalid:
        return "Milonga"


@given(st.lists(written(), min_size=50, max_size=50))
@settings(max_examples=10, deadline=None)
def test_whatever_people_write_comes_out_as_it_was_written(texts: list[str]) -> None:
    """And in lines of at most 75 bytes, of which none cuts a character in two."""
    told = [Series(event(id=uuid5(ONE, str(at)), texts=(Text("", text, text),)), "published", (), VENUES)
            for at, text in enumerate(texts)]  # fmt: skip

    read = read_strictly(city_calendar("x", told, []).decode())

    assert [entry["summary"] for entry in read.entries] == texts
    assert [entry["description"] for entry in read.entries] == texts
