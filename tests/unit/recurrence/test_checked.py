"""Which series an event may have, and how the others are refused."""

from datetime import UTC, datetime, timedelta

import pytest

from mundotango.errors import FieldError, Invalid
from mundotango.recurrence import policy
from mundotango.recurrence.model import Recurrence
from mundotango.recurrence.service import checked, starts

FIRST = datetime.fromisoformat("2026-12-03T22:30")  # a Thursday
ZONE = "America/Argentina/Buenos_Aires"

NO_RULE = "must be a recurrence rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=FR;COUNT=10"
NO_END = "must end: say COUNT or UNTIL"
TOO_MANY = "must have at most 1000 starts"
TOO_LONG = "must end within 5 years"
ELSEWHERE = "must have its first start at 2026-12-03T22:30:00"
WITHIN_A_DAY = "must repeat by days, weeks, months or years"


def misused(part: str) -> str:
    return f"must say {part} as RFC 5545 allows it"


def refusal(recurrence: Recurrence, first: datetime = FIRST) -> tuple[FieldError, ...]:
    with pytest.raises(Invalid) as refused:
        checked(recurrence, first, ZONE)
    return refused.value.fields


@pytest.mark.parametrize(
    ("rule", "dates"),
    [
        ("FREQ=WEEKLY;COUNT=3", ["2026-12-03", "2026-12-10", "2026-12-17"]),
        ("freq=weekly;byday=th;until=20261217t000000z", ["2026-12-03", "2026-12-10"]),
        ("FREQ=MONTHLY;BYDAY=1TH;COUNT=3", ["2026-12-03", "2027-01-07", "2027-02-04"]),
        ("FREQ=MONTHLY;BYDAY=TH,FR,SA;BYSETPOS=1;COUNT=2", ["2026-12-03", "2027-01-01"]),
        ("FREQ=YEARLY;BYMONTH=12;BYDAY=+1TH;COUNT=2", ["2026-12-03", "2027-12-02"]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20261207", ["2026-12-03", "2026-12-05", "2026-12-07"]),
        ("", ["2026-12-03"]),
    ],
)
def test_what_dancers_make_is_taken(rule: str, dates: list[str]) -> None:
    kept = checked(Recurrence(rule), FIRST, ZONE)

    found = starts(kept, FIRST, until=FIRST + timedelta(days=400), limit=10)
    assert [start.isoformat() for start in found] == [f"{date}T22:30:00" for date in dates]


@pytest.mark.parametrize(
    ("zone", "kept"),
    [
        ("UTC", "FREQ=WEEKLY;UNTIL=20261231T013000;BYDAY=TH"),
        ("America/Argentina/Buenos_Aires", "FREQ=WEEKLY;UNTIL=20261230T223000;BYDAY=TH"),
        ("Europe/Berlin", "FREQ=WEEKLY;UNTIL=20261231T023000;BYDAY=TH"),
    ],
)
def test_an_end_in_utc_is_kept_in_the_time_of_the_place(zone: str, kept: str) -> None:
    given = Recurrence("FREQ=WEEKLY;UNTIL=20261231T013000Z;BYDAY=TH")

    assert checked(given, FIRST, zone).rule == kept
    assert checked(Recurrence(kept), FIRST, zone).rule == kept


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("every Thursday", NO_RULE),
        ("RRULE:FREQ=WEEKLY;COUNT=3", NO_RULE),
        ("FREQ=WEEKLY;COUNT=3;", NO_RULE),
        ("FREQ=WEEKLY;COUNT=3;BYEASTER=0", NO_RULE),
        ("FREQ=MONTHLY;COUNT=3;RSCALE=CHINESE", NO_RULE),
        ("FREQ=WEEKLY;COUNT=3\nEXDATE:20261210", misused("COUNT")),
        ("COUNT=3", misused("FREQ")),
        ("FREQ=FORTNIGHTLY;COUNT=3", misused("FREQ")),
        ("FREQ=WEEKLY;FREQ=DAILY;COUNT=3", misused("FREQ")),
        ("FREQ=WEEKLY;COUNT=0", misused("COUNT")),
        ("FREQ=WEEKLY;COUNT=-3", misused("COUNT")),
        ("FREQ=WEEKLY;COUNT=٣", misused("COUNT")),
        ("FREQ=WEEKLY;COUNT=3;INTERVAL=0", misused("INTERVAL")),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20261231", misused("UNTIL")),
        ("FREQ=WEEKLY;UNTIL=20261331", misused("UNTIL")),
        ("FREQ=WEEKLY;UNTIL=20261331T000000Z", misused("UNTIL")),
        ("FREQ=WEEKLY;UNTIL=00010101T000000Z", misused("UNTIL")),
        ("FREQ=WEEKLY;UNTIL=2026-12-31", misused("UNTIL")),
        ("FREQ=WEEKLY;COUNT=3;WKST=1", misused("WKST")),
        ("FREQ=WEEKLY;COUNT=3;BYDAY=", misused("BYDAY")),
        ("FREQ=WEEKLY;COUNT=3;BYDAY=DO", misused("BYDAY")),
        ("FREQ=WEEKLY;COUNT=3;BYDAY=1TH", misused("BYDAY")),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=0TH", misused("BYDAY")),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=54TH", misused("BYDAY")),
        ("FREQ=YEARLY;COUNT=3;BYWEEKNO=49;BYDAY=1TH", misused("BYDAY")),
        ("FREQ=WEEKLY;COUNT=3;BYMONTHDAY=3", misused("BYMONTHDAY")),
        ("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=0", misused("BYMONTHDAY")),
        ("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=3,-32", misused("BYMONTHDAY")),
        ("FREQ=MONTHLY;COUNT=3;BYYEARDAY=337", misused("BYYEARDAY")),
        ("FREQ=MONTHLY;COUNT=3;BYWEEKNO=49", misused("BYWEEKNO")),
        ("FREQ=YEARLY;COUNT=3;BYMONTH=13", misused("BYMONTH")),
        ("FREQ=MONTHLY;COUNT=3;BYSETPOS=1", misused("BYSETPOS")),
        ("FREQ=SECONDLY;COUNT=3", WITHIN_A_DAY),
        ("FREQ=MINUTELY;COUNT=3", WITHIN_A_DAY),
        ("FREQ=HOURLY;COUNT=3", WITHIN_A_DAY),
        ("FREQ=DAILY;COUNT=3;BYHOUR=20,22", "must do without BYHOUR"),
        ("FREQ=WEEKLY;COUNT=3;BYDAY=TH,FR;BYSETPOS=1", "must do without BYSETPOS"),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=TH,1FR", "must number all days of BYDAY, or none"),
        ("FREQ=YEARLY;COUNT=3;BYWEEKNO=49", "must say BYDAY beside BYWEEKNO"),
        ("FREQ=WEEKLY", NO_END),
        ("FREQ=DAILY;COUNT=100000", TOO_MANY),
        ("FREQ=DAILY;UNTIL=20310101", TOO_MANY),
        ("FREQ=WEEKLY;UNTIL=99991231T235959Z", TOO_LONG),
        ("FREQ=YEARLY;COUNT=7", TOO_LONG),
        ("FREQ=DAILY;BYMONTH=12;BYMONTHDAY=3;BYDAY=TH;COUNT=2", TOO_LONG),
        ("FREQ=WEEKLY;BYDAY=FR;COUNT=3", ELSEWHERE),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=3", ELSEWHERE),
        ("FREQ=WEEKLY;UNTIL=20261202", ELSEWHERE),
        ("FREQ=WEEKLY;COUNT=3;BYDAY=" + ",".join(["TH"] * 200), "must be at most 500 characters"),
    ],
)
def test_a_rule_is_refused_by_what_is_wrong_with_it(rule: str, said: str) -> None:
    assert refusal(Recurrence(rule)) == (FieldError("rule", said),)


