"""Open sockets in one DynamoDB table.

    pk                    sk               what it is for
    connection#{id}       meta             everything to remove when the connection ends
    user#{user id}        sockets          a person's sockets, in one row so that 100 people are read in one call
    channel#{channel}     {connection id}  who listens to a channel

Rows of one connection are written and removed in one transaction, so none is left that nobody would find again; what
the gateway forgets to tell of ($disconnect is best effort) is removed at the first frame it refuses, or by age.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from pynamodb.attributes import TTLAttribute, UnicodeAttribute, UnicodeSetAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import size
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from mundotango import settings
from mundotango.adapters.dynamodb import bind, transact
from mundotango.errors import NotFound
from mundotango.realtime.model import Socket


class ConnectionRow(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = TTLAttribute()
    user_id = UnicodeAttribute(null=True)
    domain = UnicodeAttribute(null=True)
    stage = UnicodeAttribute(null=True)
    opened_at = UTCDateTimeAttribute(null=True)
    channels = UnicodeSetAttribute(null=True)
    sockets = UnicodeSetAttribute(null=True)


class DynamoConnections:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(ConnectionRow, table_name, region)
        self._region = region

    def open(self, socket: Socket, *, opened_at: datetime, expires_at: datetime) -> None:
        row = self._row

        def add(transaction: TransactWrite) -> None:
            transaction.save(
                row(
                    f"connection#{socket.connection_id}",
                    "meta",
                    user_id=str(socket.user_id),
                    domain=socket.domain,
                    stage=socket.stage,
                    opened_at=opened_at,
                    expires_at=expires_at,
                )
            )
            transaction.update(
                row(f"user#{socket.user_id}", "sockets"),
                [row.sockets.add({_packed(socket)}), row.expires_at.set(expires_at)],
            )

        transact(self._region, add)

    def close(self, connection_id: str, *, opened_before: datetime | None = None) -> bool:
        row, meta = self._row, self._find(connection_id)
        if meta is None or (opened_before is not None and meta.opened_at >= opened_before):
            return False
        socket = _socket(meta)

        def add(transaction: TransactWrite) -> None:
            # A channel subscribed to since `meta` was read would be left over: then nothing is removed, and read anew.
            unchanged = row.channels == meta.channels if meta.channels else row.channels.does_not_exist()
            transaction.delete(row(meta.pk, meta.sk), condition=row.pk.exists() & unchanged)
            transaction.update(
                row(f"user#{socket.user_id}", "sockets"),
                [row.sockets.delete({_packed(socket)}), row.expires_at.set(row.expires_at | meta.expires_at)],
            )
            for channel in meta.channels or ():
                transaction.delete(row(f"channel#{channel}", connection_id))

        return transact(self._region, add) or self.close(connection_id, opened_before=opened_before)

    def subscribe(self, connection_id: str, channel: str, *, now: datetime, limit: int) -> bool:
        row, meta = self._row, self._find(connection_id)
        if meta is None or meta.expires_at <= now:
            raise NotFound("the connection is closed")
        if channel in (meta.channels or ()):
            return True
        few = size(row.channels) < limit  # type: ignore[no-untyped-call]

        def add(transaction: TransactWrite) -> None:
            transaction.update(
                row(meta.pk, meta.sk),
                [row.channels.add({channel})],
                condition=row.pk.exists() & (row.channels.does_not_exist() | few),
            )
            transaction.save(
                row(
                    f"channel#{channel}",
                    connection_id,
                    user_id=meta.user_id,
                    domain=meta.domain,
                    stage=meta.stage,
                    expires_at=meta.expires_at,
                )
            )

        return transact(self._region, add)

    def unsubscribe(self, connection_id: str, channel: str) -> None:
        row = self._row

        def add(transaction: TransactWrite) -> None:
            meta = row(f"connection#{connection_id}", "meta")
            transaction.update(meta, [row.channels.delete({channel})], condition=row.pk.exists())
            transaction.delete(row(f"channel#{channel}", connection_id))

        transact(self._region, add)

    def of_users(self, user_ids: Collection[UUID], now: datetime) -> list[Socket]:
        rows = self._row.batch_get([(f"user#{user_id}", "sockets") for user_id in user_ids])
        return [
            Socket(connection_id, UUID(row.pk.partition("#")[2]), domain, stage)
            for row in rows
            if row.expires_at > now
            for connection_id, domain, stage in (packed.split("|") for packed in sorted(row.sockets or ()))
        ]

    def of_channel(self, channel: str, now: datetime) -> list[Socket]:
        rows = self._row.query(f"channel#{channel}")
        return [Socket(row.sk, UUID(row.user_id), row.domain, row.stage) for row in rows if row.expires_at > now]

    def _find(self, connection_id: str) -> ConnectionRow | None:
        try:
            return self._row.get(f"connection#{connection_id}", "meta", consistent_read=True)
        except self._row.DoesNotExist:
            return None


def _socket(meta: ConnectionRow) -> Socket:
    return Socket(meta.pk.partition("#")[2], UUID(meta.user_id), meta.domain, meta.stage)


def _packed(socket: Socket) -> str:
    return f"{socket.connection_id}|{socket.domain}|{socket.stage}"
