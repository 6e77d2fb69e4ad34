"""A schedule may call twice, and a run that was cut off is called again: what a job has done, it does not do anew."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg import sql

from functions.jobs import handler as jobs
from mundotango.adapters.postgres import Database
from tests.factories.conversations import PATH, opened, said
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway
from tests.integration.api.registering import Join, announce, of, open_event, register

WEEK = timedelta(weeks=1)
# What was announced is compared where it arrives; the schema is nobody's to read.
BOOKKEEPING = {"outbox", "schema_migrations"}


@pytest.fixture(autouse=True)
def clock(gateway: Gateway, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    gateway.platform.clock = clock
    monkeypatch.setattr(jobs, "platform", lambda: gateway.platform)
    return clock


def run(job: str) -> dict[str, Any]:
    return jobs.run({"job": job}, lambda: 100.0)


def state(gateway: Gateway, database: Database) -> dict[str, Any]:
    """Every row of every table, and all that was announced and asked for outside of it."""
    with database.transaction() as connection:
        named = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = sorted({name for (name,) in named} - BOOKKEEPING)
        rows = {
            name: sorted(
                str(row) for (row,) in connection.execute(sql.SQL("SELECT t FROM {} t").format(sql.Identifier(name)))
            )
            for name in tables
        }
    activities, commands = gateway.platform.activities, gateway.platform.commands
    assert isinstance(activities, FakeActivities)
    assert isinstance(commands, FakeCommands)
    return rows | {"told": list(activities.appended), "asked": dict(commands.rows)}


def left_by_all(gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID) -> None:
    two = opened(gateway, malena, "carlos")
    said(gateway, malena, two)
    for person in (malena, carlos):
        assert gateway.delete(f"{PATH}/{two}/members/me", user=person).status == 204


def a_year_ahead(gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID) -> None:
    announce(gateway, malena, rule="FREQ=MONTHLY;BYDAY=2SA;COUNT=40")
    clock.advance(9 * WEEK)


def over(gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID) -> None:
    announce(gateway, malena)
    clock.advance(30 * WEEK)


def unanswered(gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena, capacity=1)
    has = register(gateway, event, malena)
    register(gateway, event, carlos)
    assert gateway.delete(of(has), user=malena).status == 204
    clock.advance(timedelta(days=3))


@pytest.mark.parametrize(
    ("job", "arrange", "counted"),
    [
        ("clear_conversations", left_by_all, "cleared"),
        ("expand_series", a_year_ahead, "expanded"),
        ("lapse_offers", unanswered, "lapsed"),
        ("sweep_documents", over, "written"),
    ],
)
def test_a_second_run_changes_nothing(
    gateway: Gateway,
    database: Database,
    clock: FakeClock,
    join: Join,
    job: str,
    arrange: Callable[[Gateway, FakeClock, UUID, UUID], None],
    counted: str,
) -> None:
    arrange(gateway, clock, join("malena"), join("carlos"))
    before = state(gateway, database)
    assert run(job)[counted] > 0
    after = state(gateway, database)
    assert after != before

    again = run(job)

    assert (again["done"], again[counted]) == (True, 0)
    assert state(gateway, database) == after
