"""Commands in DynamoDB; the table's stream wakes who carries them out."""

from datetime import datetime
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.models import Model

from mundotango import settings
from mundotango.adapters.dynamodb import bind, written
from mundotango.commands.model import Command


class CommandRow(Model):
    key = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute()
    payload = JSONAttribute()
    version = NumberAttribute()
    v = NumberAttribute()
    correlation_id = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()


def command_from_image(image: dict[str, dict[str, Any]]) -> Command:
    """A row as the table's stream carries it (`NewImage`)."""
    return _command(CommandRow.from_raw_data(image))


def _command(row: CommandRow) -> Command:
    return Command(row.key, row.kind, row.payload, int(row.version), int(row.v), row.correlation_id)


class DynamoCommands:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(CommandRow, table_name, region)

    def put(self, command: Command, expires_at: datetime) -> bool:
        row = self._row(
            command.key,
            kind=command.kind,
            payload=command.payload,
            version=command.version,
            v=command.v,
            correlation_id=command.correlation_id,
            expires_at=expires_at,
        )
        return written(
            lambda: row.save(condition=self._row.key.does_not_exist() | (self._row.version < command.version))
        )

    def find(self, key: str) -> Command | None:
        try:
            return _command(self._row.get(key, consistent_read=True))
        except self._row.DoesNotExist:
            return None

    def forget(self, command: Command) -> None:
        written(lambda: self._row(command.key).delete(condition=self._row.version <= command.version))
