"""What notifications ask of the world outside; see mundotango/ports.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uuid import UUID

    from mundotango.notifications.model import Notification


class Inbox(Protocol):
    """Each person's notifications of the last 90 days, and up to where they read them. Reads see the last write."""

    def find(self, user_id: UUID, group: str) -> Notification | None:
        """Also one that nobody is left in."""
        ...

    def look(self, user_id: UUID, group: str) -> tuple[Notification | None, str]:
        """`find` and `read_up_to` by one call."""
        ...

    def put(self, notification: Notification) -> bool:
        """In place of the version before it, of which the first has none. False, and nothing written, when that is no
        longer what stands there."""
        ...

    def newest(self, user_id: UUID, *, since: str, before: str | None, limit: int) -> list[Notification]:
        """Those shown whose position is above `since` and below `before`, newest first, at most `limit`."""
        ...

    def count(self, user_id: UUID, *, since: str, limit: int) -> int:
        """How many are shown above `since`, counted up to `limit`."""
        ...

    def read_up_to(self, user_id: UUID) -> str:
        """The position; empty while nothing was read."""
        ...

    def mark_read(self, user_id: UUID, position: str) -> bool:
        """False, and nothing written, when this person has read that far already."""
        ...

    def of_user(self, user_id: UUID, *, after: str | None, limit: int) -> list[Notification]:
        """All of a person's, in the order of their groups, from beyond `after`."""
        ...

    def forget(self, user_id: UUID, limit: int) -> int:
        """Delete at most `limit` of what is known of this person's inbox; how much it was."""
        ...
