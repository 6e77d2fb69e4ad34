from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL

from mundotango.pagination import Place
from mundotango.users.model import Listed
from mundotango.users.repository import PERSON, list_people
from mundotango.visibility.repository import present, sees_person

_BLOCKED = SQL("""
    SELECT {person}, blocks.created_at FROM blocks JOIN users ON users.id = blocks.blocked_id
    WHERE blocks.blocker_id = %(reader_id)s AND {present} {beyond}
    ORDER BY blocks.created_at DESC, blocks.blocked_id DESC LIMIT %(limit)s
""")
_MUTED = SQL("""
    SELECT {person}, mutes.created_at FROM mutes JOIN users ON users.id = mutes.muted_id
    WHERE mutes.muter_id = %(reader_id)s AND {seen} {beyond}
    ORDER BY mutes.created_at DESC, mutes.muted_id DESC LIMIT %(limit)s
""")


class BlockRepository:
    """Blocks, which both sides feel, and mutes, which only the muting side does."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, blocker_id: UUID, blocked_id: UUID, created_at: datetime) -> Sequence[tuple[UUID, UUID]]:
        """The follows, of follower and followee, that end by it. Both people are held."""
        return self._connection.execute(
            """
            WITH blocked AS (
                INSERT INTO blocks (blocker_id, blocked_id, created_at)
                VALUES (%(blocker_id)s, %(blocked_id)s, %(created_at)s)
                ON CONFLICT (blocker_id, blocked_id) DO NOTHING
            ), asked AS (
                DELETE FROM follow_requests WHERE (follower_id, followee_id) IN (
                    (%(blocker_id)s, %(blocked_id)s), (%(blocked_id)s, %(blocker_id)s)
                )
            )
            DELETE FROM follows WHERE (follower_id, followee_id) IN (
                (%(blocker_id)s, %(blocked_id)s), (%(blocked_id)s, %(blocker_id)s)
            )
            RETURNING follower_id, followee_id
            """,
            {"blocker_id": blocker_id, "blocked_id": blocked_id, "created_at": created_at},
        ).fetchall()

    def remove(self, blocker_id: UUID, blocked_id: UUID) -> bool:
        """False when there was nothing to end. The blocking person is held."""
        return (
            self._connection.execute(
                "DELETE FROM blocks WHERE blocker_id = %s AND blocked_id = %s", (blocker_id, blocked_id)
            ).rowcount
            == 1
        )

    def hold(self) -> None:
        """Until this transaction ends nobody blocks or unblocks; who was about to has done so."""
        self._connection.execute("LOCK TABLE blocks IN SHARE MODE")

    def blocked(self, blocker_ids: list[UUID]) -> dict[UUID, set[UUID]]:
        """Whom these people blocked."""
        found: dict[UUID, set[UUID]] = {blocker_id: set() for blocker_id in blocker_ids}
        rows = self._connection.execute(
            "SELECT blocker_id, blocked_id FROM blocks WHERE blocker_id = ANY(%s)", (blocker_ids,)
        )
        for blocker_id, blocked_id in rows:
            found[blocker_id].add(blocked_id)
        return found

    def mute(self, muter_id: UUID, muted_id: UUID, created_at: datetime) -> bool:
        """False when it was so already. The muting person is held."""
        return (
            self._connection.execute(
                """
                INSERT INTO mutes (muter_id, muted_id, created_at) VALUES (%s, %s, %s)
                ON CONFLICT (muter_id, muted_id) DO NOTHING
                """,
                (muter_id, muted_id, created_at),
            ).rowcount
            == 1
        )

    def unmute(self, muter_id: UUID, muted_id: UUID) -> bool:
        """False when there was nothing to end. The muting person is held."""
        return (
            self._connection.execute(
                "DELETE FROM mutes WHERE muter_id = %s AND muted_id = %s", (muter_id, muted_id)
            ).rowcount
            == 1
        )

    def list_blocked(self, blocker_id: UUID, after: Place | None, limit: int) -> list[Listed]:
        """Those who blocked the blocker too are among them: here is where a block is ended."""
        query = _BLOCKED.format(
            person=PERSON,
            present=present("users"),
            beyond=SQL("AND (blocks.created_at, blocks.blocked_id) < (%(at)s, %(id)s)" if after else ""),
        )
        return list_people(self._connection, query, _values(blocker_id, after, limit))

    def list_muted(self, muter_id: UUID, after: Place | None, limit: int) -> list[Listed]:
        query = _MUTED.format(
            person=PERSON,
            seen=sees_person("users"),
            beyond=SQL("AND (mutes.created_at, mutes.muted_id) < (%(at)s, %(id)s)" if after else ""),
        )
        return list_people(self._connection, query, _values(muter_id, after, limit))


def _values(reader_id: UUID, after: Place | None, limit: int) -> dict[str, object]:
    place: dict[str, object] = {"at": after.at, "id": after.id} if after else {}
    return {"reader_id": reader_id, "limit": limit} | place
