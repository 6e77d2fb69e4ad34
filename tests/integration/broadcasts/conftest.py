from collections.abc import Iterator
from copy import copy

import pytest

from functions.jobs import handler as jobs
from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from tests.factories.people import make_user
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands
from tests.fakes.realtime import FakeActivities
from tests.integration.broadcasts.house import House


@pytest.fixture
def house(community: Platform, clock: FakeClock, activities: FakeActivities, monkeypatch: pytest.MonkeyPatch) -> House:
    commands = community.commands = FakeCommands()
    monkeypatch.setattr(jobs, "platform", lambda: community)
    with community.unit_of_work() as work:
        organiser = make_user(work, clock)
    return House(community, clock, activities, commands, organiser.id)


@pytest.fixture
def beside(house: House, database_settings: settings.Database) -> Iterator[list[Platform]]:
    """The same platform in two other processes: each has a connection of its own."""
    found = [copy(house.platform) for _ in range(2)]
    for platform in found:
        platform.database = Database(database_settings, "eu-west-1", password=lambda: "trusted")
    yield found
    for platform in found:
        platform.database.close()
