"""What a series expands to: beside its rule, across changes of the clocks, and in bounded time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule

from mundotango.recurrence.model import Recurrence
from mundotango.recurrence.service import at, starts

FIRST = datetime.fromisoformat("2026-12-03T22:30")  # a Thursday
BUENOS_AIRES = "America/Argentina/Buenos_Aires"
BERLIN = "Europe/Berlin"
SANTIAGO = "America/Santiago"


def local(*days: str, time: str = "22:30") -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(f"{day}T{time}") for day in days)


def expanded(recurrence: Recurrence, first: datetime = FIRST, *, limit: int = 20) -> Sequence[datetime]:
    return tuple(starts(recurrence, first, until=first + timedelta(days=400), limit=limit))


def test_what_is_excluded_counts_for_the_rule_and_what_is_added_does_not() -> None:
    milonga = Recurrence(
        "FREQ=WEEKLY;COUNT=4", excluded=local("2026-12-24"), added=local("2026-12-23", "2027-01-06", "2026-12-10")
    )

    assert expanded(milonga) == local("2026-12-03", "2026-12-10", "2026-12-17", "2026-12-23", "2027-01-06")


def test_what_is_excluded_and_added_is_excluded() -> None:
    again = Recurrence("FREQ=WEEKLY;COUNT=2", excluded=local("2026-12-12"), added=local("2026-12-12"))

    assert expanded(again) == local("2026-12-03", "2026-12-10")


def test_without_a_rule_there_is_the_first_and_what_is_added() -> None:
    assert expanded(Recurrence("", added=local("2027-02-06", "2027-01-02"))) == local(
        "2026-12-03", "2027-01-02", "2027-02-06"
    )


def test_the_first_is_a_start_whatever_the_rule_says() -> None:
    assert expanded(Recurrence("FREQ=WEEKLY;BYDAY=FR;COUNT=2")) == local("2026-12-03", "2026-12-04", "2026-12-11")


def test_the_limit_is_of_what_is_left() -> None:
    weekly = Recurrence("FREQ=WEEKLY;COUNT=9", excluded=local("2026-12-03", "2026-12-10"))

    assert expanded(weekly, limit=2) == local("2026-12-17", "2026-12-24")


def test_until_is_inclusive_of_a_window_and_of_a_rule() -> None:
    assert starts(Recurrence("FREQ=WEEKLY;COUNT=9"), FIRST, until=FIRST + timedelta(days=7), limit=9) == [
        *local("2026-12-03", "2026-12-10")
    ]
    assert expanded(Recurrence("FREQ=WEEKLY;UNTIL=20261210T223000")) == local("2026-12-03", "2026-12-10")
    assert expanded(Recurrence("FREQ=WEEKLY;UNTIL=20261210T222959")) == local("2026-12-03")
    assert expanded(Recurrence("FREQ=WEEKLY;UNTIL=20261210")) == local("2026-12-03", "2026-12-10")


@pytest.mark.parametrize(
    ("zone", "offsets"),
    [
        (BUENOS_AIRES, {"2026-01": -3, "2026-04": -3, "2026-07": -3, "2026-10": -3}),
        (BERLIN, {"2026-01": 1, "2026-04": 2, "2026-07": 2, "2026-11": 1}),
        (SANTIAGO, {"2026-01": -3, "2026-05": -4, "2026-08": -4, "2026-10": -3}),
    ],
)
def test_a_weekly_milonga_keeps_its_time_through_the_year(zone: str, offsets: dict[str, int]) -> None:
    first = datetime.fromisoformat("2026-01-02T22:30")
    found = starts(Recurrence("FREQ=WEEKLY;COUNT=52"), first, until=datetime.fromisoformat("2027-01-01"), limit=60)

    assert len(found) == 52
    assert {at(start, zone).astimezone(ZoneInfo(zone)).strftime("%a %H:%M") for start in found} == {"Fri 22:30"}
    for month, hours in offsets.items():
        assert {
            start.replace(tzinfo=UTC) - at(start, zone) for start in found if start.isoformat().startswith(month)
        } == {timedelta(hours=hours)}


@pytest.mark.parametrize(
    ("zone", "said", "moment", "shown"),
    [
        (BERLIN, "2026-03-29T02:30", "2026-03-29T01:30Z", "03:30"),
        (SANTIAGO, "2026-09-06T00:30", "2026-09-06T04:30Z", "01:30"),
        ("America/New_York", "2007-03-11T02:30", "2007-03-11T07:30Z", "03:30"),  # of RFC 5545, section 3.3.5
    ],
)
def test_a_time_that_is_skipped_is_told_by_the_clocks_before_the_leap(
    zone: str, said: str, moment: str, shown: str
) -> None:
    found = at(datetime.fromisoformat(said), zone)

    assert found == datetime.fromisoformat(moment)
    assert found.astimezone(ZoneInfo(zone)).strftime("%H:%M") == shown


@pytest.mark.parametrize(
    ("zone", "said", "moment"),
    [
        (BERLIN, "2026-10-25T02:30", "2026-10-25T00:30Z"),
        (SANTIAGO, "2026-04-04T23:30", "2026-04-05T02:30Z"),
        ("America/New_York", "2007-11-04T01:30", "2007-11-04T05:30Z"),  # of RFC 5545, section 3.3.5
    ],
)
def test_of_a_time_that_comes_twice_it_is_the_first(zone: str, said: str, moment: str) -> None:
    assert at(datetime.fromisoformat(said), zone) == datetime.fromisoformat(moment)
    assert at(datetime.fromisoformat(said).replace(fold=1), zone) == datetime.fromisoformat(moment)


def test_no_night_is_lost_where_its_hour_is_skipped() -> None:
    first = datetime.fromisoformat("2026-09-04T00:30")
    found = starts(Recurrence("FREQ=DAILY;COUNT=5"), first, until=first + timedelta(days=9), limit=9)
    shown = [at(start, SANTIAGO).astimezone(ZoneInfo(SANTIAGO)).strftime("%d %H:%M") for start in found]

    assert shown == ["04 00:30", "05 00:30", "06 01:30", "07 00:30", "08 00:30"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20271231",
        "FREQ=DAILY;INTERVAL=7;BYDAY=FR;COUNT=3",
        "FREQ=WEEKLY;BYDAY=FR;BYSETPOS=2;COUNT=3",
        "FREQ=MONTHLY;BYDAY=1FR;BYMONTHDAY=20;COUNT=3",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;BYMONTH=1",
        "FREQ=YEARLY;INTERVAL=999999999999999999999;COUNT=3",
    ],
)
def test_a_rule_without_further_starts_is_not_looked_into_for_ever(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else dateutil looks at each day until the year 9999."""
    years = set()
    rebuild = rrule._iterinfo.rebuild

    def noting(self: Any, year: int, month: int) -> None:
        years.add(year)
        rebuild(self, year, month)

    monkeypatch.setattr(rrule._iterinfo, "rebuild", noting)

    assert expanded(Recurrence(rule)) == (FIRST,)
    assert 0 < len(years) <= 500


def test_the_calendar_may_end_within_a_week() -> None:
    saturday = datetime.fromisoformat("2026-01-03T22:30")
    weeks = (datetime.fromisoformat("9999-12-31") - saturday.replace(year=9626)).days // 7 + 1

    assert expanded(Recurrence(f"FREQ=WEEKLY;INTERVAL={weeks};BYDAY=SA"), saturday) == (saturday,)
