"""What registrations cost the database, with its real pool: as much for many as for few."""

import pytest

from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from tests.fixtures.gateway import Gateway, Log, fake_platform
from tests.integration.api.registering import Join, announce, at, change, choose, open_event, register


@pytest.fixture
def platform(real_database: Database) -> Platform:
    platform = fake_platform()
    platform.database = real_database
    return platform


def statements(log: Log) -> int:
    (line,) = (line for line in log.lines() if "sql_statements" in line)
    return int(line["sql_statements"])


def test_many_are_chosen_by_as_many_statements_as_two(gateway: Gateway, log: Log, join: Join) -> None:
    malena = join("malena")
    event = open_event(gateway, malena, admission="organiser")
    waiting = [register(gateway, event, join(f"dancer_{number}"))["id"] for number in range(12)]
    costs = []
    for chosen in (waiting[:2], waiting[2:]):
        log.text()
        answer = gateway.post(at(event, "/offers"), user=malena, json={"registration_ids": chosen})
        assert answer.status == 200, answer.text
        costs.append(statements(log))

    assert costs[0] == costs[1]


def test_an_evening_that_nobody_registered_for_is_looked_at_by_no_edit(gateway: Gateway, log: Log, join: Join) -> None:
    malena = join("malena")
    costs = []
    for rule in ("FREQ=WEEKLY;COUNT=2", "FREQ=WEEKLY;COUNT=20"):
        event = announce(gateway, malena, rule=rule)
        assert choose(gateway, malena, event, capacity=1).status == 200
        log.text()
        change(gateway, malena, event, status="cancelled")
        costs.append(statements(log))

    assert costs[0] == costs[1]
