import pytest

from mundotango.bootstrap import Platform
from mundotango.users.model import User
from tests.factories.people import make_user
from tests.fakes.clock import FakeClock


@pytest.fixture
def author(community: Platform, clock: FakeClock) -> User:
    with community.unit_of_work() as work:
        return make_user(work, clock)


@pytest.fixture
def reader(community: Platform, clock: FakeClock) -> User:
    with community.unit_of_work() as work:
        return make_user(work, clock)
