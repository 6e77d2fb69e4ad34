"""From an edit to the inbox: PostgreSQL, the relay, the stream and `push`, with what comes twice or out of order."""

import random
from uuid import UUID

import pytest

from functions.jobs import handler as jobs
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.digests.policy import values
from mundotango.notifications.inbox import unread
from mundotango.notifications.model import Notification, Shown
from mundotango.notifications.wording import sentence_of
from mundotango.registrations import service
from mundotango.registrations.model import Limits, Settings
from tests.factories.people import make_user
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands
from tests.fakes.realtime import FakeActivities
from tests.fixtures.sockets import Sockets
from tests.integration.broadcasts.house import DAY, House
from tests.protocol import check_frame


@pytest.fixture
def house(sockets: Sockets, real_database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> House:
    platform = Platform()
    platform.database, platform.clock = real_database, clock
    platform.activities, platform.edges = sockets.platform.activities, sockets.platform.edges
    platform.devices = sockets.platform.devices
    commands = platform.commands = FakeCommands()
    monkeypatch.setattr(jobs, "platform", lambda: platform)
    with platform.unit_of_work() as work:
        organiser = make_user(work, clock)
    return House(platform, clock, FakeActivities(), commands, organiser.id)


def listed(sockets: Sockets, person: UUID) -> list[Notification]:
    return sockets.platform.inbox.newest(person, since="0", before=None, limit=50)


def test_who_moves_up_hears_of_it_live_and_finds_it_again(house: House, sockets: Sockets) -> None:
    dated = house.announces(Settings(Limits(capacity=1), DAY))
    (ana,) = house.joins()
    socket = sockets.connect()
    house.does(lambda work: make_user(work, house.clock, user_id=socket.user_id))
    first = house.registers(dated, ana)
    house.registers(dated, socket.user_id)
    house.does(lambda work: service.give_up(work, registration_id=first, person_id=ana, clock=house.clock))

    assert sockets.push(sockets.stream("activities")) == []

    frames = [check_frame(frame) for frame in sockets.received(socket)]
    told = [frame["data"]["state"] for frame in frames if frame["type"] == "registration.updated"]
    assert told == ["waiting", "offered"]
    (item,) = listed(sockets, socket.user_id)
    assert (item.kind, item.subject["state"]) == ("registration", "offered")
    assert str(sentence_of(item, "es")).startswith("Hay un lugar para ti: La Viruta")


@pytest.mark.parametrize("seed", range(5))
def test_what_comes_again_and_in_any_order_is_one_item(house: House, sockets: Sockets, seed: int) -> None:
    dated = house.announces()
    people = house.comes(dated, 3)
    house.edits(dated, status="postponed")
    house.edits(dated, status="published")
    house.clock.advance(dated.occurrence.starts_at - DAY - house.clock.now())
    house.runs("remind")
    records = sockets.stream("activities")
    dice = random.Random(seed)
    again = [*records, *dice.choices(records, k=len(records))]
    dice.shuffle(again)
    assert sockets.push(again) == []
    assert sockets.push(records) == []

    for person in people:
        kinds = sorted((item.kind, item.subject["status"]) for item in listed(sockets, person))
        assert kinds == [("event_change", "postponed"), ("event_change", "published"), ("reminder", "published")]
        assert unread(sockets.platform.inbox, person, house.clock) == 3


def test_what_a_digest_says_of_it(house: House, sockets: Sockets) -> None:
    dated = house.announces()
    (ana,) = house.comes(dated, 1)
    house.edits(dated, status="cancelled")
    sockets.push(sockets.stream("activities"))

    said = values("Ana", "daily", [Shown(each, [], 0) for each in listed(sockets, ana)], "en")

    assert said["lines"][0]["said"].startswith("Cancelled: La Viruta, on ")
    assert said["lines"][0]["path"] == f"/events/{dated.event.id}"
