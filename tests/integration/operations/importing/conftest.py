from pathlib import Path

import pytest

from functions.jobs import handler
from mundotango.bootstrap import Platform
from mundotango.observability import logger
from mundotango.users.model import User
from operations import events
from tests.factories.imports import Functions, with_jobs
from tests.factories.people import make_user
from tests.fakes.cache import FakeCache
from tests.fakes.clock import FakeClock
from tests.fakes.media import FakeMedia
from tests.integration.operations.importing.desk import Desk


@pytest.fixture
def organiser(community: Platform, clock: FakeClock) -> User:
    with community.unit_of_work() as work:
        return make_user(work, clock, handle="la_viruta")


@pytest.fixture(autouse=True)
def platform(community: Platform, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Platform:
    community.cache = FakeCache(clock)
    community.media = FakeMedia()
    monkeypatch.setattr(handler, "platform", lambda: community)
    return community


@pytest.fixture(autouse=True)
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    logger()  # it writes to what is the output when it is made, which must not be that of a command
    deployed = with_jobs()
    monkeypatch.setattr(events, "find", lambda *_: deployed)
    monkeypatch.setenv("COLUMNS", "200")
    found: Functions = deployed.functions
    return found


@pytest.fixture
def desk(tmp_path: Path, organiser: User) -> Desk:
    return Desk(tmp_path)
