"""When an event takes place, and which of its times stay themselves when it changes."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from mundotango.errors import Invalid
from mundotango.events.model import Event, EventStatus, Text
from mundotango.ids import new_id
from mundotango.occurrences import policy
from mundotango.occurrences.model import Occurrence, Own
from mundotango.recurrence.model import Recurrence
from mundotango.recurrence.service import at, starts
from tests.fakes.clock import A_MONDAY_EVENING

FRIDAY = datetime.fromisoformat("2026-11-27T22:00:00")
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)


def milonga(**changes: Any) -> Event:
    event = Event(
        id=new_id(),
        organiser_id=new_id(),
        kind="milonga",
        status="published",
        texts=(Text("es", "La Viruta", ""),),
        venue_id=new_id(),
        zone="America/Argentina/Buenos_Aires",
        starts=FRIDAY,
        ends=FRIDAY + 6 * HOUR,
        recurrence=Recurrence("FREQ=WEEKLY;COUNT=4"),
        people=(),
        price=None,
        currency="",
        link="",
        tags=(),
        media=(),
        parent_id=None,
        created_at=A_MONDAY_EVENING,
        changed_at=A_MONDAY_EVENING,
    )
    return replace(event, **changes)


def times(event: Event) -> list[datetime]:
    return starts(event.recurrence, event.starts, until=event.starts + 52 * WEEK, limit=100)


def known(event: Event) -> list[Occurrence]:
    return [
        Occurrence(
            id=new_id(),
            event_id=event.id,
            original=start,
            starts_at=at(start, event.zone),
            ends_at=at(start + 6 * HOUR, event.zone),
            night=policy.night_of(start),
            status="published",
            kind=event.kind,
            venue_id=event.venue_id,
            own=Own(),
            changed_at=A_MONDAY_EVENING,
        )
        for start in times(event)
    ]


def ids_at(plan: Any) -> dict[datetime, Any]:
    return {start: each.id for start, each in plan.kept.items()}


@pytest.mark.parametrize(
    ("start", "night"),
    [
        ("2026-11-27T22:30:00", date(2026, 11, 27)),
        ("2026-11-28T00:30:00", date(2026, 11, 27)),
        ("2026-11-28T05:59:00", date(2026, 11, 27)),
        ("2026-11-28T06:00:00", date(2026, 11, 28)),
    ],
)
def test_what_begins_after_midnight_belongs_to_the_evening_before(start: str, night: date) -> None:
    assert policy.night_of(datetime.fromisoformat(start)) == night


def test_a_start_that_still_is_keeps_its_occurrence() -> None:
    before = milonga()
    there = known(before)
    after = replace(before, recurrence=Recurrence("FREQ=WEEKLY;COUNT=6", excluded=(FRIDAY + WEEK,)))

    plan = policy.planned(after, there, times(after), A_MONDAY_EVENING)

    assert ids_at(plan) == {each.original: each.id for each in there if each.original != FRIDAY + WEEK}
    assert plan.gone == [there[1]]
    assert plan.fresh == [FRIDAY + 4 * WEEK, FRIDAY + 5 * WEEK]


@pytest.mark.parametrize("later", [-HOUR, HOUR, 2.5 * HOUR])
def test_a_series_at_another_hour_is_the_same_evenings(later: timedelta) -> None:
    before = milonga()
    there = known(before)
    after = replace(before, starts=FRIDAY + later, ends=before.ends + later)

    plan = policy.planned(after, there, times(after), A_MONDAY_EVENING)

    assert ids_at(plan) == {each.original + later: each.id for each in there}
    assert (plan.fresh, plan.gone) == ([], [])


def test_a_series_on_another_day_is_another() -> None:
    before = milonga()
    there = known(before)
    after = replace(before, starts=FRIDAY + timedelta(days=1), ends=before.ends + timedelta(days=1))

    plan = policy.planned(after, there, times(after), A_MONDAY_EVENING)

    assert (plan.kept, plan.fresh, plan.gone) == ({}, times(after), there)


def test_what_is_over_in_a_series_stays() -> None:
    before = milonga()
    there = known(before)
    after = replace(before, recurrence=Recurrence("FREQ=MONTHLY;COUNT=2"))

    plan = policy.planned(after, there, times(after), at(FRIDAY + WEEK + 7 * HOUR, before.zone))

    assert plan.gone == there[2:]


def test_what_takes_place_once_is_itself_wherever_it_moves() -> None:
    before = milonga(recurrence=Recurrence(""))
    there = known(before)
    after = replace(before, starts=FRIDAY + 30 * WEEK, ends=before.ends + 30 * WEEK)

    plan = policy.planned(after, there, [after.starts], A_MONDAY_EVENING)

    assert ids_at(plan) == {after.starts: there[0].id}


@pytest.mark.parametrize(
    ("event", "parent", "own", "status"),
    [
        ("published", None, None, "published"),
        ("published", None, "cancelled", "cancelled"),
        ("cancelled", None, "published", "cancelled"),
        ("published", "postponed", None, "postponed"),
        ("published", "draft", "cancelled", "draft"),
        ("draft", "published", None, "draft"),
        ("draft", "cancelled", None, "draft"),
        ("draft", "postponed", "cancelled", "draft"),
        ("cancelled", "postponed", None, "cancelled"),
        ("postponed", None, "cancelled", "cancelled"),
    ],
)
def test_what_is_not_published_as_a_whole_is_in_no_part(
    event: EventStatus, parent: EventStatus | None, own: EventStatus | None, status: EventStatus
) -> None:
    assert policy.status_of(milonga(status=event), parent, Own(own)) == status


def test_a_status_that_no_time_has_is_refused() -> None:
    assert policy.own_status(None) is None
    with pytest.raises(Invalid):
        policy.own_status("draft")
