import pytest

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.digests import policy
from tests.factories.town import BERLIN, BUENOS_AIRES, MORNING, Town
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands
from tests.fakes.notifications import FakeInbox


@pytest.fixture
def town(community: Platform, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(policy, "available_timezones", lambda: {BUENOS_AIRES.key, BERLIN.key, "UTC"})
    found = Town(community, clock, FakeInbox(), FakeCommands())
    community.inbox, community.commands = found.inbox, found.commands
    community.sender = settings.Sender("hola@mundotango.example")
    found.at(MORNING)
    return found
