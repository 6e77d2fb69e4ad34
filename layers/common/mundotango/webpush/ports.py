"""What Web Push asks of the world outside; see mundotango/ports.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from mundotango.webpush.model import Device, Wishes


class Devices(Protocol):
    """Where people want to be reached. Reads see the last write."""

    def put(self, device: Device, *, limit: int) -> None:
        """In place of what was known of the same address, also under another person. Beyond `limit` of a person the
        ones registered longest ago go."""
        ...

    def of_user(self, user_id: UUID) -> list[Device]: ...

    def remove(self, user_id: UUID, device_id: UUID) -> bool:
        """False when this person has no such device."""
        ...

    def wishes(self, user_id: UUID) -> Wishes:
        """As of the last copy; what everybody begins with before the first."""
        ...

    def apply(self, user_id: UUID, wishes: Wishes, *, version: int) -> None:
        """The higher version wins, in whatever order they come."""
        ...


class WaitingPushes(Protocol):
    """Items of inboxes of which their owners' devices are to be told."""

    def put(self, user_id: UUID, group: str) -> None:
        """Raises Unavailable: it was not put."""
        ...


class Gone(Exception):
    """The push service knows this device no more, and never will again."""


class Refused(Exception):
    """This message is not taken for this device, however often it is tried."""


class NotNow(Exception):
    """It may be tried again."""


class PushService(Protocol):
    def send(self, device: Device, message: bytes, *, topic: str, life: timedelta) -> None:
        """Encrypted for the device, which alone can read it. Of one topic a device that was away is shown the last.

        Raises:
            Gone, Refused, NotNow
        """
        ...
