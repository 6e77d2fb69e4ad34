"""Whoever comes is told of a change of time, place or status, however it comes about, and once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from mundotango.bootstrap import Platform
from mundotango.broadcasts import policy
from mundotango.broadcasts import service as broadcasts
from mundotango.broadcasts.repository import BroadcastRepository
from mundotango.broadcasts.sending import tell_attendees
from mundotango.events.model import Dated
from mundotango.ids import new_id
from mundotango.observability import counting
from mundotango.occurrences import service as occurrences
from mundotango.occurrences.editing import edit_occurrence
from mundotango.occurrences.expanding import expand_series
from mundotango.privacy.model import Person
from mundotango.privacy.stores.rows import erase_broadcasts
from mundotango.recurrence.service import at
from mundotango.registrations.model import Limits, Settings
from mundotango.registrations.service import give_up
from mundotango.venues.service import edit_venue
from tests.integration.broadcasts.house import DAY, HOUR, House, ample, once

MANY = 250


@pytest.fixture
def dated(house: House) -> Dated:
    return house.announces()


def changes(house: House, person: UUID) -> list[tuple[list[str], str]]:
    return [(said["changed"], said["event"]["status"]) for _, said in house.told_to(person)]


@pytest.mark.parametrize(
    ("edit", "changed", "status"),
    [
        ({"starts_at": 4, "ends_at": 9}, ["time"], "published"),
        ({"address": "Scalabrini Ortiz 1331", "venue_name": "Canning", "latitude": -34.6}, ["place"], "published"),
        ({"status": "cancelled"}, ["status"], "cancelled"),
        ({"status": "postponed"}, ["status"], "postponed"),
    ],
)
def test_an_edit_is_told_with_it(
    house: House, dated: Dated, edit: dict[str, Any], changed: list[str], status: str
) -> None:
    ana, bruno, carla, dario = house.joins(4)
    house.registers(dated, ana)
    house.answers(dated, bruno)
    house.answers(dated, carla, "interested")
    house.forgets()
    said = {name: house.clock.now() + value * DAY if name.endswith("_at") else value for name, value in edit.items()}
    if "venue_name" in said:
        said |= {"venue_id": None, "city": "Buenos Aires", "country": "AR", "longitude": -58.4}
    if "starts_at" in said:
        said["ends_at"] = said["starts_at"] + 4 * HOUR

    house.edits(dated, **said)

    assert changes(house, ana) == changes(house, bruno) == [(changed, status)]
    assert [changes(house, each) for each in (carla, dario, house.organiser_id)] == [[], [], []]
    assert house.runs("tell_attendees") == {"done": True, "told": 0, "failed": 0, "forgotten": 0}


@pytest.mark.parametrize(
    "edit", [{"title": "Otra cosa"}, {"description": "Con orquesta"}, {"price": 5, "currency": "ARS"}]
)
def test_other_edits_are_told_to_nobody(house: House, dated: Dated, edit: dict[str, Any]) -> None:
    house.comes(dated, 2)
    house.edits(dated, **edit)

    assert house.told("event.changed") == []


def test_who_changed_it_and_who_does_not_want_it_are_not_told(house: House, dated: Dated) -> None:
    ana, bruno, carla = house.comes(dated, 3)
    house.registers(dated, house.organiser_id)
    house.turns_off(bruno, "event_change")
    house.turns_off(carla, "event_change", "email")
    house.edits(dated, status="cancelled")

    assert house.times_told("event.changed") == once([ana, carla])


def test_who_waits_is_told_and_who_gave_up_is_not(house: House) -> None:
    dated = house.announces(Settings(Limits(capacity=1), DAY))
    ana, bruno, carla = house.joins(3)
    for person in (ana, bruno):
        house.registers(dated, person)
    gone = house.registers(dated, carla)
    house.does(lambda work: give_up(work, registration_id=gone, person_id=carla, clock=house.clock))
    house.edits(dated, status="cancelled")

    assert house.times_told("event.changed") == once([ana, bruno])


class TestSeries:
    def test_one_time_of_it(self, house: House) -> None:
        first, second = self.two_times(house)
        (ana,), (bruno,) = house.comes(first, 1), house.comes(second, 1)

        house.does(
            lambda work: edit_occurrence(
                work,
                event_id=first.event.id,
                original=second.occurrence.original,
                editor_id=house.organiser_id,
                version=1,
                changes={"status": "cancelled"},
                clock=house.clock,
            )
        )

        assert (changes(house, ana), changes(house, bruno)) == ([], [(["status"], "cancelled")])

    def test_a_time_that_the_rule_has_no_more(self, house: House) -> None:
        first, second = self.two_times(house)
        (ana,), (bruno,) = house.comes(first, 1), house.comes(second, 1)

        house.edits(first, rule="FREQ=DAILY;COUNT=1")

        assert (changes(house, ana), changes(house, bruno)) == ([], [(["status"], "cancelled")])

    def test_all_of_it(self, house: House) -> None:
        first, second = self.two_times(house)
        (ana,), (bruno,) = house.comes(first, 1), house.comes(second, 1)

        house.edits(first, status="postponed")

        assert changes(house, ana) == changes(house, bruno) == [(["status"], "postponed")]

    def test_another_hour_by_the_clocks_that_people_live_by(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A country gives up its summer time, and a new edition of the time zone database says so."""
        first, _ = self.two_times(house)
        (ana,) = house.comes(first, 1)
        monkeypatch.setattr(occurrences, "at", lambda moment, zone: at(moment, zone) + HOUR)
        house.clock.advance(timedelta(hours=1))
        with house.platform.database.transaction() as connection:
            connection.execute("UPDATE events SET expanded_at = '2020-01-01Z'")

        assert expand_series(house.platform, ample)["expanded"] == 1
        assert changes(house, ana) == [(["time"], "published")]

    @staticmethod
    def two_times(house: House) -> tuple[Dated, Dated]:
        first = house.announces(rule="FREQ=WEEKLY;COUNT=2")
        _, second = house.does(lambda work: work.occurrences.list_of(first.event.id))
        found = house.does(lambda work: work.events.find_at(second.id))
        assert found is not None
        return first, found


