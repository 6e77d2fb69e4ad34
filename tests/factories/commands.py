"""Commands as the stream of their table brings them."""

from typing import Any

from mundotango.commands.model import Command
from mundotango.commands.repository import CommandRow
from tests.fakes.clock import FakeClock


def record_of(command: Command, number: int, name: str = "INSERT") -> dict[str, Any]:
    row = CommandRow(
        command.key, kind=command.kind, payload=command.payload, version=command.version, v=command.v,
        expires_at=FakeClock().now(),
    )  # fmt: skip
    return {"eventName": name, "dynamodb": {"SequenceNumber": str(number), "NewImage": row.serialize()}}
