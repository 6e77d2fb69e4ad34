"""From what is recorded inside the network to what is done outside of it."""

from typing import Any, get_args
from uuid import UUID

import pytest

from functions.effects import handler
from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.commands.model import Command, IdentityAction
from mundotango.commands.repository import CommandRow
from mundotango.commands.service import UnknownCommand, carry_out, command_of, identity_command
from mundotango.outbox.model import Outgoing
from mundotango.realtime.model import Kind
from tests.factories.realtime import make_activity
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands, FakeIdentities

ACTIONS: tuple[IdentityAction, ...] = get_args(IdentityAction)


def recorded(action: IdentityAction, user_id: UUID, seq: int) -> Command:
    command = command_of(Outgoing(seq, identity_command(action, user_id, FakeClock())))
    assert command is not None
    return command


@pytest.fixture
def identities() -> FakeIdentities:
    return FakeIdentities()


@pytest.fixture
def ana(identities: FakeIdentities, monkeypatch: pytest.MonkeyPatch) -> UUID:
    platform = Platform()
    platform.identities = identities
    monkeypatch.setattr(handler, "platform", lambda: platform)
    user_id = ids.new_id()
    identities.enabled[user_id] = True
    return user_id


def test_an_action_is_an_activity_that_is_told_to_nobody(ana: UUID) -> None:
    for action in ACTIONS:
        activity = identity_command(action, ana, FakeClock())
        assert activity.kind in get_args(Kind)
        assert (activity.channel, activity.actor_id, activity.v) == (None, None, 1)


def test_every_other_activity_is_no_command() -> None:
    assert command_of(Outgoing(7, make_activity())) is None


def test_what_undoes_the_other_shares_a_row_and_only_the_later_stands(ana: UUID) -> None:
    commands, clock = FakeCommands(), FakeClock()
    disable, enable = recorded("disable", ana, 8), recorded("enable", ana, 7)

    assert commands.put(disable, clock.now())
    assert not commands.put(enable, clock.now())

    assert list(commands.rows.values()) == [disable]
    assert len({recorded(action, ana, 1).key for action in ACTIONS}) == 3
    assert disable.key != recorded("disable", ids.new_id(), 8).key


def test_each_action_is_carried_out(ana: UUID, identities: FakeIdentities) -> None:
    carry_out(identities, recorded("disable", ana, 1))
    assert identities.enabled == {ana: False}
    carry_out(identities, recorded("enable", ana, 2))
    assert identities.enabled == {ana: True}
    carry_out(identities, recorded("sign_out", ana, 3))
    assert identities.signed_out == [ana]
    for _ in range(2):
        carry_out(identities, recorded("delete", ana, 4))
    assert identities.enabled == {}


def test_a_kind_that_nobody_knows_is_refused(identities: FakeIdentities) -> None:
    with pytest.raises(UnknownCommand, match="close_sockets"):
        carry_out(identities, Command("x", "close_sockets", {}, 1, 1))


def record_of(command: Command, number: int, name: str = "INSERT") -> dict[str, Any]:
    row = CommandRow(
        command.key, kind=command.kind, payload=command.payload, version=command.version, v=command.v,
        expires_at=FakeClock().now(),
    )  # fmt: skip
    return {"eventName": name, "dynamodb": {"SequenceNumber": str(number), "NewImage": row.serialize()}}


def batch(*records: dict[str, Any]) -> list[str]:
    answer = handler.lambda_handler({"Records": list(records)}, None)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def test_a_batch_is_carried_out_in_its_order(ana: UUID, identities: FakeIdentities) -> None:
    disable, enable = recorded("disable", ana, 7), recorded("enable", ana, 8)

    assert batch(record_of(disable, 1), record_of(enable, 2, "MODIFY")) == []
    assert identities.enabled == {ana: True}
    assert batch(record_of(enable, 3), record_of(disable, 4, "MODIFY")) == []
    assert identities.enabled == {ana: False}


def test_what_fails_and_all_after_it_comes_again(
    ana: UUID, identities: FakeIdentities, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: UUID) -> None:
        raise TimeoutError

    records = [record_of(recorded(action, ana, number), number) for number, action in enumerate(ACTIONS[1:])]
    with monkeypatch.context() as broken:
        broken.setattr(identities, "enable", busy)
        assert batch(*records) == ["1"]
    assert (identities.enabled, identities.signed_out) == ({ana: False}, [])

    assert batch(*records[1:]) == []
    assert (identities.enabled, identities.signed_out) == ({ana: True}, [ana])


def test_an_unknown_kind_is_reported_until_the_stream_gives_it_up(ana: UUID) -> None:
    assert batch(record_of(Command("x", "close_sockets", {}, 1, 1), 9)) == ["9"]


def test_a_row_that_expires_asks_for_nothing(ana: UUID, identities: FakeIdentities) -> None:
    removed = {"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "1", "OldImage": {}}}

    assert batch(removed) == []
    assert identities.enabled == {ana: True}
