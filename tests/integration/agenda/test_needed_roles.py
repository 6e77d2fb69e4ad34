"""What still looks for leaders or followers: the rule of registrations, as the database can ask it of each row."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mundotango.adapters.postgres import Database
from mundotango.events.model import Dated
from mundotango.registrations.deciding import change_settings
from mundotango.registrations.model import Chosen, Headcount, Limits, Settings
from mundotango.registrations.places import FOLLOWER, LEADER, admissible
from mundotango.work import UnitOfWork
from tests.factories.people import make_event, make_user
from tests.fakes.clock import FakeClock
from tests.integration.agenda.asking import titles

numbers = st.integers(0, 6)
limits = st.builds(
    Limits,
    capacity=st.none() | st.integers(1, 16),
    leaders=st.none() | st.integers(0, 7),
    followers=st.none() | st.integers(0, 7),
    tolerance=st.none() | st.integers(0, 3),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits, st.lists(st.builds(Headcount, numbers, numbers, numbers), min_size=20, max_size=20))
def test_the_database_admits_whom_the_rules_admit(
    database: Database, limits: Limits, headcounts: list[Headcount]
) -> None:
    def admits(connection: psycopg.Connection, role: Headcount) -> list[bool]:
        rows = connection.execute(
            """
            SELECT admits(
                jsonb_populate_record(NULL::registration_settings, %s::jsonb), %s, %s, leaders, followers, both_roles
            ) FROM unnest(%s::int[], %s::int[], %s::int[]) WITH ORDINALITY
                AS taken (leaders, followers, both_roles, number) ORDER BY number
            """,
            (
                psycopg.types.json.Jsonb({name: getattr(limits, name) for name in Limits.__dataclass_fields__}),
                role.leaders,
                role.followers,
                *([getattr(each, name) for each in headcounts] for name in ("leaders", "followers", "both")),
            ),
        )
        return [admitted for (admitted,) in rows]

    with database.transaction() as connection:
        for role in (LEADER, FOLLOWER):
            assert admits(connection, role) == [admissible(limits, taken, role) for taken in headcounts]


@pytest.fixture
def balanced(work: UnitOfWork, clock: FakeClock) -> Dated:
    organiser = make_user(work, clock)
    make_event(work, clock, organiser.id, title="open to all", starts_at=clock.now() + timedelta(days=3))
    event = make_event(work, clock, organiser.id, title="in balance", starts_at=clock.now() + timedelta(days=3))
    limits = Limits(leaders=10, followers=10, tolerance=1)
    chosen = Chosen(Settings(limits, offered_for=timedelta(hours=2), closes_before=timedelta(days=1)))
    change_settings(work, event_id=event.event.id, editor_id=organiser.id, chosen=chosen, clock=clock)
    return event


@pytest.mark.parametrize(
    ("taken", "needed"),
    [((0, 0, 0), {"leader", "follower"}), ((3, 4, 0), {"leader"}), ((4, 3, 0), {"follower"}), ((10, 10, 0), set())],
)
def test_what_looks_for_a_role_is_found_by_it(
    work: UnitOfWork, database: Database, clock: FakeClock, balanced: Dated, taken: Any, needed: set[str]
) -> None:
    with database.transaction() as connection:
        connection.execute(
            "UPDATE occurrences SET (taken_leaders, taken_followers, taken_both) = (%s, %s, %s) WHERE id = %s",
            (*taken, balanced.occurrence.id),
        )

    for role in ("leader", "follower"):
        wanted = ["in balance"] if role in needed else []
        assert titles(work, clock, role=role) == wanted
        assert titles(work, clock, role=role, near="-34.5889,-58.4260", kind=["milonga"]) == wanted


def test_what_is_closed_looks_for_nobody(work: UnitOfWork, clock: FakeClock, balanced: Dated) -> None:
    clock.advance(timedelta(days=2, hours=1))

    assert titles(work, clock, role="leader") == []
