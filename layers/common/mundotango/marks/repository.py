"""What people do with posts that are there: show them again, pin them, save them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation

from mundotango.errors import NotFound, ProfileMissing
from mundotango.posts.model import Post


class MarkRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_public(self, post_id: UUID) -> bool:
        """Whether it is for everybody, of somebody whom everybody may follow."""
        found = self._connection.execute(
            """
            SELECT FROM posts JOIN users ON users.id = posts.user_id
            WHERE posts.id = %s AND posts.visibility = 'public' AND NOT users.private
            """,
            (post_id,),
        )
        return found.rowcount == 1

    def add_repost(self, repost: Post, original_id: UUID) -> bool:
        """False when this person reposts it already."""
        with _of_what_is_there():
            added = self._connection.execute(
                """
                INSERT INTO posts (id, user_id, body, city, created_at, version, repost_of)
                VALUES (%s, %s, '', '', %s, %s, %s)
                ON CONFLICT (repost_of, user_id) WHERE repost_of IS NOT NULL DO NOTHING
                """,
                (repost.id, repost.author.id, repost.created_at, repost.version, original_id),
            )
        return added.rowcount == 1

    def remove_repost(self, user_id: UUID, original_id: UUID) -> UUID | None:
        """The id it had; None when there was none."""
        row = self._connection.execute(
            "DELETE FROM posts WHERE user_id = %s AND repost_of = %s RETURNING id", (user_id, original_id)
        ).fetchone()
        return None if row is None else UUID(str(row[0]))

    def pin(self, user_id: UUID, post_id: UUID, at: datetime, most: int) -> bool:
        """False, and nothing pinned, when so many others of the person's posts are. A pinned one stays as it is."""
        pinned = self._connection.execute(
            """
            UPDATE posts SET pinned_at = COALESCE(pinned_at, %(at)s)
            WHERE id = %(post_id)s AND (
                SELECT count(*) FROM posts WHERE user_id = %(user_id)s AND pinned_at IS NOT NULL AND id <> %(post_id)s
            ) < %(most)s
            """,
            {"user_id": user_id, "post_id": post_id, "at": at, "most": most},
        )
        return pinned.rowcount == 1

    def unpin(self, user_id: UUID, post_id: UUID) -> None:
        self._connection.execute("UPDATE posts SET pinned_at = NULL WHERE id = %s AND user_id = %s", (post_id, user_id))

    def save(self, user_id: UUID, post_id: UUID, at: datetime) -> None:
        with _of_what_is_there():
            self._connection.execute(
                "INSERT INTO saved_posts (user_id, post_id, created_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (user_id, post_id, at),
            )

    def unsave(self, user_id: UUID, post_id: UUID) -> None:
        self._connection.execute("DELETE FROM saved_posts WHERE user_id = %s AND post_id = %s", (user_id, post_id))


@contextmanager
def _of_what_is_there() -> Iterator[None]:
    """A post that was seen a moment ago may be gone, and who has no profile has no marks either."""
    try:
        yield
    except ForeignKeyViolation as violation:
        if "user_id" in (violation.diag.constraint_name or ""):
            raise ProfileMissing("this account has no profile yet") from violation
        raise NotFound("no such post") from violation
