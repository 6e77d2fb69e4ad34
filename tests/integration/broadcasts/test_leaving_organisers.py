"""Whoever comes to what somebody announced who leaves the platform is told while that is still there."""

from uuid import UUID

import pytest

from mundotango import ids
from mundotango.events.model import Dated
from mundotango.privacy.policy import CLOCKS_DIFFER, GRACE
from mundotango.privacy.service import ask_to_leave
from tests.factories.traces_of_events import insert
from tests.fakes.cache import FakeCache
from tests.fakes.erasures import FakeErasures
from tests.integration.broadcasts.house import DAY, HOUR, House, ample


@pytest.fixture(autouse=True)
def _ledger(house: House) -> None:
    house.platform.erasures = FakeErasures()
    house.platform.cache = FakeCache(house.clock)


def leaves(house: House) -> None:
    house.does(lambda work: ask_to_leave(work, house.organiser_id, house.clock))
    house.clock.advance(GRACE + CLOCKS_DIFFER + HOUR)


def runs(house: House) -> tuple[object, object]:
    outcome = house.runs("erase_accounts")
    assert (outcome["done"], outcome["failed"]) == (True, 0)
    return outcome["waiting"], outcome["erased"]


def guest_comes(house: House, dated: Dated) -> None:
    now, registration_id, guest_id = house.clock.now(), ids.new_id(), ids.new_id()
    with house.platform.database.transaction() as connection:
        insert(
            connection, "guests", id=guest_id, occurrence_id=dated.occurrence.id, email="olga@example.org", name="Olga",
            language="es", created_at=now, confirmed_at=now, kept_until=now + 90 * DAY,
        )  # fmt: skip
        insert(
            connection, "registrations", id=registration_id, occurrence_id=dated.occurrence.id, position=99,
            state="accepted", leaders=1, followers=0, both_roles=0, answers=[], registered_at=now, changed_at=now,
        )  # fmt: skip
        insert(
            connection, "registration_dancers", registration_id=registration_id, position=0,
            occurrence_id=dated.occurrence.id, guest_id=guest_id, person_id=guest_id, role="leader", hidden=False,
            is_open=True,
        )  # fmt: skip


def statuses(house: House, person: UUID) -> list[str]:
    return [said["event"]["status"] for kind, said in house.told_to(person) if kind == "event.changed"]


def test_what_they_announced_is_called_off_before_it_is_erased(house: House) -> None:
    weekly = house.announces(starts_at=house.clock.now() + 40 * DAY, rule="FREQ=WEEKLY;COUNT=3")
    concert = house.announces(None, starts_at=house.clock.now() + 50 * DAY)
    ana, bruno, carla = house.joins(3)
    house.registers(weekly, ana)
    house.answers(concert, bruno)
    house.answers(concert, carla, "interested")
    guest_comes(house, weekly)
    leaves(house)
    house.forgets()

    assert runs(house) == (1, 0)
    assert runs(house) == (1, 0)
    house.runs("sweep_guests")

    assert [statuses(house, each) for each in (ana, bruno, carla)] == [["cancelled"], ["cancelled"], []]
    mails = [mail for mail in house.mails() if mail.get("address") == "olga@example.org"]
    assert [mail["values"]["news"] for mail in mails] == ["called_off"]


def test_what_nobody_comes_to_or_is_over_is_told_to_nobody(house: House) -> None:
    over, lonely = house.announces(), house.announces(starts_at=house.clock.now() + 40 * DAY)
    ana, bruno = house.joins(2)
    house.registers(over, ana)
    leaves(house)
    house.forgets()

    runs(house)

    assert house.told("event.changed") == []
    found = house.does(lambda work: [work.events.find(each.event.id) for each in (over, lonely)])
    assert [event and event.status for event in found] == ["published", "published"]
    assert statuses(house, bruno) == []


def test_what_another_edited_with_them_goes_on(house: House) -> None:
    dated = house.announces(starts_at=house.clock.now() + 40 * DAY)
    ana, fellow = house.joins(2)
    house.registers(dated, ana)
    with house.platform.database.transaction() as connection:
        insert(
            connection, "event_people", event_id=dated.event.id, position=9, role="organiser", user_id=fellow, name=""
        )
        connection.execute(
            "INSERT INTO event_versions VALUES (%s, 1, '{}', %s, %s)", (dated.event.id, fellow, house.clock.now())
        )
    leaves(house)
    house.forgets()

    runs(house)

    assert statuses(house, ana) == []
    event = house.does(lambda work: work.events.find(dated.event.id))
    assert event is not None
    assert (event.organiser_id, event.status) == (fellow, "published")


@pytest.mark.parametrize("times", [1, 2])
def test_a_run_that_is_cut_off_goes_on(house: House, times: int) -> None:
    events = [house.announces(starts_at=house.clock.now() + 40 * DAY) for _ in range(3)]
    (ana,) = house.joins()
    for each in events:
        house.registers(each, ana)
    leaves(house)
    house.forgets()
    left = iter([ample()] * (times + 1))

    assert house.runs("erase_accounts", lambda: next(left, 0.0))["done"] is False
    assert len(statuses(house, ana)) < len(events)
    runs(house)

    assert statuses(house, ana) == ["cancelled"] * 3
