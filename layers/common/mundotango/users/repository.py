from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.rows import class_row

from mundotango.errors import HandleTaken, ProfileExists, ProfileMissing, Said
from mundotango.users.model import User


class UserRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, user: User) -> None:
        try:
            self._connection.execute(
                """
                INSERT INTO users (id, handle, display_name, bio, city, created_at, updated_at)
                VALUES (%s, %s, %s, %s, %s, %s, %s)
                """,
                (user.id, user.handle, user.display_name, user.bio, user.city, user.created_at, user.created_at),
            )
        except UniqueViolation as violation:
            if violation.diag.constraint_name == "users_handle_key":
                raise HandleTaken(Said("the handle {handle} is taken", handle=user.handle)) from violation
            raise ProfileExists("this account has a profile already") from violation

    def find(self, user_id: UUID) -> User | None:
        with self._connection.cursor(row_factory=class_row(User)) as cursor:
            return cursor.execute(
                "SELECT id, handle, display_name, bio, city, created_at FROM users WHERE id = %s", (user_id,)
            ).fetchone()

    def find_by_handle(self, handle: str) -> User | None:
        with self._connection.cursor(row_factory=class_row(User)) as cursor:
            return cursor.execute(
                "SELECT id, handle, display_name, bio, city, created_at FROM users WHERE handle = %s", (handle,)
            ).fetchone()

    def list_ids(self, after: UUID | None, limit: int) -> list[UUID]:
        """In the order of ids, for work that goes through everybody in pages."""
        rows = self._connection.execute(
            "SELECT id FROM users WHERE %(after)s::uuid IS NULL OR id > %(after)s ORDER BY id LIMIT %(limit)s",
            {"after": after, "limit": limit},
        )
        return [user_id for (user_id,) in rows]


class FollowRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, follower_id: UUID, followee_id: UUID, created_at: datetime) -> bool:
        """False when it was so already. From here to the commit nobody else changes this pair."""
        try:
            cursor = self._connection.execute(
                """
                INSERT INTO follows (follower_id, followee_id, created_at) VALUES (%s, %s, %s)
                ON CONFLICT (follower_id, followee_id) DO NOTHING
                """,
                (follower_id, followee_id, created_at),
            )
        except ForeignKeyViolation as violation:
            raise ProfileMissing("create a profile before following anyone") from violation
        return cursor.rowcount == 1

    def remove(self, follower_id: UUID, followee_id: UUID) -> bool:
        """False when there was nothing to end."""
        cursor = self._connection.execute(
            "DELETE FROM follows WHERE follower_id = %s AND followee_id = %s", (follower_id, followee_id)
        )
        return cursor.rowcount == 1

    def hold(self) -> None:
        """Until this transaction ends nobody follows or unfollows; who was about to has done so when this returns."""
        self._connection.execute("LOCK TABLE follows IN SHARE MODE")

    def followers(self, followee_ids: list[UUID]) -> dict[UUID, set[UUID]]:
        found: dict[UUID, set[UUID]] = {followee_id: set() for followee_id in followee_ids}
        rows = self._connection.execute(
            "SELECT followee_id, follower_id FROM follows WHERE followee_id = ANY(%s)", (followee_ids,)
        )
        for followee_id, follower_id in rows:
            found[followee_id].add(follower_id)
        return found
