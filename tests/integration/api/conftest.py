from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from mundotango import ids, settings
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway, fake_platform
from tests.fixtures.postgres import connect
from tests.integration.api.scene import Scene

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
def malena(join: Join) -> UUID:
    return join("malena")


@pytest.fixture
def carlos(join: Join) -> UUID:
    return join("carlos")


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


@pytest.fixture(scope="module")
def scene(database_settings: settings.Database) -> Iterator[Scene]:
    """One for all the tests of a module: what they ask is rolled back.

    Its transaction rests for as long as requests are being thought out, which a session of the platform may not.
    """
    with connect(database_settings) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        with connection.transaction(force_rollback=True):
            made = Scene(connection)
            yield made
            made.close()
