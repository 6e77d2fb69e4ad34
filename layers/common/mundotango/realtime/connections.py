"""Open sockets in one DynamoDB table.

    pk                    sk               what it is for
    connection#{id}       meta             whether it is open, and to which channels it listens
    user#{user id}        sockets          a person's sockets, each with its end, and when they were heard last, in one
                                           row so that 100 people are read in one call
    channel#{channel}     {connection id}  who listens to a channel, and whose post it is
    ends#{minute}         {connection id}  what ends in a minute, for who closes it then
    ends#                 closed           until when all that ended was closed

No two of them are written together, as a write in a transaction costs two: each write stands alone, and their order
makes what a failure leaves between two of them harmless. A socket is in its person's row last of all, where alone it
counts, is delivered to and makes somebody seen here. The connection's own row alone says whether it was closed: who
closes marks it, and then takes the socket out of its person's row; who opens puts the socket there, and then looks for
the mark. So whichever is later sees the other. The marked row stays: an opening told again finds it.

A channel's row is there before the connection says that it listens. It stays when the client closes, until a frame to
it is refused or its age ends it: deleting ten costs as much as writing them, and most are never told anything more.
What the gateway forgets to tell of ($disconnect is best effort) is removed at the first frame it refuses, when it ends,
or by age: rows by DynamoDB, and a socket in its person's row when they open another.

`of_users` and `of_channel` read consistently, at twice the price of reading what may be a second old ($0.125 a million
sockets listening): who subscribed before something was appended was told that they listen from there on, and would
never ask for it again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from itertools import batched
from operator import or_
from typing import cast
from uuid import UUID

from pynamodb.attributes import (
    BooleanAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from mundotango import settings
from mundotango.adapters.dynamodb import batch_get, bind, written
from mundotango.errors import NotFound
from mundotango.realtime.model import NO_AUTHORS, Closing, Paced, Socket
from mundotango.realtime.packing import Packed
from mundotango.realtime.policy import CONNECTION_LIFE, MAX_SOCKETS, ROW_GRACE

_MINUTE = 60
# Until when all that ended was closed. From a minute before that on it is looked again: clocks differ by seconds, and
# a socket whose token ends as it opens may have its row that much later.
_DONE = ("ends#", "closed")
_OVERLAP = timedelta(minutes=1)
_LOOKED_FOR = 100  # rows a call reads


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
    closed = BooleanAttribute(null=True)
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
        if not self._has_room(socket, opened_at, limit):
            return False
        ending = self._row_of(_ending(expires_at), socket.connection_id, socket, expires_at)
        ending.code = code
        ending.save()
        meta = self._row_of(f"connection#{socket.connection_id}", "meta", socket, expires_at)
        meta.opened_at = opened_at
        if not written(lambda: meta.save(condition=row.pk.does_not_exist())):  # this was told before
            known = self._find(socket.connection_id)
            if known is None or known.closed:
                return known is not None
            meta = known
        packed = Packed(socket, meta.opened_at, meta.ends_at)
        if not self._join(packed, opened_at, limit):
            return False
        known = self._find(socket.connection_id)
        if known is None or known.closed:  # while it opened; who closed it may have taken it out before it joined
            self._leave([packed])
            return known is not None
        return True

    def close(self, socket: Socket, *, opened_before: datetime | None = None, open_still: bool = False) -> bool:
        row, meta = self._row, self._find(socket.connection_id)
        if meta is None or meta.closed:
            theirs = [
                each for each in self._sockets(socket.user_id) if each.socket.connection_id == socket.connection_id
            ]
            if meta is None and theirs:  # what is there has a row of its own, unless that expired: it opened meanwhile
                meta = self._find(socket.connection_id)
            if meta is None or meta.closed:
                return self._leave(theirs)
        if opened_before is not None and meta.opened_at >= opened_before:
            return False
        if open_still:
            self._stop_listening(socket.connection_id, meta.channels or ())
        if not self._update(row(meta.pk, meta.sk), [row.closed.set(True)], self._unchanged(meta)):
            return self.close(socket, opened_before=opened_before, open_still=open_still)
        self._leave([Packed(socket, meta.opened_at, meta.ends_at)])
        return True

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
        if meta is None or meta.closed or meta.ends_at <= now:
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
            self._stop_listening(connection_id, new)
            raise

    def unsubscribe(self, connection_id: str, channels: Collection[str]) -> None:
        row = self._row
        # In this order: a channel that is listed without its row would not get one when it is subscribed to again.
        if self._update(
            row(f"connection#{connection_id}", "meta"), [row.channels.delete(set(channels))], row.pk.exists()
        ):
            self._stop_listening(connection_id, set(channels))

    def unlisten(self, channel: str, connection_ids: Collection[str]) -> None:
        self._delete([(f"channel#{channel}", connection_id) for connection_id in connection_ids])

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
        live = [known for known in self._sockets(user_id) if known.ends_at > now]
        live.sort(key=lambda known: (known.opened_at, known.socket.connection_id))
        return [known.socket for known in live[: max(0, len(live) - limit)]]

    def ended(self, now: datetime, *, within: timedelta) -> Iterator[tuple[Socket, Closing]]:
        done = self._get(*_DONE)
        since = max(now - within, done.ends_at - _OVERLAP) if done else now - within
        for minute in range(_minute(since), _minute(now) + 1):
            rows = self._row.query(f"ends#{minute}", filter_condition=self._row.ends_at <= now, consistent_read=True)
            for page in batched(rows, _LOOKED_FOR, strict=False):
                yield from self._open_of(page)

    def ended_until(self, now: datetime) -> None:
        row = self._row
        actions: list[Action] = [row.ends_at.set(now), row.expires_at.set(now + ROW_GRACE)]
        self._update(row(*_DONE), actions, row.pk.does_not_exist() | (row.ends_at < now))

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
        return self._update(
            meta,
            [last.set(now)],
            row.pk.exists() & row.closed.does_not_exist() & (last.does_not_exist() | (last <= now - each)),
        )

    def forget(self, user_id: UUID) -> int:
        row, theirs = self._row, self._get(f"user#{user_id}", "sockets")
        if theirs is None:
            return 0
        sockets = _packed(theirs)
        for known in sockets:
            self._erase(known)
        same = row.sockets == theirs.sockets if theirs.sockets else row.sockets.does_not_exist()
        if not written(lambda: theirs.delete(condition=same)):  # one was opened or closed meanwhile
            return self.forget(user_id)
        return 1 + len(sockets)

    def _erase(self, known: Packed) -> None:
        connection_id = known.socket.connection_id
        while (meta := self._find(connection_id)) is not None:
            self._stop_listening(connection_id, meta.channels or ())
            if written(lambda meta=meta: meta.delete(condition=self._same(meta))):  # type: ignore[misc]
                break
        self._row(_ending(known.ends_at), connection_id).delete()

    def _has_room(self, socket: Socket, now: datetime, limit: int) -> bool:
        """Whether this one more may join, or has; those that ended are taken out, since the row counts them."""
        theirs = self._sockets(socket.user_id)
        ended = [known for known in theirs if known.ends_at <= now]
        self._leave(ended)
        return len(theirs) - len(ended) <= limit or socket in [known.socket for known in theirs]

    def _join(self, packed: Packed, heard_at: datetime, limit: int) -> bool:
        row = self._row
        few = row.sockets.does_not_exist() | (size(row.sockets) <= limit)  # type: ignore[no-untyped-call]
        actions: list[Action] = [
            row.sockets.add({str(packed)}),
            row.heard_at.set(heard_at),
            # No socket they opened before lives longer.
            row.expires_at.set(heard_at + CONNECTION_LIFE + ROW_GRACE),
        ]
        theirs = row(f"user#{packed.socket.user_id}", "sockets")
        return self._update(theirs, actions, few | row.sockets.contains(str(packed)))

    def _leave(self, gone: Sequence[Packed]) -> bool:
        """Take these of one person's sockets out of their row; whether one of them was there."""
        if not gone:
            return False
        row, texts = self._row, [str(packed) for packed in gone]
        there = reduce(or_, (row.sockets.contains(text) for text in texts))
        return self._update(row(f"user#{gone[0].socket.user_id}", "sockets"), [row.sockets.delete(set(texts))], there)

    def _open_of(self, ending: Collection[ConnectionRow]) -> Iterator[tuple[Socket, Closing]]:
        """Read as it was a moment ago, at half the price: what is missed is looked for again a minute later."""
        metas = batch_get(self._row, [(f"connection#{row.sk}", "meta") for row in ending])
        still = {meta.pk for meta in metas if not meta.closed}
        for row in ending:
            if f"connection#{row.sk}" in still:
                yield _socket(row), cast(Closing, row.code)

    def _stop_listening(self, connection_id: str, channels: Collection[str]) -> None:
        self._delete([(f"channel#{channel}", connection_id) for channel in channels])

    def _delete(self, keys: Collection[tuple[str, str]]) -> None:
        with self._row.batch_write() as batch:
            for pk, sk in keys:
                batch.delete(self._row(pk, sk))

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
        """It is open and listens to what it did when it was read: what is decided by that is decided anew if it
        subscribed meanwhile, or a row would be left over, or one too many written."""
        return cast(Condition, self._same(meta) & self._row.closed.does_not_exist())

    def _same(self, meta: ConnectionRow) -> Condition:
        row = self._row
        same = row.channels == meta.channels if meta.channels else row.channels.does_not_exist()
        return cast(Condition, row.pk.exists() & same)

    def _find(self, connection_id: str) -> ConnectionRow | None:
        """Closed ones too."""
        return self._get(f"connection#{connection_id}", "meta")

    def _sockets(self, user_id: UUID) -> list[Packed]:
        row = self._get(f"user#{user_id}", "sockets")
        return _packed(row) if row else []

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
