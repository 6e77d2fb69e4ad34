"""What people are told of their registrations."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango.notifications.model import NotificationPreferences
from mundotango.observability import counting
from mundotango.registrations import deciding, service
from mundotango.registrations.announcement import announce
from mundotango.registrations.model import Limits, Settings
from tests.integration.broadcasts.house import DAY, House

ONE_PLACE = Settings(Limits(capacity=1), timedelta(hours=6))


def states(house: House, person: UUID) -> list[tuple[str, str, bool]]:
    return [(said["state"], said["by"], said["notified"]) for _, said in house.told_to(person)]


def gives_up(house: House, registration_id: UUID, person: UUID) -> None:
    house.does(lambda work: service.give_up(work, registration_id=registration_id, person_id=person, clock=house.clock))


def decides(house: House, act: Any, registration_id: UUID) -> None:
    house.does(lambda work: act(work, registration_id=registration_id, editor_id=house.organiser_id, clock=house.clock))


def test_who_moves_up_hears_of_it_and_is_mailed_at_once(house: House) -> None:
    dated = house.announces(ONE_PLACE)
    ana, bruno = house.joins(2)
    first = house.registers(dated, ana)
    second = house.registers(dated, bruno)
    assert states(house, bruno) == [("waiting", "me", False)]

    gives_up(house, first, ana)

    assert states(house, ana) == [("accepted", "me", False), ("cancelled", "me", False)]
    assert states(house, bruno) == [("waiting", "me", False), ("offered", "other", True)]
    _, said = house.told_to(bruno)[-1]
    assert said["registration_id"] == str(second)
    assert said["offered_until"] == "2026-11-24T02:00:00Z"
    assert said["event"]["title"] == "La Viruta"
    (mail,) = house.mails()
    assert (mail["user_id"], mail["template"], mail["unsubscribe"]) == (str(bruno), "offer", None)
    assert mail["until"] == "2026-11-24T02:00:00+00:00"
    assert "lapses on Monday 23 November at 23:00" in mail["values"]["said"]
    assert str(ana) not in str(house.told_to(bruno))


def test_an_offer_that_lapses_is_told_to_both(house: House) -> None:
    dated = house.announces(ONE_PLACE)
    people = house.joins(3)
    first, *_ = (house.registers(dated, person) for person in people)
    gives_up(house, first, people[0])
    house.forgets()

    house.clock.advance(timedelta(hours=6))
    assert house.runs("lapse_offers")["lapsed"] == 1

    assert states(house, people[1]) == [("expired", "other", True)]
    assert states(house, people[2]) == [("offered", "other", True)]
    assert len(house.mails()) == 2


def test_what_an_organiser_decides_is_told(house: House) -> None:
    dated = house.announces(Settings(Limits(capacity=1), DAY, approval=True))
    ana, bruno, carla = house.joins(3)
    entries = [house.registers(dated, person) for person in (ana, bruno, carla)]
    house.forgets()

    decides(house, deciding.approve, entries[0])
    decides(house, deciding.approve, entries[1])
    decides(house, deciding.refuse, entries[2])
    decides(house, deciding.check_in, entries[0])
    assert states(house, ana) == [("accepted", "other", True), ("attended", "other", False)]
    assert states(house, bruno) == [("waiting", "other", True)]
    assert states(house, carla) == [("refused", "other", True)]

    decides(house, deciding.cancel, entries[1])
    assert states(house, bruno)[-1] == ("cancelled", "other", True)
    assert house.told_to(house.organiser_id) == []


def test_a_partner_is_told_what_the_other_did_for_both(house: House) -> None:
    dated = house.announces(Settings(Limits(capacity=2), DAY))
    ana, bruno, carla, dario = house.joins(4)
    couple = house.registers(dated, ana, bruno)
    assert states(house, ana) == [("accepted", "me", False)]
    assert states(house, bruno) == [("accepted", "partner", True)]
    waiting = house.registers(dated, carla, dario)
    assert states(house, dario) == [("waiting", "partner", True)]

    gives_up(house, couple, bruno)
    assert states(house, ana)[-1] == ("cancelled", "partner", True)
    assert states(house, bruno)[-1] == ("cancelled", "me", False)
    assert states(house, carla)[-1] == states(house, dario)[-1] == ("offered", "other", True)
    house.does(lambda work: service.decline(work, registration_id=waiting, person_id=dario, clock=house.clock))
    assert states(house, carla)[-1] == ("declined", "partner", True)
    assert sorted(mail["user_id"] for mail in house.mails()) == sorted(map(str, (carla, dario)))


def test_who_stays_is_told_that_a_partner_left_the_platform(house: House) -> None:
    dated = house.announces()
    ana, bruno = house.joins(2)
    couple = house.registers(dated, ana, bruno)
    with house.platform.database.transaction() as connection:
        connection.execute("UPDATE users SET leaves_at = %s WHERE id = %s", (house.clock.now(), ana))
    house.forgets()

    house.does(lambda work: service.withdraw(work, registration_id=couple, clock=house.clock))

    assert states(house, bruno) == [("cancelled", "partner", True)]
    assert house.told_to(ana) == []


@pytest.mark.parametrize(("way", "notified"), [("app", False), ("email", True)])
def test_who_does_not_want_to_be_told_is_not(house: House, way: str, notified: bool) -> None:
    dated = house.announces(ONE_PLACE)
    ana, bruno = house.joins(2)
    house.turns_off(bruno, "registration", way)
    first = house.registers(dated, ana)
    house.registers(dated, bruno)

    gives_up(house, first, ana)

    # Their open pages show it all the same.
    assert states(house, bruno)[-1] == ("offered", "other", notified)
    assert house.mails() == []


def test_what_is_said_is_in_the_readers_language_and_zone(house: House) -> None:
    dated = house.announces(ONE_PLACE, language="es", translations=())
    ana, bruno = house.joins(2)
    preferences = NotificationPreferences(language="es", zone="Europe/Berlin")
    house.does(lambda work: work.notification_preferences.replace(bruno, preferences, house.clock.now()))
    first = house.registers(dated, ana)
    house.registers(dated, bruno)

    gives_up(house, first, ana)

    (mail,) = house.mails()
    assert mail["language"] == "es"
    assert "venza el martes 24 de noviembre a las 03:00 (hora de Berlin)" in mail["values"]["said"]
    assert house.told_to(bruno)[-1][1]["event"]["local_zone"] == "Europe/Berlin"


def test_hundreds_who_move_up_cost_the_statements_of_one(house: House) -> None:
    def asked_for(places: int) -> int:
        dated = house.announces(ONE_PLACE)
        house.comes(dated, 1)
        with house.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET taken_leaders = 1 WHERE id = %s", (dated.occurrence.id,))
        for person in house.comes(dated, places):
            with house.platform.database.transaction() as connection:
                connection.execute(
                    """
                    UPDATE registrations SET state = 'waiting' FROM registration_dancers AS dancer
                    WHERE dancer.registration_id = registrations.id AND dancer.user_id = %s
                    """,
                    (person,),
                )
        house.forgets()
        with house.platform.unit_of_work() as work:
            held = work.registrations.hold(dated.occurrence.id)
            assert held is not None
            entries = work.registrations.list_of(dated.occurrence.id, ["waiting"], 0, 1000)
            work.registrations.put([each.id for each in entries], "offered", house.clock.now(), house.clock.now() + DAY)
            changed = work.registrations.list_by_id([each.id for each in entries])
            with counting() as counts:
                announce(work, held, changed, None, house.clock)
        assert len(house.told("registration.updated")) == places
        return int(counts["sql_statements"])

    assert asked_for(2) == asked_for(150) == 3
