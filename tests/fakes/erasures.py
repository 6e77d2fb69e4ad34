"""The ledger in memory."""

from datetime import datetime
from uuid import UUID


class FakeErasures:
    def __init__(self) -> None:
        self.rows: dict[UUID, datetime] = {}

    def note(self, user_id: UUID, now: datetime) -> datetime:
        return self.rows.setdefault(user_id, now)

    def noted(self, after: UUID | None, limit: int) -> list[UUID]:
        return [user_id for user_id in sorted(self.rows) if after is None or user_id > after][:limit]
