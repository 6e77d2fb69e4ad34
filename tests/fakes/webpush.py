"""Web Push in memory: a push service, what waits to be sent, and whose turn it is."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from mundotango.webpush.model import Device, Turn
from mundotango.webpush.ports import MOST_DELAY


@dataclass(frozen=True, slots=True)
class Pushed:
    device: Device
    message: bytes
    topic: str
    life: timedelta


class FakePushService:
    """`sent` is what was taken. `raising` is what happens to the next one to each device."""

    def __init__(self) -> None:
        self.sent: list[Pushed] = []
        self.raising: dict[UUID, Exception] = {}
        self.hung_up = 0

    def send(self, device: Device, message: bytes, *, topic: str, life: timedelta) -> None:
        failure = self.raising.pop(device.id, None)
        if failure is not None:
            raise failure
        self.sent.append(Pushed(device, message, topic, life))

    def hang_up(self) -> None:
        self.hung_up += 1


class FakeWaitingPushes:
    def __init__(self) -> None:
        self.waiting: list[tuple[UUID, str, timedelta | None]] = []
        self.raising: list[Exception] = []

    def put(self, user_id: UUID, group: str, *, delay: timedelta | None = None) -> None:
        if self.raising:
            raise self.raising.pop(0)
        assert delay is None or timedelta() <= delay <= MOST_DELAY
        self.waiting.append((user_id, group, delay))

    def take(self) -> list[tuple[UUID, str]]:
        """What waits, whatever its delay, once."""
        taken, self.waiting = self.waiting, []
        return [(user_id, group) for user_id, group, _ in taken]


class FakeTurns:
    def __init__(self) -> None:
        self.turns: dict[UUID, Turn] = {}

    def find(self, item_id: UUID) -> Turn | None:
        return self.turns.get(item_id)

    def begin(self, item_id: UUID, turn: Turn, *, after: Turn | None) -> bool:
        known = self.turns.get(item_id)
        if (known and known.began_at) != (after and after.began_at):
            return False
        self.turns[item_id] = turn
        return True

    def note_told(self, item_id: UUID, turn: Turn, device_ids: Collection[UUID]) -> None:
        known = self.turns.get(item_id)
        if known is not None and known.began_at == turn.began_at:
            self.turns[item_id] = replace(known, told=known.told | set(device_ids))

    def note_again(self, item_id: UUID, at: datetime) -> None:
        if item_id in self.turns:
            self.turns[item_id] = replace(self.turns[item_id], again_at=at)
