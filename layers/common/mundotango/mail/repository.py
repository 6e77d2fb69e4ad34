"""How far each mail came, in DynamoDB: rows in the table of what is done once, beside first answers."""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from pynamodb.attributes import TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.models import Model

from mundotango import ids, settings
from mundotango.adapters.dynamodb import bind, written
from mundotango.mail.model import SendState

# A command lives 7 days, and a dead letter that names it 14.
LIFE = timedelta(days=30)


class SendRow(Model):
    """`attempt` tells whose it is: a write that was repeated because its answer was lost meets itself."""

    id = UnicodeAttribute(hash_key=True)
    state = UnicodeAttribute()
    attempt = UnicodeAttribute()
    began_at = UTCDateTimeAttribute()
    expires_at = TTLAttribute()


class DynamoSends:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(SendRow, table_name, region)

    def begin(self, mail_id: UUID, at: datetime) -> SendState | None:
        attempt = str(ids.new_id())
        row = self._row(_key(mail_id), state="sending", attempt=attempt, began_at=at, expires_at=at + LIFE)
        if written(lambda: row.save(condition=self._row.id.does_not_exist())):
            return None
        known = self._row.get(_key(mail_id), consistent_read=True)
        return None if known.attempt == attempt else cast(SendState, known.state)

    def end(self, mail_id: UUID, state: SendState) -> None:
        self._row(_key(mail_id)).update([self._row.state.set(state)], condition=self._row.id.exists())

    def give_back(self, mail_id: UUID) -> None:
        written(lambda: self._row(_key(mail_id)).delete(condition=self._row.state == "sending"))


def _key(mail_id: UUID) -> str:
    return f"mail#{mail_id}"
