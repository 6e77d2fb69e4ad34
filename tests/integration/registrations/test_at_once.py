"""Many register, give up and let offers lapse at the same time; each on a connection of its own."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest

from mundotango import settings as environment
from mundotango.adapters.postgres import Database
from mundotango.errors import Conflict
from mundotango.ids import new_id
from mundotango.registrations import places
from mundotango.registrations.model import HOLDING, Dancer, Headcount, Limits, Registration, Role, Settings, headcount
from tests.factories.people import make_user
from tests.fakes.clock import FakeClock
from tests.integration.registrations.stored import StoredRegistrations, make_people
from tests.integration.test_posts_at_once import committed

CONNECTIONS = 8
CROWD = 120
LIMITS = Limits(capacity=40, tolerance=2)
SETTINGS = Settings(LIMITS, timedelta(days=1))


@pytest.fixture
def pool(real_database: Database, database_settings: environment.Database) -> Iterator[list[Database]]:
    others = [
        Database(database_settings, "eu-west-1", password=lambda: "trusted") for _ in range(CONNECTIONS - 1)
    ]  # fmt: skip
    yield [real_database, *others]
    for database in others:
        database.close()


@pytest.fixture
def desks(pool: list[Database], clock: FakeClock) -> list[StoredRegistrations]:
    """One occurrence, by each connection."""
    organiser_id = committed(pool[0], lambda work: make_people(work, clock, []))
    first = StoredRegistrations(pool[0], organiser_id, SETTINGS, clock.now() + timedelta(days=14), clock)
    return [first, *(first.by(database) for database in pool[1:])]


def crowd(database: Database, clock: FakeClock, dice: Random) -> list[Dancer]:
    roles: list[Role] = ["leader", "follower", "follower", "both"]
    people = [new_id() for _ in range(CROWD)]
    committed(database, lambda work: [make_user(work, clock, user_id=person_id) for person_id in people])
    return [Dancer(person_id, dice.choice(roles)) for person_id in people]


def test_nobody_comes_beyond_the_limits_and_nobody_is_lost(
    pool: list[Database], desks: list[StoredRegistrations], clock: FakeClock
) -> None:
    dancers = crowd(pool[0], clock, Random(7))

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(lambda n: desks[n % CONNECTIONS].register([dancers[n]]), range(CROWD)))

    found = desks[0].all()
    assert {dancer.person_id for held in found for dancer in held.party} == {dancer.person_id for dancer in dancers}
    assert [held.position for held in found] == list(range(1, CROWD + 1))
    taken = taken_by(found)
    assert taken.total == LIMITS.capacity
    assert places.imbalance(LIMITS, taken) <= 2
    assert Counter(held.state for held in found)["waiting"] == CROWD - taken.total


def test_places_move_on_while_others_still_come(
    pool: list[Database], desks: list[StoredRegistrations], clock: FakeClock
) -> None:
    dice = Random(11)
    dancers = crowd(pool[0], clock, dice)

    def come_and_perhaps_go(n: int) -> None:
        desk = desks[n % CONNECTIONS]
        registered = desk.register([dancers[n]])
        if n % 3 == 0:
            desk.give_up(registered)
        elif n % 7 == 0:
            desk.limit(LIMITS)

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(come_and_perhaps_go, range(CROWD)))

    found = desks[0].all()
    taken = taken_by(found)
    assert places.fits(LIMITS, taken)
    line = {headcount(held.party): [held.position] for held in reversed(found) if held.state == "waiting"}
    assert not any(places.admissible(LIMITS, taken, party) for party in line)
    assert len(found) == CROWD


def test_who_registers_twice_at_once_comes_once(
    pool: list[Database], desks: list[StoredRegistrations], clock: FakeClock
) -> None:
    dancers = crowd(pool[0], clock, Random(3))[:20]

    def register(n: int) -> bool:
        try:
            desks[n % CONNECTIONS].register([dancers[n // CONNECTIONS]])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        outcomes = list(threads.map(register, range(20 * CONNECTIONS)))

    assert sum(outcomes) == 20
    assert len(desks[0].all()) == 20


def taken_by(found: list[Registration]) -> Headcount:
    return sum((headcount(held.party) for held in found if held.state in HOLDING), Headcount())
