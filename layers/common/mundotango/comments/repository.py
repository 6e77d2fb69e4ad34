from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed
from psycopg.types.json import Jsonb

from mundotango.comments.model import Comment
from mundotango.errors import NotFound
from mundotango.pagination import Place
from mundotango.posts import entities
from mundotango.posts.entities import Entity, entity_kept, entity_payload
from mundotango.posts.model import Author
from mundotango.visibility.repository import sees_comment, sees_person, sees_post

# A comment is seen by who sees the post and the comment's author. Its replies are counted for the page in one go.
_SHOWN = SQL("""
    WITH page AS MATERIALIZED (
        SELECT comments.id FROM comments
        JOIN posts ON posts.id = comments.post_id JOIN users AS owner ON owner.id = posts.user_id
        LEFT JOIN users AS author ON author.id = comments.user_id
        WHERE {chosen} {beyond} AND {sees_post} AND {sees_comment}
        ORDER BY comments.created_at, comments.id LIMIT %(limit)s
    ), answers AS (
        SELECT replies.parent_id, count(*) AS number
        FROM comments AS replies JOIN users AS answerer ON answerer.id = replies.user_id
        WHERE replies.parent_id IN (SELECT id FROM page) AND {sees_reply}
        GROUP BY replies.parent_id
    )
    SELECT comments.id, comments.post_id, comments.parent_id, comments.body, comments.entities, comments.created_at,
        comments.edited_at, comments.version, author.id AS author_id, author.handle, author.display_name,
        author.avatar, COALESCE(answers.number, 0) AS replies
    FROM page JOIN comments ON comments.id = page.id
    LEFT JOIN users AS author ON author.id = comments.user_id
    LEFT JOIN answers ON answers.parent_id = comments.id
    ORDER BY comments.created_at, comments.id
""")
_BEYOND = SQL("AND (comments.created_at, comments.id) > (%(at)s, %(id)s)")
_OF_POST = SQL("comments.post_id = %(post_id)s AND comments.parent_id IS NULL")
_OF_COMMENT = SQL("""comments.parent_id = %(comment_id)s AND (
    SELECT {seen} FROM comments AS parent LEFT JOIN users AS asker ON asker.id = parent.user_id
    WHERE parent.id = %(comment_id)s
)""").format(seen=sees_comment("parent", "asker"))
_ONE = SQL("comments.id = %(comment_id)s")
_OWN = SQL("comments.id = %(comment_id)s AND comments.user_id = %(reader_id)s")


class CommentRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, comment: Comment, author_id: UUID) -> None:
        try:
            self._connection.execute(
                """
                INSERT INTO comments (id, post_id, parent_id, user_id, body, entities, created_at, version)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
                """,
                (
                    comment.id, comment.post_id, comment.parent_id, author_id, comment.body, _kept(comment),
                    comment.created_at, comment.version,
                ),
            )  # fmt: skip
        except ForeignKeyViolation as violation:
            raise NotFound("what this answers is no longer there") from violation

    def list_seen(self, comment_ids: Collection[UUID], reader_id: UUID) -> set[UUID]:
        """Those of the comments that are there and that the reader sees, if they see the posts."""
        query = SQL("""
            SELECT comments.id FROM comments JOIN users AS author ON author.id = comments.user_id
            WHERE comments.id = ANY(%(comment_ids)s) AND comments.deleted_at IS NULL AND {seen}
        """).format(seen=sees_comment("comments", "author"))
        rows = self._connection.execute(query, {"comment_ids": list(comment_ids), "reader_id": reader_id})
        return {comment_id for (comment_id,) in rows}

    def find(self, comment_id: UUID, reader_id: UUID) -> Comment | None:
        found = self._read(_ONE, None, reader_id=reader_id, comment_id=comment_id, limit=1)
        return found[0] if found else None

    def find_own(self, comment_id: UUID, author_id: UUID) -> Comment | None:
        """Of this author, also below a post that they no longer see."""
        anything = SQL("true")
        query = _SHOWN.format(
            chosen=_OWN, beyond=SQL(""), sees_post=anything, sees_comment=anything, sees_reply=anything
        )
        found = self._fetch(query, {"reader_id": author_id, "comment_id": comment_id, "limit": 1})
        return found[0] if found else None

    def list_of_post(self, reader_id: UUID, post_id: UUID, after: Place | None, limit: int) -> list[Comment]:
        """At the top level, oldest first."""
        return self._read(_OF_POST, after, reader_id=reader_id, post_id=post_id, limit=limit)

    def list_replies(self, reader_id: UUID, comment_id: UUID, after: Place | None, limit: int) -> list[Comment]:
        return self._read(_OF_COMMENT, after, reader_id=reader_id, comment_id=comment_id, limit=limit)

    def change(self, before: Comment, after: Comment) -> bool:
        """False, and nothing written, when the comment is no longer as it was before."""
        changed = self._connection.execute(
            """
            UPDATE comments SET body = %s, entities = %s, edited_at = %s, version = %s
            WHERE id = %s AND version = %s AND deleted_at IS NULL
            """,
            (after.body, _kept(after), after.edited_at, after.version, before.id, before.version),
        )
        return changed.rowcount == 1

    def remove(self, comment: Comment, at: datetime) -> bool:
        """False when it was gone already. While it has replies, an empty row stays in its place.

        The rows are held, the upper one first, so that nobody can reply to what is being taken away.
        """
        held = self._connection.execute(
            "SELECT id FROM comments WHERE id = ANY(%s) ORDER BY parent_id NULLS FIRST FOR UPDATE",
            ([comment.id, comment.parent_id],),
        ).fetchall()
        if (comment.id,) not in held:
            return False
        emptied = self._connection.execute(
            """
            UPDATE comments SET user_id = NULL, body = '', entities = '[]', deleted_at = %(at)s
            WHERE id = %(id)s AND user_id IS NOT NULL
                AND EXISTS (SELECT FROM comments AS replies WHERE replies.parent_id = %(id)s)
            """,
            {"id": comment.id, "at": at},
        )
        if emptied.rowcount:
            return True
        removed = self._connection.execute("DELETE FROM comments WHERE id = %s AND user_id IS NOT NULL", (comment.id,))
        if comment.parent_id is not None:
            self._connection.execute(
                """
                DELETE FROM comments WHERE id = %(id)s AND user_id IS NULL
                    AND NOT EXISTS (SELECT FROM comments AS replies WHERE replies.parent_id = %(id)s)
                """,
                {"id": comment.parent_id},
            )
        return removed.rowcount == 1

    def _read(self, chosen: SQL | Composed, after: Place | None, **values: Any) -> list[Comment]:
        place = {"at": after.at, "id": after.id} if after else {}
        return self._fetch(_query(chosen, after), values | place)

    def _fetch(self, query: Composed, values: dict[str, Any]) -> list[Comment]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query, values).fetchall()
        spoken_of = [[entity_kept(kept) for kept in row["entities"]] for row in rows]
        handles = self._handles(spoken_of, values["reader_id"])
        return [
            _comment(row, entities.as_shown(speaking, handles)) for row, speaking in zip(rows, spoken_of, strict=True)
        ]

    def _handles(self, spoken_of: Sequence[Sequence[Entity]], reader_id: UUID) -> dict[UUID, str]:
        """The present handles of the people mentioned whom the reader sees; no statement where there are none."""
        wanted = {user_id for speaking in spoken_of for user_id in entities.mentioned(speaking)}
        if not wanted:
            return {}
        rows = self._connection.execute(
            SQL("SELECT id, handle FROM users WHERE id = ANY(%(wanted)s) AND {}").format(sees_person("users")),
            {"wanted": list(wanted), "reader_id": reader_id},
        )
        return dict(rows.fetchall())


def _query(chosen: SQL | Composed, after: Place | None) -> Composed:
    return _SHOWN.format(
        chosen=chosen,
        beyond=_BEYOND if after else SQL(""),
        sees_post=sees_post("posts", "owner"),
        sees_comment=sees_comment("comments", "author"),
        sees_reply=sees_comment("replies", "answerer"),
    )


def _comment(row: dict[str, Any], speaking: tuple[Entity, ...]) -> Comment:
    # Somebody's account may be gone before what they wrote is: it is not shown without them.
    left = row["author_id"] is None
    return Comment(
        id=row["id"],
        post_id=row["post_id"],
        parent_id=row["parent_id"],
        author=None if left else Author(row["author_id"], row["handle"], row["display_name"], row["avatar"]),
        body="" if left else row["body"],
        entities=() if left else speaking,
        created_at=row["created_at"],
        edited_at=row["edited_at"],
        version=row["version"],
        replies=row["replies"],
    )


def _kept(comment: Comment) -> Jsonb:
    return Jsonb([entity_payload(entity) for entity in comment.entities])
