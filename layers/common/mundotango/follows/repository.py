from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed

from mundotango.notifications.model import NotificationKind
from mundotango.notifications.repository import wants
from mundotango.pagination import Place
from mundotango.posts.model import Author
from mundotango.users.model import Listed
from mundotango.users.repository import PERSON, list_people
from mundotango.visibility.repository import not_muted, sees_person

_ADD = SQL("""
    WITH asked AS (DELETE FROM follow_requests WHERE follower_id = %(follower_id)s AND followee_id = %(followee_id)s)
    INSERT INTO follows (follower_id, followee_id, created_at) {unless_too_many}
    ON CONFLICT (follower_id, followee_id) DO NOTHING
""")
_ASK = SQL("""
    INSERT INTO follow_requests (follower_id, followee_id, created_at) {unless_too_many}
    ON CONFLICT (follower_id, followee_id) DO NOTHING
""")
_UNLESS_TOO_MANY = SQL("""
    SELECT %(follower_id)s, %(followee_id)s, %(created_at)s
    WHERE (SELECT count(*) FROM follows WHERE follower_id = %(follower_id)s)
        + (SELECT count(*) FROM follow_requests
           WHERE follower_id = %(follower_id)s AND followee_id <> %(followee_id)s) < %(most)s
""")
_FOLLOWERS = SQL("""
    SELECT {person}, follows.created_at FROM follows JOIN users ON users.id = follows.follower_id
    WHERE follows.followee_id = %(person_id)s AND {seen} {beyond}
    ORDER BY follows.created_at DESC, follows.follower_id DESC LIMIT %(limit)s
""")
_FOLLOWING = SQL("""
    SELECT {person}, follows.created_at FROM follows JOIN users ON users.id = follows.followee_id
    WHERE follows.follower_id = %(person_id)s AND {seen} {beyond}
    ORDER BY follows.created_at DESC, follows.followee_id DESC LIMIT %(limit)s
""")
_REQUESTS = SQL("""
    SELECT {person}, follow_requests.created_at
    FROM follow_requests JOIN users ON users.id = follow_requests.follower_id
    WHERE follow_requests.followee_id = %(person_id)s AND {seen} {beyond}
    ORDER BY follow_requests.created_at DESC, follow_requests.follower_id DESC LIMIT %(limit)s
""")
_HEARD = SQL("""
    SELECT actor.id, actor.handle::text, actor.display_name, actor.avatar FROM users AS actor
    WHERE actor.id = %(actor_id)s AND {seen} AND {not_muted} AND {wants}
""").format(seen=sees_person("actor"), not_muted=not_muted(SQL("actor.id").format()), wants=wants(SQL("%(reader_id)s")))


