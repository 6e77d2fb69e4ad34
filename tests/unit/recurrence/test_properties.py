from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from mundotango.errors import Invalid
from mundotango.recurrence import policy
from mundotango.recurrence.model import Recurrence
from mundotango.recurrence.service import at, checked, starts

ZONES = ("America/Argentina/Buenos_Aires", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MANY = 5000
SPAN = timedelta(days=500)

minutes = st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2190-12-31")).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


def some(values: st.SearchStrategy[object], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(lambda found: ",".join(map(str, found)))


def part(name: str, values: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    """With the part or without it."""
    return st.just("") | values.map(lambda value: f";{name}={value}")


weekdays = some(st.sampled_from(DAYS), 7)
numbered = some(st.builds("{}{}".format, st.sampled_from([1, 2, 3, 4, 5, -1, -2]), st.sampled_from(DAYS)))
month_days = some(st.sampled_from([1, 2, 13, 28, 29, 31, -1, -3, -31]))
months = part("BYMONTH", some(st.integers(1, 12)))
ends = st.integers(1, 60).map(";COUNT={}".format) | st.dates(
    datetime.fromisoformat("2000-01-01").date(), datetime.fromisoformat("2195-12-31").date()
).map(lambda day: f";UNTIL={day:%Y%m%d}T235959")
shapes = (
    st.tuples(st.just("FREQ=DAILY"), months, part("BYDAY", weekdays))
    | st.tuples(st.just("FREQ=WEEKLY"), months, part("BYDAY", weekdays), part("WKST", st.sampled_from(DAYS)))
    | st.tuples(st.just("FREQ=MONTHLY"), months, part("BYDAY", numbered | weekdays))
    | st.tuples(st.just("FREQ=MONTHLY;BYMONTHDAY="), month_days, part("BYDAY", weekdays))
    | st.tuples(st.just("FREQ=MONTHLY;BYDAY="), weekdays, part("BYSETPOS", some(st.sampled_from([1, 2, 3, -1, -2]))))
    | st.tuples(st.just("FREQ=YEARLY"), months, part("BYDAY", numbered | weekdays))
    | st.tuples(st.just("FREQ=YEARLY;BYMONTHDAY="), month_days, part("BYDAY", weekdays))
    | st.tuples(st.just("FREQ=YEARLY;BYYEARDAY="), some(st.integers(-366, 366).filter(bool)))
)
rules = st.tuples(shapes.map("".join), part("INTERVAL", st.integers(1, 5)), ends).map("".join)


@st.composite
def series(draw: st.DrawFn) -> tuple[Recurrence, datetime, datetime]:
    """With its first start and the end of a window. Of what is excluded or added, some is a start of the rule."""
    first = draw(minutes)
    until = first + timedelta(days=draw(st.integers(0, 400)))
    rule = draw(rules)
    near = st.integers(0, 400 * 24).map(lambda hours: first + timedelta(hours=hours))
    regular = starts(Recurrence(rule), first, until=until, limit=MANY)
    dates = st.lists(st.sampled_from(regular) | near if regular else near, max_size=5).map(tuple)
    return Recurrence(rule, excluded=draw(dates), added=draw(dates)), first, until


def whole(recurrence: Recurrence, first: datetime) -> list[datetime]:
    return starts(recurrence, first, until=first + SPAN, limit=MANY)


@given(series())
def test_starts_come_in_order_and_once_with_what_is_added_and_without_what_is_excluded(
    case: tuple[Recurrence, datetime, datetime],
) -> None:
    recurrence, first, _ = case
    regular = whole(Recurrence(recurrence.rule), first)

    assert whole(recurrence, first) == sorted({*regular, *recurrence.added} - {*recurrence.excluded})
    assert {start.time() for start in regular} == {first.time()}


@given(series(), st.integers(0, 30))
def test_a_window_is_the_whole_cut_off(case: tuple[Recurrence, datetime, datetime], limit: int) -> None:
    recurrence, first, until = case
    expected = [start for start in whole(recurrence, first) if start <= until]

    assert starts(recurrence, first, until=until, limit=MANY) == expected
    assert starts(recurrence, first, until=until, limit=limit) == expected[:limit]


@given(rules, minutes)
def test_the_end_of_the_calendar_has_the_same_days(rule: str, first: datetime) -> None:
    """dateutil is asked there, as `_by_rule` says; here it reads the rule by itself, and expands it in its own time."""
    until = first + SPAN
    by_itself = rrulestr(rule, dtstart=first, ignoretz=True)
    expected = {first} | set(by_itself.between(first, until, inc=True))

    assert set(starts(Recurrence(rule), first, until=until, limit=MANY)) == expected


@given(rules, minutes, st.sampled_from(ZONES))
def test_a_series_is_refused_or_bounded(rule: str, first: datetime, zone: str) -> None:
    try:
        kept = checked(Recurrence(rule), first, zone)
    except Invalid:
        return
    found = starts(kept, first, until=datetime.fromisoformat("9999-12-31"), limit=MANY)

    assert found[0] == first
    assert len(found) <= policy.MOST_STARTS
    assert found[-1] <= first + policy.LONGEST_SERIES


@given(
    st.text("ABCDEFHILMNORSTUWY=;,+-0123456789", max_size=60)
    | st.tuples(rules, st.text(max_size=8), st.integers(0, 60)).map(lambda cut: cut[0][: cut[2]] + cut[1])
)
def test_no_text_breaks_it(text: str) -> None:
    with suppress(Invalid):
        checked(Recurrence(text), datetime.fromisoformat("2026-12-03T22:30"), ZONES[0])


@given(minutes, st.sampled_from(ZONES))
def test_clocks_show_the_time_that_was_said_unless_they_leap_over_it(local: datetime, zone: str) -> None:
    moment = at(local, zone)
    shown, *before = (
        (moment - timedelta(minutes=ago)).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for ago in (0, 30, 60)
    )

    assert moment.tzinfo is UTC
    assert timedelta() <= shown - local <= timedelta(hours=1)
    assert local not in before
