import pytest

from functions.api import standing
from mundotango.bootstrap import Platform
from mundotango.cache_keys import standing_key
from tests.fixtures.gateway import fake_platform
from tests.unit.api.test_errors import SOMEBODY


@pytest.fixture
def platform() -> Platform:
    """Of SOMEBODY it is known already that they are not suspended: there is no database to ask."""
    platform = fake_platform()
    platform.cache.set(standing_key(SOMEBODY), {"suspended": False}, standing.STANDING_SECONDS)
    return platform
