"""The ledger of erasures in DynamoDB: a person's id and when it was noted, and nothing else of them.

It stands outside the database, with recovery of its own, so that a backup of the database from before an erasure can be
told whom to erase again.
"""

from datetime import datetime
from uuid import UUID

from pynamodb.attributes import TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from mundotango import settings
from mundotango.adapters.dynamodb import Replicated, bind, written
from mundotango.privacy.policy import LEDGER_LIFE


class ErasureRow(Replicated):
    user_id = UnicodeAttribute(hash_key=True)
    noted_at = UTCDateTimeAttribute()
    expires_at = TTLAttribute()


class DynamoErasures:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(ErasureRow, table_name, region)

    def note(self, user_id: UUID, now: datetime) -> datetime:
        row = self._row(str(user_id), noted_at=now, expires_at=now + LEDGER_LIFE)
        if written(lambda: row.save(condition=self._row.user_id.does_not_exist())):
            return now
        noted_at: datetime = self._row.get(str(user_id), consistent_read=True).noted_at
        return noted_at

    def noted(self, after: UUID | None, limit: int) -> list[UUID]:
        start = None if after is None else {"user_id": {"S": str(after)}}
        rows = self._row.scan(consistent_read=True, limit=limit, last_evaluated_key=start)
        return [UUID(row.user_id) for row in rows]