def test_a_session_of_a_festival_that_is_cancelled(house: House) -> None:
    festival = house.announces(kind="festival")
    session = house.announces(kind="workshop", parent_id=festival.event.id)
    (ana,) = house.comes(session, 1)
    house.edits(festival, status="cancelled")

    assert changes(house, ana) == [(["status"], "cancelled")]


@pytest.mark.parametrize(
    ("edit", "told"),
    [({"address": "Av. Córdoba 5942"}, True), ({"latitude": -34.6}, True), ({"name": "La Viruta Tango"}, False)],
)
def test_a_venue_that_is_somewhere_else(house: House, dated: Dated, edit: Any, told: bool) -> None:
    over = house.announces(starts_at=house.clock.now() + HOUR)
    people = [house.comes(each, 1)[0] for each in (dated, over)]
    house.clock.advance(DAY)

    house.does(
        lambda work: edit_venue(
            work,
            venue_id=dated.venue.id,
            user_id=house.organiser_id,
            moderator=False,
            version=1,
            changes=edit,
            clock=house.clock,
        )
    )

    assert changes(house, people[0]) == ([(["place"], "published")] if told else [])
    assert changes(house, people[1]) == []


class TestMany:
    @pytest.fixture
    def people(self, house: House, dated: Dated) -> list[UUID]:
        return house.comes(dated, MANY)

    def test_some_hear_of_it_at_once_and_all_by_the_next_run(
        self, house: House, dated: Dated, people: list[UUID]
    ) -> None:
        house.edits(dated, status="cancelled")
        assert house.told("event.changed") == house.told("event.changed")[: policy.AT_ONCE]
        assert len(house.told("event.changed")) == policy.AT_ONCE

        assert house.runs("tell_attendees")["told"] == MANY - policy.AT_ONCE
        for _ in range(2):
            assert house.runs("tell_attendees")["told"] == 0

        assert house.times_told("event.changed") == once(people)

    def test_a_page_costs_the_same_however_many_come(self, house: House, dated: Dated, people: list[UUID]) -> None:
        house.edits(dated, status="cancelled")
        with counting() as counts:
            house.runs("tell_attendees")

        # Two pages, with six statements and one of the relay's taking and one of its marking each, and the end.
        assert counts["sql_statements"] <= 20

    def test_a_run_that_is_cut_off_goes_on(self, house: House, dated: Dated, people: list[UUID]) -> None:
        house.edits(dated, status="cancelled")
        left = iter([100.0, 0.0])
        assert house.runs("tell_attendees", lambda: next(left)) == {"done": False, "told": policy.PAGE, "failed": 0}
        assert len(house.told("event.changed")) == policy.AT_ONCE + policy.PAGE

        house.runs("tell_attendees")
        assert house.times_told("event.changed") == once(people)

    @pytest.mark.parametrize("after", [1, 2])
    def test_one_that_is_killed_within_a_page_tells_it_again_and_once(
        self, house: House, dated: Dated, people: list[UUID], after: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.edits(dated, status="cancelled")
        advance, finish = BroadcastRepository.advance, BroadcastRepository.finish
        pages = iter(range(1, 100))

        def killed(step: Any, *args: Any) -> None:
            step(*args)
            if next(pages) == after:
                raise KeyboardInterrupt

        for name, step in (("advance", advance), ("finish", finish)):
            monkeypatch.setattr(BroadcastRepository, name, lambda *args, step=step: killed(step, *args))
        with pytest.raises(KeyboardInterrupt):
            house.runs("tell_attendees")
        assert len(house.told("event.changed")) == policy.AT_ONCE + (after - 1) * policy.PAGE

        house.runs("tell_attendees")
        assert house.times_told("event.changed") == once(people)

    def test_two_runs_at_once_tell_each_once(
        self, house: House, dated: Dated, people: list[UUID], beside: list[Platform]
    ) -> None:
        others = house.announces()
        more = house.comes(others, MANY)
        house.edits(dated, status="cancelled")
        house.edits(others, status="cancelled")
        with ThreadPoolExecutor(2) as threads:
            for outcome in threads.map(lambda platform: tell_attendees(platform, ample), beside):
                assert outcome["failed"] == 0

        house.runs("tell_attendees")
        assert house.times_told("event.changed") == once(people + more)

    def test_what_another_run_is_at_is_left_to_it(
        self, house: House, dated: Dated, people: list[UUID], beside: list[Platform]
    ) -> None:
        house.edits(dated, status="cancelled")
        with beside[0].unit_of_work() as work:
            taken = work.broadcasts.take(None)
            assert taken is not None
            assert house.runs("tell_attendees")["told"] == 0
            broadcasts.tell(work, taken, policy.PAGE, house.clock)

        house.runs("tell_attendees")
        assert house.times_told("event.changed") == once(people)

    def test_what_is_told_late_is_what_is_so_then(self, house: House, dated: Dated, people: list[UUID]) -> None:
        house.edits(dated, status="cancelled")
        house.edits(dated, status="published")
        house.runs("tell_attendees")

        last = sorted(people)[-1]
        assert changes(house, last) == [(["status"], "published")] * 2

    def test_one_that_fails_holds_up_no_other(
        self, house: House, dated: Dated, people: list[UUID], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        others = house.announces()
        more = house.comes(others, MANY)
        house.edits(dated, status="cancelled")
        house.edits(others, status="cancelled")
        find_brief = type(house.does(lambda work: work.occurrences)).find_brief

        def broken(repository: Any, occurrence_id: UUID) -> Any:
            if occurrence_id == dated.occurrence.id:
                raise ValueError("no event")
            return find_brief(repository, occurrence_id)

        with monkeypatch.context() as patched:
            patched.setattr("mundotango.occurrences.repository.OccurrenceRepository.find_brief", broken)
            outcome = house.runs("tell_attendees")
        assert (outcome["failed"], outcome["told"]) == (1, MANY - policy.AT_ONCE)
        assert set(more) <= house.times_told("event.changed").keys()

        house.runs("tell_attendees")
        assert house.times_told("event.changed") == once(people + more)

    def test_what_is_over_is_told_no_more(self, house: House, dated: Dated, people: list[UUID]) -> None:
        house.edits(dated, status="cancelled")
        house.clock.advance(8 * DAY)

        assert house.runs("tell_attendees")["told"] == 0
        assert house.runs("tell_attendees")["forgotten"] == 0
        assert len(house.told("event.changed")) == policy.AT_ONCE

    def test_nothing_of_whom_was_told_is_kept(self, house: House, dated: Dated, people: list[UUID]) -> None:
        house.edits(dated, status="cancelled")
        house.runs("tell_attendees")
        with house.platform.database.transaction() as connection:
            kept = connection.execute("SELECT done, after_id FROM broadcasts").fetchall()
        assert kept == [(True, UUID(int=0))]

        house.clock.advance(8 * DAY)
        assert house.runs("tell_attendees")["forgotten"] == 1


def test_of_who_left_the_platform_it_says_no_more(house: House, dated: Dated) -> None:
    house.comes(dated, 1)
    house.edits(dated, status="cancelled")
    person = Person(house.organiser_id, None)

    assert [sum(erase_broadcasts(house.platform, person)) for _ in range(2)] == [1, 0]


def test_whoever_was_told_last_may_leave_meanwhile(house: House, dated: Dated) -> None:
    people = house.comes(dated, MANY)
    house.edits(dated, status="cancelled")
    last = sorted(people)[policy.AT_ONCE - 1]
    assert sum(erase_broadcasts(house.platform, Person(last, None))) == 1
    with house.platform.database.transaction() as connection:
        connection.execute("DELETE FROM users WHERE id = %s", (last,))
    house.runs("tell_attendees")

    assert house.times_told("event.changed") == once(people)


def test_without_its_place_in_the_list_people_would_be_told_again(
    house: House, dated: Dated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above see it."""
    people = house.comes(dated, MANY)
    house.edits(dated, status="cancelled")
    monkeypatch.setattr(BroadcastRepository, "advance", lambda *_: None)
    monkeypatch.setattr(broadcasts, "derived_id", lambda *_: new_id())
    left = iter([100.0] * 3 + [0.0])
    house.runs("tell_attendees", partial(next, left))

    assert house.times_told("event.changed") != once(people)
