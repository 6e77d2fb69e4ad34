"""Inboxes in memory."""

from dataclasses import replace
from uuid import UUID

from mundotango.notifications.model import Notification


class FakeInbox:
    def __init__(self) -> None:
        self.items: dict[tuple[UUID, str], Notification] = {}
        self.read: dict[UUID, str] = {}

    def find(self, user_id: UUID, group: str) -> Notification | None:
        return self.items.get((user_id, group))

    def look(self, user_id: UUID, group: str) -> tuple[Notification | None, str]:
        return self.find(user_id, group), self.read_up_to(user_id)

    def put(self, notification: Notification) -> bool:
        known = self.items.get((notification.user_id, notification.group))
        if (known.version if known else 0) != notification.version - 1:
            return False
        kept = notification if notification.shown else replace(notification, position="")
        self.items[notification.user_id, notification.group] = kept
        return True

    def newest(self, user_id: UUID, *, since: str, before: str | None, limit: int) -> list[Notification]:
        found = [each for each in self._shown(user_id) if since < each.position < (before or "g")]
        return sorted(found, key=lambda each: each.position, reverse=True)[:limit]

    def count(self, user_id: UUID, *, since: str, limit: int) -> int:
        return len(self.newest(user_id, since=since, before=None, limit=limit))

    def read_up_to(self, user_id: UUID) -> str:
        return self.read.get(user_id, "")

    def mark_read(self, user_id: UUID, position: str) -> bool:
        if position <= self.read_up_to(user_id):
            return False
        self.read[user_id] = position
        return True

    def of_user(self, user_id: UUID, *, after: str | None, limit: int) -> list[Notification]:
        found = [each for each in self.items.values() if each.user_id == user_id and each.group > (after or "")]
        return sorted(found, key=lambda each: each.group)[:limit]

    def forget(self, user_id: UUID, limit: int) -> int:
        gone = [key for key in self.items if key[0] == user_id][:limit]
        for key in gone:
            del self.items[key]
        read = len(gone) < limit and self.read.pop(user_id, None) is not None
        return len(gone) + read

    def _shown(self, user_id: UUID) -> list[Notification]:
        return [each for each in self.items.values() if each.user_id == user_id and each.shown]
