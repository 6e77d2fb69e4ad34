"""How people want to be notified, in PostgreSQL; the inboxes are in DynamoDB."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Composed

from mundotango.errors import ProfileMissing
from mundotango.notifications import policy
from mundotango.notifications.model import Listener, NotificationKind, NotificationPreferences

_PREFERENCES = """
    SELECT users.id, users.languages, settings.digest, settings.language, settings.zone,
        ARRAY(SELECT ARRAY[kind, way] FROM notifications_off WHERE notifications_off.user_id = users.id) AS off
    FROM users LEFT JOIN notification_settings AS settings ON settings.user_id = users.id
    WHERE users.id = ANY(%s)
"""
_WANTS = SQL("""
    NOT EXISTS (
        SELECT FROM notifications_off AS off WHERE off.user_id = {listener} AND off.kind = %(kind)s AND off.way = 'app'
    )
""")

_LISTENERS = """
    SELECT users.id, users.display_name, users.languages, settings.language, settings.zone, {wants},
        NOT EXISTS (
            SELECT FROM notifications_off AS off
            WHERE off.user_id = users.id AND off.kind = %(kind)s AND off.way = 'email'
        )
    FROM users LEFT JOIN notification_settings AS settings ON settings.user_id = users.id
    WHERE users.id = ANY(%(user_ids)s) AND users.leaves_at IS NULL
"""


def wants(listener: Composable) -> Composed:
    """Whether a person, named by an expression, is told in the app of the parameter `kind`; where that is null, it is
    nothing that could be turned off."""
    return _WANTS.format(listener=listener)


class NotificationPreferenceRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, user_ids: Sequence[UUID]) -> dict[UUID, NotificationPreferences]:
        """Of those who have a profile."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(_PREFERENCES, (list(user_ids),)).fetchall()
        return {
            row["id"]: NotificationPreferences(
                off=frozenset((kind, way) for kind, way in row["off"]),
                digest=row["digest"] or policy.DIGEST,
                language=policy.spoken(row["language"] or "", row["languages"]),
                zone=row["zone"] or policy.ZONE,
            )
            for row in rows
        }

    def listeners(self, user_ids: Collection[UUID], kind: NotificationKind) -> dict[UUID, Listener]:
        """Those who have a profile and are not leaving."""
        query = SQL(_LISTENERS).format(wants=wants(SQL("users.id")))
        rows = self._connection.execute(query, {"user_ids": list(user_ids), "kind": kind})
        return {
            user_id: Listener(
                user_id=user_id,
                name=name,
                language=policy.spoken(language or "", languages),
                zone=zone,
                app=app,
                email=app and email,
            )
            for user_id, name, languages, language, zone, app, email in rows
        }

    def replace(self, user_id: UUID, wanted: NotificationPreferences, at: datetime) -> None:
        try:
            self._connection.execute(
                """
                INSERT INTO notification_settings (user_id, digest, language, zone, updated_at)
                VALUES (%s, %s, %s, %s, %s)
                ON CONFLICT (user_id) DO UPDATE SET digest = excluded.digest, language = excluded.language,
                    zone = excluded.zone, updated_at = excluded.updated_at
                """,
                (user_id, wanted.digest, wanted.language, wanted.zone, at),
            )
        except ForeignKeyViolation as violation:
            raise ProfileMissing("this account has no profile yet") from violation
        self._connection.execute("DELETE FROM notifications_off WHERE user_id = %s", (user_id,))
        kinds, ways = [kind for kind, _ in wanted.off], [way for _, way in wanted.off]
        self._connection.execute(
            """
            INSERT INTO notifications_off (user_id, kind, way)
            SELECT %s, kind, way FROM unnest(%s::text[], %s::text[]) AS off (kind, way)
            """,
            (user_id, kinds, ways),
        )
