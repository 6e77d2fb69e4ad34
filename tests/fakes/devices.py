"""Devices in memory."""

from uuid import UUID

from mundotango.webpush.model import Device, Wishes


class FakeDevices:
    def __init__(self) -> None:
        self.devices: dict[UUID, Device] = {}
        self.wanted: dict[UUID, tuple[int, Wishes]] = {}

    def put(self, device: Device, *, limit: int) -> None:
        self.devices[device.id] = device
        own = sorted(self.of_user(device.user_id), key=lambda each: each.registered_at, reverse=True)
        for beyond in own[limit:]:
            del self.devices[beyond.id]

    def find(self, user_id: UUID, device_id: UUID) -> Device | None:
        known = self.devices.get(device_id)
        return known if known is not None and known.user_id == user_id else None

    def of_user(self, user_id: UUID) -> list[Device]:
        return [each for each in self.devices.values() if each.user_id == user_id]

    def has_any(self, user_id: UUID) -> bool:
        return bool(self.of_user(user_id))

    def remove(self, user_id: UUID, device_id: UUID) -> bool:
        return self.find(user_id, device_id) is not None and self.devices.pop(device_id) is not None

    def wishes(self, user_id: UUID) -> Wishes:
        return self.wanted.get(user_id, (0, Wishes()))[1]

    def apply(self, user_id: UUID, wishes: Wishes, *, version: int) -> None:
        if self.wanted.get(user_id, (0, None))[0] < version:
            self.wanted[user_id] = (version, wishes)
