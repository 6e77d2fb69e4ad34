"""What Web Push asks of the world outside; see mundotango/ports.py."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from mundotango.webpush.model import Device, Turn, Wishes

# What the queue takes.
MOST_DELAY = timedelta(minutes=15)


class Devices(Protocol):
    """Where people want to be reached. Reads see the last write."""

    def put(self, device: Device, *, limit: int) -> None:
        """In place of what was known of the same address, also under another person. Beyond `limit` of a person the
        ones registered longest ago go."""
        ...

    def find(self, user_id: UUID, device_id: UUID) -> Device | None: ...

    def of_user(self, user_id: UUID) -> list[Device]:
        """Those among them that expired and are not swept yet."""
        ...

    def has_any(self, user_id: UUID) -> bool:
        """So too; one registered in this moment may be overlooked, for a quarter of the price."""
        ...

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

    def put(self, user_id: UUID, group: str, *, delay: timedelta | None = None) -> None:
        """To be taken after `delay`, at most MOST_DELAY; without one after the few seconds in which a burst is one.

        Raises:
            Unavailable: it was not put.
        """
        ...


class Turns(Protocol):
    """How far the telling of each item came, for as long as its push may come again. Reads see the last write."""

    def find(self, item_id: UUID) -> Turn | None: ...

    def begin(self, item_id: UUID, turn: Turn, *, after: Turn | None) -> bool:
        """In place of the one before it. False, and nothing written, when another one began meanwhile."""
        ...

    def note_told(self, item_id: UUID, turn: Turn, device_ids: Collection[UUID]) -> None:
        """These beside those it has; nothing where another one began meanwhile."""
        ...

    def note_again(self, item_id: UUID, at: datetime) -> None:
        """Its push comes again, not before then."""
        ...


class Gone(Exception):
    """The push service knows this device no more, and never will again."""


class Refused(Exception):
    """This message is not taken for this device, however often it is tried."""


class NotNow(Exception):
    """It may be tried again, `after` so long where the push service says so."""

    def __init__(self, why: str, after: timedelta | None = None) -> None:
        super().__init__(why)
        self.after = after


class NotTrusted(NotNow):
    """It does not take us for whom this device's browser was told: a former key's device, or what we sign is wrong."""


class PushService(Protocol):
    """Asked by several threads at once."""

    def send(self, device: Device, message: bytes, *, topic: str, life: timedelta) -> None:
        """Encrypted for the device, which alone can read it. Of one topic a device that was away is shown the last.

        What is raised names no address: who has that of a device may send to it.

        Raises:
            Gone, Refused, NotNow
        """
        ...

    def hang_up(self) -> None:
        """Ends the connections that are kept, as they would not outlive a pause. The next push opens others."""
        ...
