from collections.abc import Callable
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway, fake_platform

Join = Callable[[str], UUID]


@pytest.fixture
def platform(database: Database) -> Platform:
    """The database is real, and so is the relay; the other stores are fakes."""
    platform = fake_platform()
    platform.database = database
    return platform


@pytest.fixture
def join(gateway: Gateway) -> Join:
    """Makes a person with a profile, under the handle given."""

    def make(handle: str) -> UUID:
        user_id = ids.new_id()
        answer = gateway.post(
            "/api/users",
            user=user_id,
            json={"handle": handle, "display_name": handle.capitalize(), "city": "Buenos Aires"},
        )
        assert answer.status == 201, answer.text
        return user_id

    return make


@pytest.fixture
def apart(database: Database) -> Callable[[UUID, UUID], None]:
    """The first blocks the second."""

    def block(blocker_id: UUID, blocked_id: UUID) -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO blocks VALUES (%s, %s, now())", (blocker_id, blocked_id))

    return block


@pytest.fixture
def announced(gateway: Gateway) -> FakeActivities:
    assert isinstance(gateway.platform.activities, FakeActivities)
    return gateway.platform.activities
