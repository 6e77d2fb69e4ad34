"""The parts of a platform that sockets need, all in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from mundotango import settings
from mundotango.realtime.traffic import Traffic
from tests.fakes.clock import FakeClock
from tests.fakes.devices import FakeDevices
from tests.fakes.notifications import FakeInbox
from tests.fakes.reactions import FakeCounters
from tests.fakes.realtime import (
    FakeActivities,
    FakeChunks,
    FakeConnections,
    FakeEdges,
    FakeGrants,
    FakePusher,
    FakeTickets,
)
from tests.fakes.webpush import FakePushService, FakeTurns, FakeWaitingPushes


@dataclass
class FakeStores:
    """Its clock stands at the real present, because positions are made from that."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime.now(UTC)))
    region: settings.Region = field(default_factory=lambda: settings.Region("us-east-1", ""))
    connections: FakeConnections = field(default_factory=FakeConnections)
    activities: FakeActivities = field(default_factory=FakeActivities)
    counters: FakeCounters = field(default_factory=FakeCounters)
    edges: FakeEdges = field(default_factory=FakeEdges)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    tickets: FakeTickets = field(default_factory=FakeTickets)
    grants: FakeGrants = field(default_factory=FakeGrants)
    traffic: Traffic = field(default_factory=Traffic)
    chunks: FakeChunks = field(default_factory=FakeChunks)
    pusher: FakePusher = field(default_factory=FakePusher)
    devices: FakeDevices = field(default_factory=FakeDevices)
    waiting_pushes: FakeWaitingPushes = field(default_factory=FakeWaitingPushes)
    turns: FakeTurns = field(default_factory=FakeTurns)
    push_service: FakePushService = field(default_factory=FakePushService)
