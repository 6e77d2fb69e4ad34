"""Two requests about one event, one venue or one festival at the same time."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from psycopg.errors import LockNotAvailable

from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.agenda import policy as agenda
from mundotango.agenda.service import list_events
from mundotango.errors import PreconditionFailed, Unavailable, VenueExists
from mundotango.events import service as events
from mundotango.events.model import Dated
from mundotango.occurrences.editing import edit_occurrence
from mundotango.pagination import Keyring
from mundotango.venues import service as venues
from mundotango.venues.model import Site
from mundotango.work import UnitOfWork
from tests.factories.people import make_event, make_user
from tests.fakes.clock import FakeClock
from tests.integration.test_posts_at_once import Act, at_once, committed

ROUNDS = 5
SITE = Site("Canning", "", "Buenos Aires", "AR", -34.59, -58.42, "America/Argentina/Buenos_Aires")


@pytest.fixture
def databases(real_database: Database, database_settings: settings.Database) -> Iterator[list[Database]]:
    """One for each of two who act at once."""
    other = Database(database_settings, "eu-west-1", password=lambda: "trusted")
    yield [real_database, other]
    other.close()


@pytest.fixture
def malena(real_database: Database, clock: FakeClock) -> UUID:
    return committed(real_database, lambda work: make_user(work, clock)).id


class Acts:
    def __init__(self, database: Database, organiser_id: UUID, clock: FakeClock) -> None:
        self._database, self._organiser_id, self._clock = database, organiser_id, clock

    def make(self, **chosen: Any) -> Dated:
        return committed(self._database, lambda work: make_event(work, self._clock, self._organiser_id, **chosen))

    def edit(self, dated: Dated, **changed: Any) -> Act:
        changes: Any = changed
        return lambda work: events.edit_event(
            work, event_id=dated.event.id, editor_id=self._organiser_id, version=1, changes=changes, measures={},
            clock=self._clock,
        )  # fmt: skip

    def announce(self, **chosen: Any) -> Act:
        return lambda work: make_event(work, self._clock, self._organiser_id, **chosen)

    def change_one(self, dated: Dated, **changed: Any) -> Act:
        changes: Any = changed
        return lambda work: edit_occurrence(
            work, event_id=dated.event.id, original=dated.event.starts, editor_id=self._organiser_id, version=1,
            changes=changes, clock=self._clock,
        )  # fmt: skip

    def tell(self) -> Act:
        return lambda work: venues.create_venue(work, user_id=self._organiser_id, site=SITE, clock=self._clock)

    def move(self, dated: Dated, city: str) -> Act:
        return lambda work: venues.edit_venue(
            work, venue_id=dated.venue.id, user_id=self._organiser_id, moderator=True, version=1,
            changes={"city": city}, clock=self._clock,
        )  # fmt: skip

    def listed(self, city: str | None = None) -> list[Dated]:
        query = agenda.query(city=city)
        return committed(self._database, lambda work: list_events(work, query, limit=50, clock=self._clock)).items


@pytest.fixture
def acts(real_database: Database, malena: UUID, clock: FakeClock) -> Acts:
    return Acts(real_database, malena, clock)


def test_of_two_edits_of_one_version_one_is_kept(databases: list[Database], acts: Acts) -> None:
    for _ in range(ROUNDS):
        dated = acts.make(rule="FREQ=WEEKLY;COUNT=3")

        other = acts.change_one(dated, status="cancelled")
        assert at_once(databases, [acts.edit(dated, title="Otra"), other]) == ["PreconditionFailed"]
        assert at_once(databases, [acts.edit(dated, title="Una")]) == [PreconditionFailed.__name__]


def test_two_tell_of_one_venue_once(databases: list[Database], acts: Acts) -> None:
    assert at_once(databases, [acts.tell(), acts.tell()]) == [VenueExists.__name__]


def test_two_events_at_a_new_place_are_at_one_venue(databases: list[Database], acts: Acts) -> None:
    for round_ in range(ROUNDS):
        name = f"Salón {round_}"
        assert at_once(databases, [acts.announce(venue_name=name), acts.announce(venue_name=name)]) == []
        assert len({each.venue.id for each in acts.listed() if each.venue.name == name}) == 1


def test_what_is_announced_while_its_venue_moves_is_found_there(databases: list[Database], acts: Acts) -> None:
    for round_ in range(ROUNDS):
        there = acts.make(venue_name=f"Salón {round_}", rule="FREQ=WEEKLY;COUNT=3")
        new = acts.announce(venue_id=there.venue.id)
        changed = acts.edit(there, rule="FREQ=WEEKLY;COUNT=2")

        assert at_once(databases, [acts.move(there, "Rosario"), new]) == []
        moved = [each for each in acts.listed() if each.venue.id == there.venue.id]
        assert [each.occurrence.id for each in acts.listed("Rosario") if each.venue.id == there.venue.id] == [
            each.occurrence.id for each in moved
        ]
        assert len(moved) == 4
        assert at_once(databases, [changed]) == []


def test_nobody_is_suspended_while_they_announce_something(databases: list[Database], acts: Acts, malena: UUID) -> None:
    """It would pass over the event, which it does not see yet, and that would stay in the lists."""
    with UnitOfWork(databases[0], Keyring()) as announcing:
        acts.announce(city="Quito")(announcing)
        with pytest.raises(Unavailable) as refused, databases[1].transaction() as connection:
            connection.execute("SELECT FROM users WHERE id = %s FOR NO KEY UPDATE NOWAIT", (malena,))
        assert isinstance(refused.value.__cause__, LockNotAvailable)


@pytest.mark.parametrize("series", [True, False])
def test_the_venue_that_times_leave_cannot_move_meanwhile(databases: list[Database], acts: Acts, series: bool) -> None:
    """Else both would change the same times, each in an order of its own, and wait for each other."""
    there = acts.make(rule="FREQ=WEEKLY;COUNT=3")
    elsewhere = acts.make(city="Paris", venue_name="Bal").venue.id
    leave = acts.edit(there, venue_id=elsewhere) if series else acts.change_one(there, venue_id=elsewhere)

    with UnitOfWork(databases[0], Keyring()) as work:
        leave(work)
        with pytest.raises(Unavailable) as refused, databases[1].transaction() as connection:
            connection.execute("SELECT FROM venues WHERE id = %s FOR NO KEY UPDATE NOWAIT", (there.venue.id,))
        assert isinstance(refused.value.__cause__, LockNotAvailable)


def test_a_session_that_is_announced_while_its_festival_is_cancelled_is_cancelled(
    databases: list[Database], acts: Acts
) -> None:
    for _ in range(ROUNDS):
        festival = acts.make(kind="festival")
        session = acts.announce(parent_id=festival.event.id)

        assert at_once(databases, [acts.edit(festival, status="cancelled"), session]) == []

        (found,) = [each for each in acts.listed() if each.event.parent_id == festival.event.id]
        assert found.occurrence.status == "cancelled"
