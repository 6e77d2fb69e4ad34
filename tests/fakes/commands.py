"""What leaves the network, and the people outside of it, in memory."""

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


class FakeIdentities:
    """Those who may sign in, by whether they can; `signed_out` are those whose sessions were ended."""

    def __init__(self) -> None:
        self.enabled: dict[UUID, bool] = {}
        self.signed_out: list[UUID] = []

    def delete(self, user_id: UUID) -> None:
        self.enabled.pop(user_id, None)

    def disable(self, user_id: UUID) -> None:
        if user_id in self.enabled:
            self.enabled[user_id] = False

    def enable(self, user_id: UUID) -> None:
        if user_id in self.enabled:
            self.enabled[user_id] = True

    def sign_out(self, user_id: UUID) -> None:
        if user_id in self.enabled:
            self.signed_out.append(user_id)
