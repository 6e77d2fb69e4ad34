"""What was committed and is to be announced. Rows stay, marked, until the sweep deletes those relayed long ago."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import args_row
from psycopg.types.json import Jsonb

from mundotango.observability import correlation_id
from mundotango.outbox.model import Outgoing
from mundotango.realtime.model import Activity, Kind

# Beside what the payload says, and no part of it: a column would be a migration for a line of the log.
_CORRELATION = "_correlation_id"


class OutboxRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, activity: Activity) -> int:
        """Its sequence number: of two changes of one row, the later committed has the higher one."""
        row = self._connection.execute(
            """
            INSERT INTO outbox (id, kind, channel, actor_id, payload, occurred_at, v)
            VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING seq
            """,
            (
                activity.id,
                activity.kind,
                activity.channel,
                activity.actor_id,
                _stored(activity),
                activity.occurred_at,
                activity.v,
            ),
        ).fetchone()
        if row is None:
            raise AssertionError("INSERT … RETURNING returned nothing")
        return int(row[0])

    def add_all(self, activities: Sequence[Activity]) -> list[int]:
        """Their sequence numbers, which grow in their order."""
        rows = self._connection.execute(
            """
            INSERT INTO outbox (id, kind, channel, actor_id, payload, occurred_at, v)
            SELECT * FROM unnest(
                %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::jsonb[], %s::timestamptz[], %s::integer[]
            )
            RETURNING seq
            """,
            [
                [each.id for each in activities],
                [each.kind for each in activities],
                [each.channel for each in activities],
                [each.actor_id for each in activities],
                [_stored(each) for each in activities],
                [each.occurred_at for each in activities],
                [each.v for each in activities],
            ],
        )
        return [seq for (seq,) in rows]

    def take(self, seqs: Sequence[int], limit: int) -> list[Outgoing]:
        """Those of these rows that are still to be relayed and that nobody else is relaying now, held until the end."""
        return self._take("seq = ANY(%s)", list(seqs), limit)

    def take_after(self, seq: int, limit: int) -> list[Outgoing]:
        """The oldest such rows beyond `seq`."""
        return self._take("seq > %s", seq, limit)

    def _take(self, condition: str, value: int | list[int], limit: int) -> list[Outgoing]:
        with self._connection.cursor(row_factory=args_row(_outgoing)) as cursor:
            return cursor.execute(
                f"""
                SELECT seq, id, kind, actor_id, channel, payload, occurred_at, v FROM outbox
                WHERE relayed_at IS NULL AND {condition}
                ORDER BY seq LIMIT %s FOR UPDATE SKIP LOCKED
                """,  # noqa: S608 - one of the two conditions above
                (value, limit),
            ).fetchall()

    def mark_relayed(self, seqs: Sequence[int], relayed_at: datetime) -> None:
        """What a mail says is kept no longer, nor the link in it, of which else only a hash is."""
        self._connection.execute(
            """
            UPDATE outbox SET relayed_at = %s,
                payload = CASE kind WHEN 'command.send_mail' THEN '{}' ELSE payload END
            WHERE seq = ANY(%s)
            """,
            (relayed_at, list(seqs)),
        )

    def forget_relayed(self, before: datetime, limit: int) -> int:
        """Deletes at most `limit` rows relayed before then; how many it was."""
        return self._connection.execute(
            """
            DELETE FROM outbox
            WHERE seq IN (SELECT seq FROM outbox WHERE relayed_at < %s ORDER BY relayed_at LIMIT %s)
            """,
            (before, limit),
        ).rowcount


def _outgoing(
    seq: int,
    id: UUID,
    kind: Kind,
    actor_id: UUID | None,
    channel: str | None,
    payload: dict[str, object],
    occurred_at: datetime,
    v: int,
) -> Outgoing:
    said = {name: value for name, value in payload.items() if name != _CORRELATION}
    correlated = payload.get(_CORRELATION)
    return Outgoing(
        seq,
        Activity(
            id,
            kind,
            actor_id,
            channel,
            said,
            occurred_at,
            v,
            correlated if isinstance(correlated, str) else None,
        ),
    )


def _stored(activity: Activity) -> Jsonb:
    correlated = activity.correlation_id or correlation_id()
    return Jsonb(activity.payload if correlated is None else {**activity.payload, _CORRELATION: correlated})
