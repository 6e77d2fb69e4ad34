from collections.abc import Iterator

import pytest

from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import Database
from tests.fakes.cache import FakeCache
from tests.fakes.commands import FakeEdge
from tests.fakes.media import FakeObjectStore
from tests.fakes.requests import FakeAnswers
from tests.fixtures.gateway import Gateway
from tests.fixtures.sockets import Sockets


@pytest.fixture
def gateway(sockets: Sockets, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """The API over the very platform whose sockets are told; files and answers kept in memory. One thread, as moto's
    transactions copy tables that others write."""
    monkeypatch.setattr("mundotango.threads.THREADS", 1)
    monkeypatch.setattr("mundotango.realtime.policy.RESUME_THREADS", 1)
    platform = sockets.platform
    platform.clock, platform.database, platform.reader = SystemClock(), database, None
    platform.cache = FakeCache(platform.clock)
    platform.objects, platform.edge = FakeObjectStore(), FakeEdge()
    platform.answers = FakeAnswers()
    client = Gateway(platform)
    yield client
    client.close()