class FollowRepository:
    """Whoever changes what one person follows holds that person (`UserRepository.hold`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, follower_id: UUID, followee_id: UUID, created_at: datetime, most: int) -> bool:
        """In place of what was asked for, if it was. False when the follower follows, or has asked, `most` already."""
        return self._add(_ADD, follower_id, followee_id, created_at, most)

    def ask(self, follower_id: UUID, followee_id: UUID, created_at: datetime, most: int) -> bool:
        """False when the follower follows, or has asked, `most` already."""
        return self._add(_ASK, follower_id, followee_id, created_at, most)

    def remove(self, follower_id: UUID, followee_id: UUID) -> bool:
        """Also what was only asked for. False when there was no follow to end."""
        cursor = self._connection.execute(
            """
            WITH asked AS (
                DELETE FROM follow_requests WHERE follower_id = %(follower_id)s AND followee_id = %(followee_id)s
            )
            DELETE FROM follows WHERE follower_id = %(follower_id)s AND followee_id = %(followee_id)s
            """,
            {"follower_id": follower_id, "followee_id": followee_id},
        )
        return cursor.rowcount == 1

    def exists(self, follower_id: UUID, followee_id: UUID) -> bool:
        found = self._connection.execute(
            "SELECT FROM follows WHERE follower_id = %s AND followee_id = %s", (follower_id, followee_id)
        )
        return found.fetchone() is not None

    def remove_request(self, follower_id: UUID, followee_id: UUID) -> None:
        self._connection.execute(
            "DELETE FROM follow_requests WHERE follower_id = %s AND followee_id = %s", (follower_id, followee_id)
        )

    def find_heard(self, listener_id: UUID, actor_id: UUID, kind: NotificationKind) -> Author | None:
        """Who did something towards another, as it is told; None when the other does not see them, mutes them or does
        not want to hear what is of this kind."""
        values = {"reader_id": listener_id, "actor_id": actor_id, "kind": kind}
        with self._connection.cursor(row_factory=class_row(Author)) as cursor:
            return cursor.execute(_HEARD, values).fetchone()

    def list_standing(self, followee_id: UUID, follower_ids: Collection[UUID]) -> set[tuple[NotificationKind, UUID]]:
        """Which of these people follow this one, and which wait for an answer, as what it was notified of."""
        rows = self._connection.execute(
            """
            SELECT 'follow', follower_id FROM follows
            WHERE followee_id = %(followee_id)s AND follower_id = ANY(%(follower_ids)s)
            UNION ALL
            SELECT 'follow_request', follower_id FROM follow_requests
            WHERE followee_id = %(followee_id)s AND follower_id = ANY(%(follower_ids)s)
            """,
            {"followee_id": followee_id, "follower_ids": list(follower_ids)},
        )
        return {(kind, follower_id) for kind, follower_id in rows}

    def list_followers(self, reader_id: UUID, person_id: UUID, after: Place | None, limit: int) -> list[Listed]:
        beyond = SQL("AND (follows.created_at, follows.follower_id) < (%(at)s, %(id)s)")
        return self._list(_FOLLOWERS, beyond, reader_id, person_id, after, limit)

    def list_following(self, reader_id: UUID, person_id: UUID, after: Place | None, limit: int) -> list[Listed]:
        beyond = SQL("AND (follows.created_at, follows.followee_id) < (%(at)s, %(id)s)")
        return self._list(_FOLLOWING, beyond, reader_id, person_id, after, limit)

    def list_requests(self, person_id: UUID, after: Place | None, limit: int) -> list[Listed]:
        beyond = SQL("AND (follow_requests.created_at, follow_requests.follower_id) < (%(at)s, %(id)s)")
        return self._list(_REQUESTS, beyond, person_id, person_id, after, limit)

    def hold(self) -> None:
        """Until this transaction ends nobody follows, unfollows, mutes or unmutes; who was about to has done so."""
        self._connection.execute("LOCK TABLE follows, mutes IN SHARE MODE")

    def followers(self, followee_ids: list[UUID]) -> dict[UUID, set[UUID]]:
        """Those who are told what these people do: who follows them and has not muted them."""
        found: dict[UUID, set[UUID]] = {followee_id: set() for followee_id in followee_ids}
        rows = self._connection.execute(
            """
            SELECT followee_id, follower_id FROM follows
            WHERE followee_id = ANY(%s) AND NOT EXISTS (
                SELECT FROM mutes WHERE muter_id = follower_id AND muted_id = followee_id
            )
            """,
            (followee_ids,),
        )
        for followee_id, follower_id in rows:
            found[followee_id].add(follower_id)
        return found

    def _add(self, query: SQL, follower_id: UUID, followee_id: UUID, created_at: datetime, most: int) -> bool:
        values = {"follower_id": follower_id, "followee_id": followee_id, "created_at": created_at, "most": most}
        return self._connection.execute(query.format(unless_too_many=_UNLESS_TOO_MANY), values).rowcount == 1

    def _list(
        self, query: SQL, beyond: SQL, reader_id: UUID, person_id: UUID, after: Place | None, limit: int
    ) -> list[Listed]:
        composed: Composed = query.format(person=PERSON, seen=sees_person("users"), beyond=beyond if after else SQL(""))
        place = {"at": after.at, "id": after.id} if after else {}
        return list_people(
            self._connection, composed, {"reader_id": reader_id, "person_id": person_id, "limit": limit} | place
        )