def test_a_series_reaches_five_years_and_a_thousand_starts() -> None:
    checked(Recurrence("FREQ=DAILY;COUNT=1000"), FIRST, ZONE)
    checked(Recurrence("FREQ=WEEKLY;UNTIL=20311203"), FIRST, ZONE)
    added = (FIRST + timedelta(hours=1),)
    assert refusal(Recurrence("FREQ=DAILY;COUNT=1000", added=added)) == (FieldError("rule", TOO_MANY),)


def test_dates_that_are_added_come_after_the_first_and_within_five_years() -> None:
    after = (FieldError("added", "must be after the first start"),)

    assert refusal(Recurrence("", added=(FIRST,))) == after
    assert refusal(Recurrence("", added=(FIRST - timedelta(days=1),))) == after
    assert refusal(Recurrence("", added=(FIRST + policy.LONGEST_SERIES + timedelta(days=1),))) == (
        FieldError("added", TOO_LONG),
    )


def test_the_first_may_be_excluded_but_not_all() -> None:
    checked(Recurrence("FREQ=WEEKLY;COUNT=2", excluded=(FIRST,)), FIRST, ZONE)
    assert refusal(Recurrence("FREQ=WEEKLY;COUNT=1", excluded=(FIRST,))) == (
        FieldError("excluded", "must leave a start"),
    )


@pytest.mark.parametrize("odd", [FIRST.replace(tzinfo=UTC), FIRST.replace(microsecond=1)])
def test_times_are_those_of_the_place(odd: datetime) -> None:
    said = "must be the time at the place, without an offset, in whole seconds"

    assert refusal(Recurrence(""), odd) == (FieldError("first", said),)
    assert refusal(Recurrence("", excluded=(odd,))) == (FieldError("excluded", said),)
    assert refusal(Recurrence("", added=(odd,))) == (FieldError("added", said),)


def test_there_are_only_so_many_dates() -> None:
    many = tuple(FIRST + timedelta(days=day) for day in range(1, policy.MOST_DATES + 2))

    assert refusal(Recurrence("", added=many)) == (FieldError("added", "must have at most 400 dates"),)
    assert refusal(Recurrence("", excluded=many)) == (FieldError("excluded", "must have at most 400 dates"),)
