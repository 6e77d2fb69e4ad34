"""The parts of a platform that sockets need, all in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from mundotango.realtime.traffic import Traffic
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeActivities, FakeConnections, FakeEdges, FakeGrants, FakePusher, FakeTickets


@dataclass
class FakeStores:
    """Its clock stands at the real present, because positions are made from that."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime.now(UTC)))
    connections: FakeConnections = field(default_factory=FakeConnections)
    activities: FakeActivities = field(default_factory=FakeActivities)
    edges: FakeEdges = field(default_factory=FakeEdges)
    tickets: FakeTickets = field(default_factory=FakeTickets)
    grants: FakeGrants = field(default_factory=FakeGrants)
    traffic: Traffic = field(default_factory=Traffic)
    pusher: FakePusher = field(default_factory=FakePusher)
