"""How far the telling of each item came, in DynamoDB: rows in the table of what is done once, as mails have them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from pynamodb.attributes import (
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from mundotango import settings
from mundotango.adapters.dynamodb import bind, written
from mundotango.webpush.model import Turn

# What is older than an hour is told to nobody; a day beyond that is for clocks and for who reads rows.
LIFE = timedelta(days=1)


class TurnRow(Model):
    id = UnicodeAttribute(hash_key=True)
    position = UnicodeAttribute()
    began_at = UTCDateTimeAttribute()
    number = NumberAttribute(default=1)
    said = UnicodeAttribute(default="")
    told = UnicodeSetAttribute(null=True)
    again_at = UTCDateTimeAttribute(null=True)
    expires_at = TTLAttribute()


class DynamoTurns:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(TurnRow, table_name, region)

    def find(self, item_id: UUID) -> Turn | None:
        try:
            row = self._row.get(_key(item_id), consistent_read=True)
        except self._row.DoesNotExist:
            return None
        return Turn(
            position=row.position,
            began_at=row.began_at,
            number=int(row.number),
            said=row.said,
            told=frozenset(map(UUID, row.told or ())),
            again_at=row.again_at,
        )

    def begin(self, item_id: UUID, turn: Turn, *, after: Turn | None) -> bool:
        row = self._row(
            _key(item_id),
            position=turn.position,
            began_at=turn.began_at,
            number=turn.number,
            said=turn.said,
            told={str(device_id) for device_id in turn.told} or None,
            again_at=turn.again_at,
            expires_at=turn.began_at + LIFE,
        )
        unseen = self._row.id.does_not_exist() if after is None else self._row.began_at == after.began_at
        return written(lambda: row.save(condition=unseen))

    def note_told(self, item_id: UUID, turn: Turn, device_ids: Collection[UUID]) -> None:
        added = self._row.told.add({str(device_id) for device_id in device_ids})
        self._update(item_id, [added], self._row.began_at == turn.began_at)

    def note_again(self, item_id: UUID, at: datetime) -> None:
        self._update(item_id, [self._row.again_at.set(at)], self._row.id.exists())

    def _update(self, item_id: UUID, actions: list[Action], condition: Condition) -> None:
        written(lambda: self._row(_key(item_id)).update(actions, condition=condition))


def _key(item_id: UUID) -> str:
    return f"push#{item_id}"
