"""Open sockets in one DynamoDB table.

    pk                    sk               what it is for
    connection#{id}       meta             everything to remove when the connection ends
    user#{user id}        sockets          a person's sockets, each with its end, in one row so that 100 people are
                                           read in one call
    channel#{channel}     {connection id}  who listens to a channel

Rows of one connection are written and removed in one transaction, so none is left that nobody would find again; what
the gateway forgets to tell of ($disconnect is best effort) is removed at the first frame it refuses, or by age: rows
by DynamoDB, and a socket in its person's row when they open another.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from uuid import UUID

from pynamodb.attributes import TTLAttribute, UnicodeAttribute, UnicodeSetAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import size
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from mundotango import settings
from mundotango.adapters.dynamodb import batch_get, bind, transact
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
        self._forget(socket.user_id, lambda _, ends_at: ends_at <= opened_at)

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
                [row.sockets.add({_packed(socket, expires_at)}), row.expires_at.set(expires_at)],
            )

        transact(self._region, add)

    def close(self, socket: Socket, *, opened_before: datetime | None = None) -> bool:
        row, meta = self._row, self._find(socket.connection_id)
        if meta is None:  # closed before, or old enough for DynamoDB to have removed it
            return self._forget(socket.user_id, lambda known, _: known.connection_id == socket.connection_id)
        if opened_before is not None and meta.opened_at >= opened_before:
            return False

        def add(transaction: TransactWrite) -> None:
            # A channel subscribed to since `meta` was read would be left over: then nothing is removed, and read anew.
            unchanged = row.channels == meta.channels if meta.channels else row.channels.does_not_exist()
            transaction.delete(row(meta.pk, meta.sk), condition=row.pk.exists() & unchanged)
            transaction.update(
                row(f"user#{socket.user_id}", "sockets"),
                [
                    row.sockets.delete({_packed(socket, meta.expires_at)}),
                    row.expires_at.set(row.expires_at | meta.expires_at),
                ],
            )
            for channel in meta.channels or ():
                transaction.delete(row(f"channel#{channel}", socket.connection_id))

        return transact(self._region, add) or self.close(socket, opened_before=opened_before)

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
        rows = batch_get(self._row, [(f"user#{user_id}", "sockets") for user_id in user_ids])
        return [
            socket
            for row in rows
            for socket, ends_at in (_unpacked(_person(row), packed) for packed in sorted(row.sockets or ()))
            if ends_at > now
        ]

    def of_channel(self, channel: str, now: datetime) -> list[Socket]:
        rows = self._row.query(f"channel#{channel}")
        return [Socket(row.sk, UUID(row.user_id), row.domain, row.stage) for row in rows if row.expires_at > now]

    def forget(self, user_id: UUID) -> int:
        known = self._get(f"user#{user_id}", "sockets")
        if known is None:
            return 0
        sockets = [_unpacked(user_id, packed)[0] for packed in known.sockets or ()]
        for socket in sockets:
            self.close(socket)
        known.delete()
        return 1 + len(sockets)

    def _find(self, connection_id: str) -> ConnectionRow | None:
        return self._get(f"connection#{connection_id}", "meta")

    def _forget(self, user_id: UUID, stale: Callable[[Socket, datetime], bool]) -> bool:
        """Take these of a person's sockets out of their row; whether there were any."""
        row, known = self._row, self._get(f"user#{user_id}", "sockets")
        if known is None:
            return False
        forgotten = {packed for packed in known.sockets or () if stale(*_unpacked(user_id, packed))}
        if forgotten:
            known.update([row.sockets.delete(forgotten), row.expires_at.set(row.expires_at | known.expires_at)])
        return bool(forgotten)

    def _get(self, pk: str, sk: str) -> ConnectionRow | None:
        try:
            return self._row.get(pk, sk, consistent_read=True)
        except self._row.DoesNotExist:
            return None


def _packed(socket: Socket, ends_at: datetime) -> str:
    return f"{socket.connection_id}|{socket.domain}|{socket.stage}|{int(ends_at.timestamp())}"


def _unpacked(user_id: UUID, packed: str) -> tuple[Socket, datetime]:
    connection_id, domain, stage, ends_at = packed.split("|")
    return Socket(connection_id, user_id, domain, stage), datetime.fromtimestamp(int(ends_at), UTC)


def _person(row: ConnectionRow) -> UUID:
    return UUID(row.pk.partition("#")[2])
