"""Open sockets in one DynamoDB table.

    pk                    sk               what it is for
    connection#{id}       meta             everything to remove when the connection ends
    user#{user id}        sockets          a person's sockets, each with its end, and when they were heard last, in one
                                           row so that 100 people are read in one call
    channel#{channel}     {connection id}  who listens to a channel, and whose post it is
    ends#{minute}         {connection id}  what ends in a minute, for who closes it then

A connection's own rows are written and removed in one transaction. Those of the channels, most of all, are not, as a
write in one costs two: they are there before the connection says that it listens, and go before it does. So whoever is
told that they listen does, and a row that is left over, of a socket that closed meanwhile, ends by age. What
the gateway forgets to tell of ($disconnect is best effort) is removed at the first frame it refuses, when it ends, or
by age: rows by DynamoDB, and a socket in its person's row when they open another.

`of_users` and `of_channel` read consistently, at twice the price of reading what may be a second old ($0.125 a million
sockets listening): who subscribed before something was appended was told that they listen from there on, and would
never ask for it again.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from pynamodb.attributes import TTLAttribute, UnicodeAttribute, UnicodeSetAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from mundotango import settings
from mundotango.adapters.dynamodb import batch_get, bind, transact, written
from mundotango.errors import NotFound
from mundotango.realtime.model import NO_AUTHORS, Closing, Paced, Socket
from mundotango.realtime.packing import Packed
from mundotango.realtime.policy import CONNECTION_LIFE, MAX_SOCKETS, ROW_GRACE

_MINUTE = 60


class ConnectionRow(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = TTLAttribute()
    user_id = UnicodeAttribute(null=True)
    author_id = UnicodeAttribute(null=True)
    domain = UnicodeAttribute(null=True)
    stage = UnicodeAttribute(null=True)
    opened_at = UTCDateTimeAttribute(null=True)
    ends_at = UTCDateTimeAttribute(null=True)
    code = UnicodeAttribute(null=True)
    looked_at = UTCDateTimeAttribute(null=True)
    resumed_at = UTCDateTimeAttribute(null=True)
    typed_at = UTCDateTimeAttribute(null=True)
    channels = UnicodeSetAttribute(null=True)
    sockets = UnicodeSetAttribute(null=True)
    heard_at = UTCDateTimeAttribute(null=True)


class DynamoConnections:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(ConnectionRow, table_name, region)
        self._region = region

    def open(
        self,
        socket: Socket,
        *,
        opened_at: datetime,
        expires_at: datetime,
        code: Closing = "ended",
        limit: int = MAX_SOCKETS,
    ) -> bool:
        row = self._row
        self._forget(socket.user_id, lambda known: known.ends_at <= opened_at)
        few = row.sockets.does_not_exist() | (size(row.sockets) <= limit)  # type: ignore[no-untyped-call]

        def add(transaction: TransactWrite) -> None:
            meta = self._row_of(f"connection#{socket.connection_id}", "meta", socket, expires_at)
            meta.opened_at = opened_at
            transaction.save(meta)
            ending = self._row_of(_ending(expires_at), socket.connection_id, socket, expires_at)
            ending.code = code
            transaction.save(ending)
            transaction.update(
                row(f"user#{socket.user_id}", "sockets"),
                [
                    row.sockets.add({str(Packed(socket, opened_at, expires_at))}),
                    row.heard_at.set(opened_at),
                    # No socket they opened before lives longer.
                    row.expires_at.set(opened_at + CONNECTION_LIFE + ROW_GRACE),
                ],
                condition=few,
            )

        return transact(self._region, add)

    def close(self, socket: Socket, *, opened_before: datetime | None = None) -> bool:
        row, meta = self._row, self._find(socket.connection_id)
        if meta is None:  # closed before, or old enough for DynamoDB to have removed it
            forgotten = self._forget(socket.user_id, lambda known: known.socket.connection_id == socket.connection_id)
            for known in forgotten:
                row(_ending(known.ends_at), socket.connection_id).delete()
            return bool(forgotten)
        if opened_before is not None and meta.opened_at >= opened_before:
            return False
        self._unlisten(socket.connection_id, meta.channels or ())

        def add(transaction: TransactWrite) -> None:
            transaction.delete(row(meta.pk, meta.sk), condition=self._unchanged(meta))
            transaction.delete(row(_ending(meta.ends_at), socket.connection_id))
            transaction.update(
                row(f"user#{socket.user_id}", "sockets"),
                [
                    row.sockets.delete({str(Packed(socket, meta.opened_at, meta.ends_at))}),
                    row.expires_at.set(row.expires_at | meta.expires_at),
                ],
            )

        return transact(self._region, add) or self.close(socket, opened_before=opened_before)

    def subscribe(
        self,
        connection_id: str,
        channels: Collection[str],
        *,
        now: datetime,
        limit: int,
        authors: Mapping[str, UUID] = NO_AUTHORS,
    ) -> bool:
        row, meta = self._row, self._find(connection_id)
        if meta is None or meta.ends_at <= now:
            raise NotFound("the connection is closed")
        known = meta.channels or set()
        new = set(channels) - known
        if len(known) + len(new) > limit:
            return False
        socket = Socket(connection_id, UUID(meta.user_id), meta.domain, meta.stage)
        with row.batch_write() as batch:
            for channel in new:
                listening = self._row_of(f"channel#{channel}", connection_id, socket, meta.ends_at)
                listening.author_id = str(authors[channel]) if channel in authors else None
                batch.save(listening)
        if not new or self._update(row(meta.pk, meta.sk), [row.channels.add(new)], self._unchanged(meta)):
            return True
        try:
            return self.subscribe(connection_id, channels, now=now, limit=limit, authors=authors)
        except NotFound:
            self._unlisten(connection_id, new)
            raise

    def unsubscribe(self, connection_id: str, channels: Collection[str]) -> None:
        row = self._row

        def add(transaction: TransactWrite) -> None:
            meta = row(f"connection#{connection_id}", "meta")
            transaction.update(meta, [row.channels.delete(set(channels))], condition=row.pk.exists())
            for channel in set(channels):
                transaction.delete(row(f"channel#{channel}", connection_id))

        transact(self._region, add)

    def of_users(self, user_ids: Collection[UUID], now: datetime) -> list[Socket]:
        keys = [(f"user#{user_id}", "sockets") for user_id in user_ids]
        rows = batch_get(self._row, keys, consistent_read=True)
        return [known.socket for row in rows for known in _packed(row) if known.ends_at > now]

    def of_channel(self, channel: str, now: datetime) -> list[Socket]:
        return [_socket(row) for row in self._listening(channel, now)]

    def of_post(self, channel: str, now: datetime) -> tuple[list[Socket], UUID | None]:
        rows = self._listening(channel, now)
        author_id = next((row.author_id for row in rows if row.author_id), None)
        return [_socket(row) for row in rows], UUID(author_id) if author_id else None

    def beyond(self, user_id: UUID, limit: int, now: datetime) -> list[Socket]:
        row = self._get(f"user#{user_id}", "sockets")
        live = [known for known in _packed(row) if known.ends_at > now] if row else []
        live.sort(key=lambda known: (known.opened_at, known.socket.connection_id))
        return [known.socket for known in live[: max(0, len(live) - limit)]]

    def ended(self, now: datetime, *, within: timedelta, limit: int) -> list[tuple[Socket, Closing]]:
        found: list[tuple[Socket, Closing]] = []
        for minute in range(_minute(now - within), _minute(now) + 1):
            rows = self._row.query(
                f"ends#{minute}",
                filter_condition=self._row.ends_at <= now,
                consistent_read=True,
                limit=limit - len(found),
            )
            found += [(_socket(row), cast(Closing, row.code)) for row in rows]
            if len(found) >= limit:
                break
        return found

    def hear(self, socket: Socket, now: datetime, *, each: timedelta) -> bool:
        row, known = self._row, self._get(f"user#{socket.user_id}", "sockets")
        # A condition that does not hold is paid for like a write, so it is read first, at an eighth of that.
        if known is not None and known.heard_at <= now - each:
            self._update(known, [row.heard_at.set(now)], row.pk.exists() & (row.heard_at <= now - each))
        return known is not None and socket in [packed.socket for packed in _packed(known)]

    def here(self, user_ids: Collection[UUID], now: datetime, *, since: datetime) -> list[UUID]:
        rows = batch_get(self._row, [(f"user#{user_id}", "sockets") for user_id in user_ids])
        return [_person(row) for row in rows if any(s.ends_at > now for s in _packed(row)) and row.heard_at >= since]

    def may(self, connection_id: str, asked: Paced, now: datetime, *, each: timedelta) -> bool:
        row = self._row
        last = {"presence": row.looked_at, "resume": row.resumed_at, "typing": row.typed_at}[asked]
        meta = row(f"connection#{connection_id}", "meta")
        return self._update(meta, [last.set(now)], row.pk.exists() & (last.does_not_exist() | (last <= now - each)))

    def forget(self, user_id: UUID) -> int:
        row = self._get(f"user#{user_id}", "sockets")
        if row is None:
            return 0
        sockets = [known.socket for known in _packed(row)]
        for socket in sockets:
            self.close(socket)
        row.delete()
        return 1 + len(sockets)

    def _unlisten(self, connection_id: str, channels: Collection[str]) -> None:
        with self._row.batch_write() as batch:
            for channel in channels:
                batch.delete(self._row(f"channel#{channel}", connection_id))

    def _listening(self, channel: str, now: datetime) -> list[ConnectionRow]:
        rows = self._row.query(f"channel#{channel}", consistent_read=True)
        return [row for row in rows if row.ends_at > now]

    def _row_of(self, pk: str, sk: str, socket: Socket, ends_at: datetime) -> ConnectionRow:
        return self._row(
            pk,
            sk,
            user_id=str(socket.user_id),
            domain=socket.domain,
            stage=socket.stage,
            ends_at=ends_at,
            expires_at=ends_at + ROW_GRACE,
        )

    def _unchanged(self, meta: ConnectionRow) -> Condition:
        """It is still there and listens to what it did when it was read: what is decided by that is decided anew if
        it subscribed meanwhile, or a row would be left over, or one too many written."""
        row = self._row
        same = row.channels == meta.channels if meta.channels else row.channels.does_not_exist()
        return cast(Condition, row.pk.exists() & same)

    def _find(self, connection_id: str) -> ConnectionRow | None:
        return self._get(f"connection#{connection_id}", "meta")

    def _forget(self, user_id: UUID, stale: Callable[[Packed], bool]) -> list[Packed]:
        """Take these of a person's sockets out of their row; those there were."""
        row, known = self._row, self._get(f"user#{user_id}", "sockets")
        forgotten = [packed for packed in _packed(known) if stale(packed)] if known else []
        if known and forgotten:
            gone = set(map(str, forgotten))
            known.update([row.sockets.delete(gone), row.expires_at.set(row.expires_at | known.expires_at)])
        return forgotten

    def _update(self, row: ConnectionRow, actions: list[Action], condition: Condition) -> bool:
        return written(lambda: row.update(actions, condition=condition))

    def _get(self, pk: str, sk: str) -> ConnectionRow | None:
        try:
            return self._row.get(pk, sk, consistent_read=True)
        except self._row.DoesNotExist:
            return None


def _ending(ends_at: datetime) -> str:
    return f"ends#{_minute(ends_at)}"


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // _MINUTE


def _socket(row: ConnectionRow) -> Socket:
    return Socket(row.sk, UUID(row.user_id), row.domain, row.stage)


def _packed(row: ConnectionRow) -> list[Packed]:
    return [Packed.of(_person(row), text) for text in sorted(row.sockets or ())]


def _person(row: ConnectionRow) -> UUID:
    return UUID(row.pk.partition("#")[2])
