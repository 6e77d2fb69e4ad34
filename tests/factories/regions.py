"""Three regions: the platform in each, over global tables, with the template's own filters; the database at home."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch
from uuid import UUID

from functions.counters import handler as counters
from functions.effects import handler as effects
from functions.push import handler as push
from mundotango import ids, settings
from mundotango.bootstrap import Platform
from mundotango.commands.repository import DynamoCommands
from mundotango.errors import HandleTaken, MundoTangoError, Unavailable
from mundotango.media.repository import DynamoMedia
from mundotango.notifications.inbox_table import DynamoInbox
from mundotango.outbox.model import Outgoing
from mundotango.reactions.buckets import DynamoBuckets
from mundotango.reactions.counters import DynamoCounters
from mundotango.reactions.repository import DynamoReactions
from mundotango.realtime import relay
from mundotango.realtime.chunks import packed
from mundotango.realtime.edges import DynamoEdges
from mundotango.realtime.model import Activity, Socket
from mundotango.realtime.repository import DynamoActivities
from mundotango.registrations.model import Dancer, Limits
from mundotango.registrations.model import Settings as Registering
from operations.templates import load
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeEdge, FakeIdentities
from tests.fakes.devices import FakeDevices
from tests.fakes.global_tables import GlobalTables
from tests.fakes.media import FakeObjectStore
from tests.fakes.realtime import FakeChunks, FakeConnections, FakePusher
from tests.fakes.registrations import FakeRegistrations
from tests.fakes.webpush import FakeWaitingPushes

HOME = "us-east-1"
# How far the clock of each is ahead, in writes.
REGIONS = {HOME: 0, "eu-west-1": 5, "sa-east-1": -3}
CAPACITY = 2

# What wakes which function, and by which table's stream.
SOURCES: Mapping[str, tuple[str, Any]] = {
    "Activities": ("activities", push),
    "Commands": ("commands", effects),
    "Counts": ("counters", push),
    "Deletions": ("commands", effects),
    "Media": ("media", push),
    "Reactions": ("reactions", counters),
}


class Waiting:
    """Mails to be sent, by their commands."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def put(self, key: str) -> None:
        self.keys.append(key)


class Identities(FakeIdentities):
    def __init__(self) -> None:
        super().__init__()
        self.deleted: list[UUID] = []

    def delete(self, user_id: UUID) -> None:
        self.deleted.append(user_id)


class Here(Platform):
    """What functions of one region reach."""

    def __init__(self, name: str, clock: FakeClock) -> None:
        self.region, self.clock = settings_of(name), clock
        for repository, made in repositories(name).items():
            setattr(self, repository, made)
        # Each region's own.
        self.connections, self.objects = FakeConnections(), FakeObjectStore()
        self.chunks = self.waiting_chunks = FakeChunks()
        self.pusher = self.sent = FakePusher()
        self.identities = self.people = Identities()
        self.edge = self.copies = FakeEdge()
        self.waiting_pushes, self.waiting_mails = FakeWaitingPushes(), Waiting()
        if name == HOME:  # as where the template names their table; elsewhere to ask for them is an error
            self.inbox, self.devices = DynamoInbox("notifications", self.region), FakeDevices()
        self.read = dict.fromkeys(SOURCES, 0)
        self.posts_seen = 0

    def open_socket(self, user_id: UUID) -> str:
        name, now = f"{self.region.name} {user_id}", self.clock.now()
        socket = Socket(name, user_id, "ws.example", "ws")
        self.connections.open(socket, opened_at=now - timedelta(minutes=1), expires_at=now + timedelta(hours=2))
        return name

    def frames(self) -> dict[str, list[dict[str, Any]]]:
        """By socket."""
        found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for delivery in self.sent.sent:
            found[delivery.socket.connection_id].append(json.loads(delivery.text))
        return found


def settings_of(name: str) -> settings.Region:
    return settings.Region(name, "", HOME, tuple(REGIONS))


@cache
def repositories(name: str) -> dict[str, object]:
    """Of a region, whichever tables there are: to make one costs more than a schedule's step."""
    region = settings_of(name)
    return {
        "activities": DynamoActivities("activities", region),
        "buckets": DynamoBuckets("reactions", region),
        "commands": DynamoCommands("commands", region),
        "counters": DynamoCounters("counters", region),
        "edges": DynamoEdges("edges", region),
        "media": DynamoMedia("media", region),
        "reactions": DynamoReactions("reactions", region),
    }


class Database:
    """What PostgreSQL has at home, by the rules of registering, and what each commit announces."""

    def __init__(self, clock: FakeClock) -> None:
        limits = Registering(Limits(capacity=CAPACITY), offered_for=timedelta(hours=1))
        self.registrations = FakeRegistrations(limits, clock.now() + timedelta(days=30), clock)
        self.handles: dict[str, UUID] = {}
        self.posts: list[UUID] = []
        self.outbox: list[Outgoing] = []
        self.relayed = 0
        self._done: set[UUID] = set()

    def once(self, request: UUID, write: Callable[[], None]) -> None:
        """A request that comes again under its key has been done."""
        if request not in self._done:
            write()
            self._done.add(request)

    def record(self, activity: Activity) -> None:
        self.outbox.append(Outgoing(len(self.outbox) + 1, activity))

    def post(self, post_id: UUID, *told: Activity) -> None:
        self.posts.append(post_id)
        for activity in told:
            self.record(activity)

    def take_handle(self, name: str, user_id: UUID) -> None:
        if self.handles.get(name, user_id) != user_id:
            raise HandleTaken("taken")
        self.handles[name] = user_id

    def register(self, user_id: UUID) -> None:
        self.registrations.register([Dancer(user_id, "leader")])


