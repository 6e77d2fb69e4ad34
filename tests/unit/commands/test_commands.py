"""From what is recorded inside the network to what is done outside of it."""

import json
from typing import Any, get_args
from uuid import UUID

import pytest

from functions.effects import handler
from mundotango import ids, settings
from mundotango.bootstrap import Platform
from mundotango.commands.model import Command
from mundotango.commands.service import UnknownCommand, carry_out, command_of, identity_deletion, socket_closing
from mundotango.outbox.model import Outgoing
from mundotango.realtime.model import Kind
from mundotango.realtime.service import connect
from tests.factories.commands import record_of
from tests.factories.devices import make_device
from tests.factories.realtime import make_activity, make_end, make_socket
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands, FakeIdentities
from tests.fakes.stores import FakeStores


def recorded(user_id: UUID, seq: int) -> Command:
    command = command_of(Outgoing(seq, identity_deletion(user_id, FakeClock())))
    assert command is not None
    return command


@pytest.fixture
def identities() -> FakeIdentities:
    return FakeIdentities()


@pytest.fixture
def platform(identities: FakeIdentities, monkeypatch: pytest.MonkeyPatch) -> Platform:
    platform = Platform()
    platform.region = settings.Region("us-east-1", "")
    platform.identities = identities
    monkeypatch.setattr(handler, "platform", lambda: platform)
    return platform


@pytest.fixture
def ana(identities: FakeIdentities, platform: Platform) -> UUID:
    user_id = ids.new_id()
    identities.known.add(user_id)
    return user_id


def test_a_command_is_an_activity_that_is_told_to_nobody(ana: UUID) -> None:
    activity = identity_deletion(ana, FakeClock())
    assert activity.kind in get_args(Kind)
    assert (activity.channel, activity.actor_id, activity.v) == (None, None, 1)


def test_every_other_activity_is_no_command() -> None:
    assert command_of(Outgoing(7, make_activity())) is None


def test_what_is_asked_twice_is_one_row_in_which_the_later_stands(ana: UUID) -> None:
    commands, clock = FakeCommands(), FakeClock()
    later, earlier = recorded(ana, 8), recorded(ana, 7)

    assert commands.put(later, clock.now())
    assert not commands.put(earlier, clock.now())

    assert list(commands.rows.values()) == [later]
    assert later.key != recorded(ids.new_id(), 8).key


def test_it_is_carried_out_as_often_as_it_comes(ana: UUID, platform: Platform, identities: FakeIdentities) -> None:
    for _ in range(2):
        carry_out(platform, recorded(ana, 4))
    assert identities.known == set()


def test_somebodys_sockets_are_closed_and_devices_forgotten_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = FakeStores()
    sockets = [make_socket(ids.new_id())]
    sockets += [make_socket(sockets[0].user_id), make_socket()]
    for socket in sockets:
        connect(stores, socket, make_end(stores.clock))
        stores.devices.put(make_device(socket.user_id), limit=10)
    monkeypatch.setattr(handler, "platform", lambda: stores)
    command = command_of(Outgoing(4, socket_closing(sockets[0].user_id, "suspended", stores.clock)))
    assert command is not None

    for _ in range(2):
        assert batch(record_of(command, 1)) == []

    assert [json.loads(each.text) for each in stores.pusher.sent] == [
        {"v": 1, "type": "closing", "code": "suspended", "reconnect": False}
    ] * 2
    assert set(stores.pusher.closed) == {socket.connection_id for socket in sockets[:2]}
    assert list(stores.connections.rows) == [sockets[2].connection_id]
    assert {device.user_id for device in stores.devices.devices.values()} == {sockets[2].user_id}


def test_away_from_home_no_device_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a command that this region wrote: it was home then, and the stream brings it now."""
    stores = FakeStores(region=settings.Region("us-east-1", "", "eu-west-1"))
    socket = make_socket()
    connect(stores, socket, make_end(stores.clock))
    monkeypatch.delattr(stores, "devices")
    monkeypatch.setattr(handler, "platform", lambda: stores)
    command = command_of(Outgoing(4, socket_closing(socket.user_id, "suspended", stores.clock)))
    assert command is not None

    assert batch(record_of(command, 1)) == []

    assert stores.pusher.closed == [socket.connection_id]


def test_a_kind_that_nobody_knows_is_refused(platform: Platform) -> None:
    with pytest.raises(UnknownCommand, match="make_coffee"):
        carry_out(platform, Command("x", "make_coffee", {}, 1, 1))


def batch(*records: dict[str, Any]) -> list[str]:
    answer = handler.lambda_handler({"Records": list(records)}, None)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def test_a_batch_is_carried_out_to_its_end(ana: UUID, identities: FakeIdentities) -> None:
    bruno = ids.new_id()
    identities.known.add(bruno)

    assert batch(record_of(recorded(ana, 7), 1), record_of(recorded(bruno, 8), 2, "MODIFY")) == []
    assert identities.known == set()


def test_what_fails_and_all_after_it_comes_again(
    ana: UUID, identities: FakeIdentities, monkeypatch: pytest.MonkeyPatch
) -> None:
    bruno, carla = ids.new_id(), ids.new_id()
    identities.known |= {bruno, carla}
    delete = identities.delete

    def busy(user_id: UUID) -> None:
        if user_id == bruno:
            raise TimeoutError
        delete(user_id)

    records = [record_of(recorded(user_id, number), number) for number, user_id in enumerate((ana, bruno, carla))]
    with monkeypatch.context() as broken:
        broken.setattr(identities, "delete", busy)
        assert batch(*records) == ["1"]
    assert identities.known == {bruno, carla}

    assert batch(*records[1:]) == []
    assert identities.known == set()


def test_an_unknown_kind_is_reported_until_the_stream_gives_it_up(ana: UUID) -> None:
    assert batch(record_of(Command("x", "make_coffee", {}, 1, 1), 9)) == ["9"]


def test_a_row_that_expires_asks_for_nothing(ana: UUID, identities: FakeIdentities) -> None:
    removed = {"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "1", "OldImage": {}}}

    assert batch(removed) == []
    assert identities.known == {ana}
