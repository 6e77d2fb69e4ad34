"""Somebody who registered leaves the platform: their places go to the next, and partners keep what is theirs."""

from datetime import timedelta
from uuid import UUID

import pytest

from mundotango.adapters.postgres import Database
from mundotango.privacy.model import Person
from mundotango.privacy.stores.rows import erase_registrations
from mundotango.registrations.model import Dancer, Limits, Settings
from tests.fakes.clock import FakeClock
from tests.integration.registrations.stored import StoredRegistrations, make_people
from tests.integration.test_posts_at_once import committed

ANA, BRUNO, CARLA = (UUID(int=number) for number in range(1, 4))


@pytest.fixture
def desk(database: Database, clock: FakeClock) -> StoredRegistrations:
    organiser_id = committed(database, lambda work: make_people(work, clock, [ANA, BRUNO, CARLA]))
    settings = Settings(Limits(capacity=2), timedelta(days=1), given_back_before=timedelta(days=20))
    return StoredRegistrations(database, organiser_id, settings, clock.now() + timedelta(days=14), clock)


def erase(desk: StoredRegistrations, person_id: UUID) -> None:
    list(erase_registrations(desk.platform, Person(person_id, None)))


def test_the_place_of_who_leaves_goes_to_the_next_however_late_it_is(desk: StoredRegistrations) -> None:
    desk.register([Dancer(ANA, "leader")])
    desk.register([Dancer(BRUNO, "leader")])
    waits = desk.register([Dancer(CARLA, "follower")])

    erase(desk, ANA)

    assert {held.id: held.state for held in desk.all()}[waits] == "offered"
    assert [dancer.person_id for held in desk.all() for dancer in held.party] == [BRUNO, CARLA]


def test_a_partner_keeps_a_registration_that_has_ended_without_what_the_other_answered(
    desk: StoredRegistrations, database: Database
) -> None:
    registered = desk.register([Dancer(ANA, "leader"), Dancer(BRUNO, "follower")])
    with database.transaction() as connection:
        connection.execute("UPDATE registrations SET answers = '{vegan}' WHERE id = %s", (registered,))

    erase(desk, ANA)

    (kept,) = desk.all()
    assert (kept.state, [dancer.person_id for dancer in kept.party]) == ("cancelled", [BRUNO])
    with database.transaction() as connection:
        answers = connection.execute("SELECT answers FROM registrations WHERE id = %s", (registered,)).fetchone()
    assert answers == ([],)
    erase(desk, BRUNO)
    assert desk.all() == []


def test_of_a_couple_that_was_checked_in_by_mistake_both_places_are_free_again(
    desk: StoredRegistrations,
) -> None:
    registered = desk.register([Dancer(ANA, "leader"), Dancer(BRUNO, "follower")])
    desk.check_in(registered)
    erase(desk, ANA)
    desk.undo_check_in(registered)

    desk.cancel(registered)

    waits = desk.register([Dancer(CARLA, "follower"), Dancer(BRUNO, "leader")])
    assert {held.id: held.state for held in desk.all()}[waits] == "accepted"