class World:
    def __init__(self) -> None:
        self.clock = FakeClock(datetime.now(UTC))
        self.tables = GlobalTables(REGIONS)
        self.places = {name: Here(name, self.clock) for name in REGIONS}
        self.database = Database(self.clock)
        self.cut: set[frozenset[str]] = set()

    @property
    def home(self) -> Here:
        return self.places[HOME]

    def running(self) -> Any:
        """While it runs, pynamodb's calls go to these tables, and who waits lets the clock go on."""
        tables, clock = self.tables, self.clock

        def call(connection: Any, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
            return tables.call(connection.region, operation, asked)

        return (
            patch.multiple("mundotango.adapters.dynamodb._SharedConnection", _make_api_call=call),
            patch("mundotango.reactions.announcing.sleep", lambda seconds: clock.advance(timedelta(seconds=seconds))),
            patch("mundotango.threads.THREADS", 1),  # else a schedule is not the same each time
        )

    def reach(self, one: str, other: str) -> bool:
        return one == other or frozenset((one, other)) not in self.cut

    # --- What people ask ---

    def ask_home(self, place: str, request: UUID, write: Callable[[], None], *, answer_lost: bool = False) -> bool:
        """Whether the client was told that it is done. A refusal is an answer too."""
        if not self.reach(place, HOME):
            return False
        try:
            self.database.once(request, write)
        except MundoTangoError:
            return False
        return not answer_lost

    # --- What happens by itself ---

    def relay(self) -> None:
        while self.database.relayed < len(self.database.outbox):
            relay._announce(self.home, self.database.outbox[self.database.relayed])
            self.database.relayed += 1

    def replicate(self, sender: str, receiver: str, number: int, *, as_one: bool = False) -> bool:
        if not self.reach(sender, receiver) or not self.tables.waiting(sender, receiver):
            return False
        self.tables.send(sender, receiver, number, as_one=as_one)
        return True

    def wake(self, place: str, source: str, size: int) -> bool:
        """Bring the next records of a stream to whom it wakes, without those that its filter holds back."""
        here, (table, function) = self.places[place], SOURCES[source]
        records = self.tables.replicas[place].streams.get(table, [])[here.read[source] :][:size]
        here.read[source] += len(records)
        patterns = patterns_of(place)[source]
        wanted = [record for record in records if any(matches(pattern, record) for pattern in patterns)]
        self._invoke(here, function, wanted)
        chunks = [{"body": packed(chunk), "messageId": str(ids.new_id())} for chunk in here.waiting_chunks.take()]
        self._invoke(here, push, chunks)
        return bool(records)

    def _invoke(self, here: Here, function: Any, records: Sequence[dict[str, Any]]) -> None:
        if records:
            with patch.object(function, "platform", lambda: here):
                answer = function.lambda_handler({"Records": list(records)}, None)
            if answer["batchItemFailures"]:
                raise Unavailable(str(answer))

    def settle(self) -> None:
        """All is whole again, and all arrives."""
        self.cut.clear()
        self.relay()
        for here in self.places.values():
            here.posts_seen = len(self.database.posts)
        moved = True
        while moved:
            woken = [self.wake(place, source, 50) for place in REGIONS for source in SOURCES]
            moved = any(woken)
            for sender in REGIONS:
                for receiver in REGIONS:
                    while sender != receiver and self.replicate(sender, receiver, 0):
                        moved = True


@cache
def patterns_of(region: str) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [json.loads(_resolved(one, region)) for one in filters if _resolved(one, region)]
        for name, filters in _filters().items()
    }


@cache
def _filters() -> dict[str, list[dict[str, Any]]]:
    return {
        name: event["Properties"]["FilterCriteria"]["Filters"]
        for resource in load("template.yaml")["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        for name, event in resource["Properties"].get("Events", {}).items()
        if event["Type"] == "DynamoDB"
    }


def _resolved(one: dict[str, Any], region: str) -> str:
    """The pattern there, or nothing."""
    if "Fn::If" in one:
        _, at_home, elsewhere = one["Fn::If"]
        return _resolved(at_home if region == HOME else elsewhere, region)
    pattern = one.get("Pattern", "")
    return pattern["Fn::Sub"].replace("${AWS::Region}", region) if isinstance(pattern, dict) else str(pattern)


def matches(pattern: Mapping[str, Any], record: Any) -> bool:
    """As Lambda filters: every leaf of the pattern, and a leaf is missing too where what it would stand in is."""
    for name, wanted in pattern.items():
        value = record.get(name) if isinstance(record, dict) else None
        if isinstance(wanted, dict):
            if not matches(wanted, value):
                return False
        elif not any(_meets(each, value) for each in wanted):
            return False
    return True


def _meets(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(wanted == value)
    if "exists" in wanted:
        return bool((value is not None) == wanted["exists"])
    if "prefix" in wanted:
        return isinstance(value, str) and value.startswith(wanted["prefix"])
    return value is not None and value not in wanted["anything-but"]
