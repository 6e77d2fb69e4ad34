from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.fixtures.gateway import Answer, Gateway
from tests.integration.realtime.device import Device, Frame
from tests.integration.realtime.screens import Screen, State


@dataclass
class Viewer:
    """Somebody at a device, and what it shows."""

    user_id: UUID
    gateway: Gateway
    handle: str
    device: Device = field(init=False)
    shown: dict[Screen, State] = field(default_factory=dict)

    def ask(self, path: str, **options: Any) -> Answer:
        return self.gateway.get(path, user=self.user_id, **options)

    def look(self, screen: Screen) -> None:
        self.shown[screen] = screen.fetch(self.ask)

    def granted(self, channels: list[str]) -> str:
        answer = self.gateway.post("/api/realtime/grants", user=self.user_id, json={"channels": channels})
        return str(answer.json()["grant"])

    def show(self, frame: Frame) -> None:
        for screen, state in self.shown.items():
            if frame["type"] in screen.kinds:
                screen.apply(state, frame)
