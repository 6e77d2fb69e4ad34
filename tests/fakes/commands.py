"""What leaves the network, and the people outside of it, in memory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from mundotango.commands.model import Command


class FakeCommands:
    def __init__(self) -> None:
        self.rows: dict[str, Command] = {}

    def put(self, command: Command, expires_at: datetime) -> bool:
        known = self.rows.get(command.key)
        if known is not None and known.version >= command.version:
            return False
        self.rows[command.key] = command
        return True

    def find(self, key: str) -> Command | None:
        return self.rows.get(key)

    def forget(self, command: Command) -> None:
        known = self.rows.get(command.key)
        if known is not None and known.version <= command.version:
            del self.rows[command.key]


class FakeIdentities:
    """`known` are those who may sign in, `addresses` those of them who confirmed theirs."""

    def __init__(self) -> None:
        self.known: set[UUID] = set()
        self.addresses: dict[UUID, str] = {}

    def delete(self, user_id: UUID) -> None:
        self.known.discard(user_id)
        self.addresses.pop(user_id, None)

    def find_address(self, user_id: UUID) -> str | None:
        return self.addresses.get(user_id)


class FakeEdge:
    """`invalidations` are the paths of each, by its reference."""

    def __init__(self) -> None:
        self.invalidations: dict[str, list[str]] = {}

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        self.invalidations[reference] = list(paths)
