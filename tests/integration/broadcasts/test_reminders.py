"""Who comes is reminded a day and two hours ahead, once, by the clocks where they are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango.bootstrap import Platform
from mundotango.broadcasts.model import Broadcast
from mundotango.broadcasts.repository import BroadcastRepository
from mundotango.broadcasts.sending import remind
from mundotango.events.model import Dated
from mundotango.ids import new_id
from mundotango.notifications.model import NotificationPreferences
from mundotango.registrations import deciding, service
from mundotango.registrations.model import Limits, Settings
from tests.integration.broadcasts.house import DAY, HOUR, House, ample, once

FIVE_MINUTES = timedelta(minutes=5)
HALF_AN_HOUR = timedelta(minutes=30)
MANY = 250


@pytest.fixture
def dated(house: House) -> Dated:
    """In three days."""
    return house.announces()


def ahead(house: House, person: UUID) -> list[str]:
    return [said["ahead"] for kind, said in house.told_to(person) if kind == "reminder.due"]


def reminds(house: House, at: datetime) -> dict[str, object]:
    house.clock.advance(at - house.clock.now())
    outcome = house.runs("remind")
    assert outcome["failed"] == 0
    return outcome


def test_a_day_and_two_hours_ahead_and_never_twice(house: House, dated: Dated) -> None:
    (ana, bruno), starts_at = house.joins(2), dated.occurrence.starts_at
    house.registers(dated, ana)
    house.answers(dated, bruno)
    told: list[tuple[timedelta, str]] = []
    house.clock.advance(starts_at - 25 * HOUR - house.clock.now())
    while house.clock.now() < starts_at + HOUR:
        before = ahead(house, ana)
        for _ in range(2):
            reminds(house, house.clock.now())
        told += [(starts_at - house.clock.now(), each) for each in ahead(house, ana)[len(before) :]]
        assert ahead(house, bruno) == ahead(house, ana)
        house.clock.advance(FIVE_MINUTES)

    assert told == [(timedelta(hours=24), "24h"), (timedelta(hours=2), "2h")]
    assert house.times_told("reminder.due") == {ana: 2, bruno: 2}


def test_only_those_who_come(house: House) -> None:
    dated = house.announces(Settings(Limits(capacity=2), timedelta(days=7)))
    accepted, gone, waiting, offered = house.joins(4)
    interested, guest_of_nobody = house.joins(2)
    entries = [house.registers(dated, person) for person in (accepted, gone, offered, waiting)]
    house.does(lambda work: service.give_up(work, registration_id=entries[1], person_id=gone, clock=house.clock))
    house.answers(dated, interested, "interested")
    house.answers(dated, guest_of_nobody, "not_going")
    reminds(house, dated.occurrence.starts_at - DAY)
    reminds(house, dated.occurrence.starts_at - 2 * HOUR)

    assert house.times_told("reminder.due") == {accepted: 2}


@pytest.mark.parametrize(
    ("before", "told"), [(25 * HOUR, ["24h", "2h"]), (20 * HOUR, ["2h"]), (3 * HOUR, ["2h"]), (HOUR, [])]
)
def test_who_comes_late_is_reminded_of_what_lies_ahead(
    house: House, dated: Dated, before: timedelta, told: list[str]
) -> None:
    ana, bruno = house.joins(2)
    house.clock.advance(dated.occurrence.starts_at - before - house.clock.now())
    house.registers(dated, ana)
    house.answers(dated, bruno)
    while house.clock.now() < dated.occurrence.starts_at:
        house.clock.advance(HALF_AN_HOUR)
        house.runs("remind")

    assert ahead(house, ana) == ahead(house, bruno) == told


def test_who_was_accepted_late_too(house: House) -> None:
    dated = house.announces(Settings(Limits(), DAY, approval=True))
    (ana,) = house.joins()
    entry = house.registers(dated, ana)
    house.clock.advance(dated.occurrence.starts_at - 20 * HOUR - house.clock.now())
    house.does(
        lambda work: deciding.approve(work, registration_id=entry, editor_id=house.organiser_id, clock=house.clock)
    )
    house.runs("remind")

    assert ahead(house, ana) == []


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_nobody_is_reminded_of_what_does_not_take_place(house: House, dated: Dated, status: str) -> None:
    (ana,) = house.comes(dated, 1)
    house.edits(dated, status=status)
    assert reminds(house, dated.occurrence.starts_at - DAY)["begun"] == 0

    house.edits(dated, status="published")
    assert reminds(house, house.clock.now() + HOUR)["begun"] == 1
    assert ahead(house, ana) == ["24h"]


@pytest.mark.parametrize(
    ("moved", "told"),
    [
        pytest.param(timedelta(days=1), ["24h", "24h", "2h"], id="a day later"),
        pytest.param(-HOUR, ["24h", "24h", "2h"], id="an hour sooner"),
        pytest.param(-10 * HOUR, ["24h", "2h"], id="so soon that a day ahead is past"),
    ],
)
def test_of_another_time_people_are_reminded_again(
    house: House, dated: Dated, moved: timedelta, told: list[str]
) -> None:
    (ana,) = house.comes(dated, 1)
    starts_at = dated.occurrence.starts_at
    reminds(house, starts_at - DAY)
    house.clock.advance(HOUR)
    house.edits(dated, starts_at=starts_at + moved, ends_at=starts_at + moved + 4 * HOUR)
    while house.clock.now() < starts_at + moved:
        house.runs("remind")
        house.clock.advance(HALF_AN_HOUR)

    assert ahead(house, ana) == told


def test_one_that_was_late_is_told_while_it_says_something(house: House, dated: Dated) -> None:
    (ana,) = house.comes(dated, 1)
    reminds(house, dated.occurrence.starts_at - 18 * HOUR)
    assert ahead(house, ana) == []

    later = house.announces(starts_at=house.clock.now() + 3 * DAY)
    (bruno,) = house.comes(later, 1)
    reminds(house, later.occurrence.starts_at - 19 * HOUR)
    reminds(house, later.occurrence.starts_at - FIVE_MINUTES)
    assert ahead(house, bruno) == ["24h", "2h"]


def test_times_are_said_by_the_clocks_where_somebody_is(house: House, dated: Dated) -> None:
    ana, bruno = house.comes(dated, 2)
    abroad = NotificationPreferences(language="es", zone="Asia/Tokyo")
    house.does(lambda work: work.notification_preferences.replace(bruno, abroad, house.clock.now()))
    reminds(house, dated.occurrence.starts_at - DAY)

    zones = {person: house.told_to(person)[0][1]["event"]["local_zone"] for person in (ana, bruno)}
    assert zones == {ana: "America/Argentina/Buenos_Aires", bruno: "Asia/Tokyo"}


def test_who_wants_no_reminders_gets_none(house: House, dated: Dated) -> None:
    ana, bruno = house.comes(dated, 2)
    house.turns_off(bruno, "reminder")
    reminds(house, dated.occurrence.starts_at - DAY)

    assert house.times_told("reminder.due") == once([ana])


@pytest.mark.parametrize("page", [1, 2, 3])
def test_one_that_is_killed_goes_on_where_it_was(
    house: House, dated: Dated, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = house.comes(dated, MANY)
    house.clock.advance(dated.occurrence.starts_at - DAY - house.clock.now())
    pages = iter(range(1, 100))
    with monkeypatch.context() as patched:
        for name in ("advance", "finish"):
            step: Any = getattr(BroadcastRepository, name)

            def killed(*args: Any, step: Any = step) -> None:
                step(*args)
                if next(pages) == page:
                    raise KeyboardInterrupt

            patched.setattr(BroadcastRepository, name, killed)
        with pytest.raises(KeyboardInterrupt):
            house.runs("remind")

    # Whoever runs next: both work off what was begun.
    house.runs("tell_attendees")
    house.runs("remind")
    assert house.times_told("reminder.due") == once(people)


def test_two_runs_at_once_remind_each_once(house: House, beside: list[Platform]) -> None:
    several = [house.announces() for _ in range(12)]
    people = [person for each in several for person in house.comes(each, 3)]
    house.clock.advance(several[0].occurrence.starts_at - DAY - house.clock.now())
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(lambda platform: remind(platform, ample), beside))

    assert [outcome["failed"] for outcome in outcomes] == [0, 0]
    house.runs("remind")
    assert house.times_told("reminder.due") == once(people)


def test_two_that_begin_the_same_one_begin_it_once(house: House, dated: Dated) -> None:
    people = house.comes(dated, 3)
    house.clock.advance(dated.occurrence.starts_at - DAY - house.clock.now())
    for _ in range(2):
        reminder = Broadcast(
            id=new_id(), occurrence_id=dated.occurrence.id, topic="24h", starts_at=dated.occurrence.starts_at,
            made_at=house.clock.now(),
        )  # fmt: skip
        house.does(lambda work, reminder=reminder: work.broadcasts.add([reminder]))  # type: ignore[misc]

    house.runs("remind")
    assert house.times_told("reminder.due") == once(people)


def test_one_that_nobody_had_yet_is_begun_again(house: House, dated: Dated) -> None:
    (ana,) = house.comes(dated, 1)
    house.clock.advance(dated.occurrence.starts_at - DAY - house.clock.now())
    left = iter([100.0, 100.0, 0.0])
    assert house.runs("remind", lambda: next(left)) == {"begun": 1, "done": False, "told": 0, "failed": 0}
    house.edits(dated, status="postponed")
    house.runs("remind")
    house.edits(dated, status="published")
    house.runs("remind")

    assert ahead(house, ana) == ["24h"]


def test_one_that_is_cancelled_halfway_ends_there(house: House, dated: Dated) -> None:
    house.comes(dated, MANY)
    house.clock.advance(dated.occurrence.starts_at - DAY - house.clock.now())
    left = iter([100.0] * 4 + [0.0] * 9)
    assert house.runs("remind", lambda: next(left))["done"] is False
    assert len(house.told("reminder.due")) == 200
    house.edits(dated, status="cancelled")
    house.runs("remind")
    house.edits(dated, status="published")
    house.runs("remind")

    assert len(house.told("reminder.due")) == 200


def test_what_is_begun_takes_the_pages_that_it_needs(
    house: House, dated: Dated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mundotango.broadcasts.policy.PAGE", 2)
    several = [house.announces(starts_at=dated.occurrence.starts_at) for _ in range(5)]
    people = [person for each in several for person in house.comes(each, 2)]

    assert reminds(house, dated.occurrence.starts_at - DAY)["begun"] == 5
    assert house.times_told("reminder.due") == once(people)
