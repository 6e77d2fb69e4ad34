from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mundotango.agenda import policy
from mundotango.agenda.service import list_events
from mundotango.errors import BadCursor, Invalid, NotFound, ProfileMissing
from mundotango.events.model import Dated
from mundotango.events.service import get_event
from mundotango.feed.service import list_home
from mundotango.ids import new_id
from mundotango.users.model import User
from mundotango.work import UnitOfWork
from tests.factories.people import make_event, make_post, make_user
from tests.fakes.clock import A_MONDAY_EVENING, FakeClock

HOUR = timedelta(hours=1)


@pytest.fixture
def organiser(work: UnitOfWork, clock: FakeClock) -> User:
    return make_user(work, clock)


def titles(work: UnitOfWork, clock: FakeClock, **asked: Any) -> list[str]:
    query = policy.query(**asked)
    found: list[str] = []
    cursor = None
    while True:
        page = list_events(work, query, limit=2, cursor=cursor, clock=clock)
        found += [each.event.title for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_an_event_is_kept_as_it_was_given(work: UnitOfWork, clock: FakeClock, organiser: User) -> None:
    berlin = datetime.fromisoformat("2026-12-31T21:00:00+01:00")
    event = make_event(
        work,
        clock,
        organiser.id,
        title="Silvester",
        city="Berlin",
        country="DE",
        zone="Europe/Berlin",
        starts_at=berlin,
        ends_at=berlin + 6 * HOUR,
    )
    assert get_event(work, event.event.id, clock) == event
    assert event.occurrence.starts_at == datetime(2026, 12, 31, 20, tzinfo=UTC)
    assert event.event.starts == berlin.replace(tzinfo=None)


def test_an_event_that_is_not_there(work: UnitOfWork, clock: FakeClock) -> None:
    with pytest.raises(NotFound):
        get_event(work, new_id(), clock)


def test_who_has_no_profile_announces_nothing(work: UnitOfWork, clock: FakeClock) -> None:
    with pytest.raises(ProfileMissing):
        make_event(work, clock, new_id())


@pytest.fixture
def calendar(work: UnitOfWork, clock: FakeClock, organiser: User) -> list[Dated]:
    def at(title: str, starts: float, hours: float = 4, city: str = "Buenos Aires") -> Dated:
        starts_at = A_MONDAY_EVENING + starts * HOUR
        return make_event(
            work, clock, organiser.id, title=title, city=city, starts_at=starts_at, ends_at=starts_at + hours * HOUR
        )

    return [
        at("tomorrow", 24),
        at("over", -5),
        at("going on", -1),
        at("just over", -4),
        at("tonight", 2),
        at("also tonight", 2),
        at("festival since last week", -7 * 24, hours=10 * 24),
        at("elsewhere", 3, city="São Paulo"),
    ]


def test_what_is_not_over_is_listed_first_beginning_first(
    work: UnitOfWork, clock: FakeClock, calendar: list[Dated]
) -> None:
    found = titles(work, clock, city="Buenos Aires")
    assert found[:2] + found[4:] == ["festival since last week", "going on", "tomorrow"]
    assert set(found[2:4]) == {"tonight", "also tonight"}


def test_a_stretch_of_time_has_what_overlaps_it(work: UnitOfWork, clock: FakeClock, calendar: list[Dated]) -> None:
    now = A_MONDAY_EVENING
    asked = {"city": "Buenos Aires", "from_": now - 4 * HOUR, "to": now + 2 * HOUR}
    # What ended at its beginning and what begins at its end are not in it.
    assert titles(work, clock, **asked) == ["festival since last week", "over", "just over", "going on"]


def test_without_a_city_all_are_listed(work: UnitOfWork, clock: FakeClock, calendar: list[Dated]) -> None:
    assert titles(work, clock, from_=A_MONDAY_EVENING + 2.5 * HOUR, to=A_MONDAY_EVENING + 4 * HOUR)[-1] == "elsewhere"


@pytest.mark.parametrize("city", ["São Paulo", "sao paulo", "SÃO  PAULO", "Sa\u0303o Paulo", " são paulo "])
def test_a_city_is_found_however_it_is_written(
    work: UnitOfWork, clock: FakeClock, calendar: list[Dated], city: str
) -> None:
    assert titles(work, clock, city=city) == ["elsewhere"]


@pytest.mark.parametrize("city", ["", " ", "\x00", "\ud800", "x" * 101, "\u0301"])
def test_a_city_that_cannot_be_is_refused(work: UnitOfWork, clock: FakeClock, city: str) -> None:
    with pytest.raises(Invalid):
        titles(work, clock, city=city)


def test_an_unknown_city_has_no_events(work: UnitOfWork, clock: FakeClock, calendar: list[Dated]) -> None:
    assert titles(work, clock, city="Atlantis") == []


@pytest.mark.parametrize(
    ("from_", "to"),
    [
        (A_MONDAY_EVENING, A_MONDAY_EVENING),
        (A_MONDAY_EVENING, A_MONDAY_EVENING - HOUR),
        (A_MONDAY_EVENING.replace(tzinfo=None), None),
        (datetime(1, 1, 1, tzinfo=UTC), None),
        (None, datetime(9999, 12, 31, tzinfo=UTC)),
    ],
)
def test_a_stretch_of_time_that_cannot_be_is_refused(
    work: UnitOfWork, clock: FakeClock, from_: datetime | None, to: datetime | None
) -> None:
    with pytest.raises(Invalid):
        titles(work, clock, from_=from_, to=to)


def test_a_cursor_of_another_list_is_refused(work: UnitOfWork, clock: FakeClock, organiser: User) -> None:
    make_post(work, clock, organiser.id)
    make_post(work, clock, organiser.id)
    cursor = list_home(work, organiser.id, None, 1).next_cursor
    assert cursor is not None
    with pytest.raises(BadCursor):
        list_events(work, policy.query(), cursor=cursor, limit=1, clock=clock)
