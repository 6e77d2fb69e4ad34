"""Who is to get a digest, and which were sent."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mundotango.digests import policy
from mundotango.digests.model import Digest, Due
from mundotango.notifications import policy as notifications_policy

_DUE = """
    SELECT users.id AS user_id, users.display_name AS name, due.day,
        coalesce(settings.digest, %(rhythm)s) AS rhythm, coalesce(last.up_to, '') AS up_to
    FROM users
    LEFT JOIN notification_settings AS settings ON settings.user_id = users.id
    JOIN unnest(%(zones)s::text[], %(days)s::date[]) AS due (zone, day) ON due.zone = coalesce(settings.zone, %(zone)s)
    LEFT JOIN LATERAL (
        SELECT up_to FROM digests_sent WHERE digests_sent.user_id = users.id ORDER BY up_to DESC LIMIT 1
    ) AS last ON true
"""
_DEFAULTS = {"rhythm": notifications_policy.DIGEST, "zone": notifications_policy.ZONE}


class DigestRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_due(self, days: Mapping[str, date], after: UUID | None, limit: int) -> list[Due]:
        """Those in these zones whose rhythm has that day and who were not looked at on it, in the order of their ids.

        Who is leaving is not among them.
        """
        both = [day for day in set(days.values()) if "weekly" in policy.rhythms_on(day)]
        with self._connection.cursor(row_factory=class_row(Due)) as cursor:
            return cursor.execute(
                _DUE
                + """
                LEFT JOIN digest_days AS looked ON looked.user_id = users.id
                WHERE (%(after)s::uuid IS NULL OR users.id > %(after)s) AND users.leaves_at IS NULL
                    AND (looked.day IS NULL OR looked.day < due.day)
                    AND (coalesce(settings.digest, %(rhythm)s) = 'daily'
                        OR (coalesce(settings.digest, %(rhythm)s) = 'weekly' AND due.day = ANY(%(both)s::date[])))
                ORDER BY users.id LIMIT %(limit)s
                """,
                self._named(days) | {"after": after, "limit": limit, "both": both},
            ).fetchall()

    def find(self, user_id: UUID, days: Mapping[str, date]) -> Due | None:
        """Whatever their rhythm is; None for who has no profile, or is leaving."""
        with self._connection.cursor(row_factory=class_row(Due)) as cursor:
            return cursor.execute(
                _DUE + "WHERE users.id = %(user_id)s AND users.leaves_at IS NULL",
                self._named(days) | {"user_id": user_id},
            ).fetchone()

    def mark(self, looked_at: Sequence[Due]) -> None:
        self._connection.execute(
            """
            INSERT INTO digest_days (user_id, day)
            SELECT users.id, looked.day FROM unnest(%s::uuid[], %s::date[]) AS looked (user_id, day)
            JOIN users ON users.id = looked.user_id
            ON CONFLICT (user_id) DO UPDATE SET day = excluded.day
            """,
            ([each.user_id for each in looked_at], [each.day for each in looked_at]),
        )

    def add(self, digest: Digest) -> bool:
        """False, and nothing written, when there is one of this period, or its reader wants none (any more)."""
        return (
            self._connection.execute(
                """
                INSERT INTO digests_sent (id, user_id, period, at, up_to, token_hash)
                SELECT %(id)s, users.id, %(period)s, %(at)s, %(up_to)s, %(token_hash)s FROM users
                WHERE users.id = %(user_id)s AND NOT EXISTS (
                    SELECT FROM notification_settings AS settings
                    WHERE settings.user_id = users.id AND settings.digest = 'never'
                )
                ON CONFLICT (user_id, period) DO NOTHING
                """,
                {
                    "id": digest.id,
                    "user_id": digest.user_id,
                    "period": digest.period,
                    "at": digest.at,
                    "up_to": digest.up_to,
                    "token_hash": digest.token_hash,
                },
            ).rowcount
            == 1
        )

    def find_reader(self, token_hash: str) -> UUID | None:
        """Whose digest has the link with this token."""
        row = self._connection.execute(
            "SELECT user_id FROM digests_sent WHERE token_hash = %s", (token_hash,)
        ).fetchone()
        return None if row is None else row[0]

    def forget(self, before: datetime, limit: int) -> int:
        """Delete at most `limit` that were sent before then; how many it was."""
        return self._connection.execute(
            "DELETE FROM digests_sent WHERE id IN (SELECT id FROM digests_sent WHERE at < %s ORDER BY at LIMIT %s)",
            (before, limit),
        ).rowcount

    def _named(self, days: Mapping[str, date]) -> dict[str, object]:
        return {**_DEFAULTS, "zones": list(days), "days": list(days.values())}
