from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed
from psycopg.types.json import Jsonb

from mundotango.errors import Conflict
from mundotango.pagination import Place
from mundotango.posts.model import Author, Picture, Post
from mundotango.visibility.repository import sees_post

_POSTS = SQL("""
    SELECT posts.id, posts.body, posts.city, posts.created_at, posts.version,
           users.id AS author_id, users.handle, users.display_name
    FROM posts JOIN users ON users.id = posts.user_id
""")
_FEED = SQL("""
    {posts}
    WHERE posts.user_id = ANY(ARRAY(
        SELECT followee_id FROM follows WHERE follower_id = %(reader_id)s UNION ALL SELECT %(reader_id)s
    ))
    {beyond}
    ORDER BY posts.created_at DESC, posts.id DESC LIMIT %(limit)s
""")
_VIEWABLE = SQL("""
    SELECT posts.id FROM posts JOIN users ON users.id = posts.user_id
    WHERE posts.id = ANY(%(post_ids)s) AND posts.user_id <> %(reader_id)s AND {seen}
""").format(seen=sees_post("posts", "users"))
_BEYOND = SQL("AND (posts.created_at, posts.id) < (%(at)s, %(id)s)")


class PostRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, post: Post) -> None:
        self._connection.execute(
            "INSERT INTO posts (id, user_id, body, city, created_at, version) VALUES (%s, %s, %s, %s, %s, %s)",
            (post.id, post.author.id, post.body, post.city, post.created_at, post.version),
        )
        if post.media:
            self._add_pictures(post)

    def _add_pictures(self, post: Post) -> None:
        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    """
                    INSERT INTO post_media (post_id, position, media_id, alt, width, height, blurhash, variants)
                    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
                    """,
                    [
                        (post.id, position, p.media_id, p.alt, p.width, p.height, p.blurhash, Jsonb(p.variants))
                        for position, p in enumerate(post.media)
                    ],
                )
        except UniqueViolation as violation:
            raise Conflict("one of the pictures is in another post already") from violation

    def find(self, post_id: UUID) -> Post | None:
        posts = self._with_pictures(SQL("{} WHERE posts.id = %(post_id)s").format(_POSTS), {"post_id": post_id})
        return posts[0] if posts else None

    def list_viewable(self, post_ids: Sequence[UUID], reader_id: UUID) -> list[UUID]:
        """Those of the posts that the reader sees and did not write."""
        return [
            post_id
            for (post_id,) in self._connection.execute(
                _VIEWABLE, {"post_ids": list(post_ids), "reader_id": reader_id}
            ).fetchall()
        ]

    def list_feed(self, reader_id: UUID, after: Place | None, limit: int) -> list[Post]:
        """The reader's own posts and those of whom the reader follows, newest first."""
        return self._with_pictures(
            _FEED.format(posts=_POSTS, beyond=_BEYOND if after else SQL("")),
            {
                "reader_id": reader_id,
                "at": after.at if after else None,
                "id": after.id if after else None,
                "limit": limit,
            },
        )

    def _with_pictures(self, query: Composed, values: dict[str, Any]) -> list[Post]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query, values).fetchall()
        pictures = self._pictures([row["id"] for row in rows]) if rows else {}
        return [
            Post(
                id=row["id"],
                author=Author(row["author_id"], row["handle"], row["display_name"]),
                body=row["body"],
                city=row["city"],
                created_at=row["created_at"],
                version=row["version"],
                media=pictures.get(row["id"], []),
            )
            for row in rows
        ]

    def _pictures(self, post_ids: Sequence[UUID]) -> dict[UUID, list[Picture]]:
        found: dict[UUID, list[Picture]] = {}
        rows = self._connection.execute(
            """
            SELECT post_id, media_id, alt, width, height, blurhash, variants FROM post_media
            WHERE post_id = ANY(%s) ORDER BY post_id, position
            """,
            (list(post_ids),),
        )
        for post_id, *picture in rows:
            found.setdefault(post_id, []).append(Picture(*picture))
        return found
