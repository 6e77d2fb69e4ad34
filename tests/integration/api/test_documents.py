"""Documents by night: what was missed is written, what is over set apart, and words that nobody uses are forgotten."""

from datetime import timedelta
from typing import Any

import pytest

from functions.jobs import handler as jobs
from mundotango.adapters.postgres import Database
from mundotango.events.model import Part
from mundotango.users.service import update_profile
from tests.factories.people import make_event, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.media import FakeMedia
from tests.fixtures.gateway import Gateway
from tests.integration.agenda.asking import titles

DAY = timedelta(days=1)


@pytest.fixture
def clock(gateway: Gateway) -> FakeClock:
    clock = FakeClock()
    gateway.platform.clock = clock
    return clock


@pytest.fixture
def swept(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(jobs, "platform", lambda: gateway.platform)
    return lambda seconds=100.0: jobs.run({"job": "sweep_documents"}, lambda: seconds)


def test_documents_are_kept(gateway: Gateway, database: Database, clock: FakeClock, swept: Any) -> None:
    with gateway.platform.unit_of_work() as work:
        organiser = make_user(work, clock)
        once = make_event(work, clock, organiser.id, title="Una vez")
        make_event(work, clock, organiser.id, title="Siempre", rule="FREQ=WEEKLY;COUNT=20")
    with database.transaction() as connection:
        connection.execute("DELETE FROM event_documents WHERE event_id = %s", (once.event.id,))
        connection.execute("INSERT INTO event_words VALUES ('desaparecido', %s)", (clock.now().date() - 40 * DAY,))
        connection.execute("UPDATE event_documents SET written_at = %s", (clock.now(),))

    assert swept(0.0) == {"done": False, "written": 0, "over": 0, "words_forgotten": 0}
    assert swept() == {"done": True, "written": 1, "over": 0, "words_forgotten": 1}
    with gateway.platform.unit_of_work() as work:
        assert titles(work, clock, q="vez") == ["Una vez"]

    clock.advance(3 * DAY)
    with database.transaction() as connection:
        connection.execute("UPDATE event_documents SET written_at = %s", (clock.now() - DAY,))
    assert swept() == {"done": True, "written": 0, "over": 1, "words_forgotten": 0}
    assert swept() == {"done": True, "written": 0, "over": 0, "words_forgotten": 0}

    clock.advance(8 * DAY)
    assert swept()["written"] == 1  # what is over stays as it is


def test_somebody_in_more_events_than_can_wait_is_renamed_in_the_newest_at_once_and_by_night_in_all(
    gateway: Gateway, database: Database, clock: FakeClock, swept: Any
) -> None:
    with gateway.platform.unit_of_work() as work:
        organiser, dj = make_user(work, clock), make_user(work, clock, display_name="Zulema")
        make_event(work, clock, organiser.id, title="Oldest", people=[Part("dj", dj.id, "")])
        newest = make_event(work, clock, organiser.id, title="Newest", people=[Part("dj", dj.id, "")])
    with database.transaction() as connection:
        connection.execute(
            """
            WITH more AS (
                INSERT INTO events
                SELECT (jsonb_populate_record(events, jsonb_build_object('id', overlay(%(newest)s::text PLACING
                    lpad(n::text, 12, '0') FROM 25)))).*
                FROM events, generate_series(1, 500) AS n WHERE id = %(newest)s RETURNING id
            )
            INSERT INTO event_people SELECT id, 0, 'dj', %(dj)s, '' FROM more
            """,
            {"newest": newest.event.id, "dj": dj.id},
        )
    with gateway.platform.unit_of_work() as work:
        update_profile(work, FakeMedia(), dj.id, {"display_name": "Homero"}, expected_version=None, clock=clock)

    with gateway.platform.unit_of_work() as work:
        assert titles(work, clock, q="homero") == ["Newest"]
        assert titles(work, clock, q="zulema") == ["Oldest"]
    swept()
    with gateway.platform.unit_of_work() as work:
        assert sorted(titles(work, clock, q="homero")) == ["Newest", "Oldest"]
        assert titles(work, clock, q="zulema") == []
