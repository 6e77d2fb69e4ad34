"""The lists of posts, as pages of ids that `read_posts` fills.

Each goes by an index in the order in which it is shown, beyond the place where the page before ended, and stops when
the page is full. Whether the reader sees a post is asked in there: a page is never short because of what is hidden.
"""

from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Composed

from mundotango.pagination import Place
from mundotango.posts.model import Post
from mundotango.posts.policy import MOST_PINNED
from mundotango.posts.repository import read_posts
from mundotango.visibility.repository import (
    everybody_sees_person,
    everybody_sees_post,
    post_not_muted,
    sees_person,
    sees_post,
)

# How many of the newest posts of all are looked through for those of the people a reader follows. Who follows one
# author in a hundred finds a page among them; 2 ms is what they cost who finds none (measured by bench.feed).
NEAR = 3000

_SEEN = sees_post("posts", "author")
_LISTED = SQL("{} AND {}").format(_SEEN, post_not_muted("posts"))
_NEWEST = SQL("ORDER BY posts.created_at DESC, posts.id DESC")

_BY_AUTHOR = SQL("""
    SELECT posts.id, posts.created_at AS at FROM posts JOIN users AS author ON author.id = posts.user_id
    WHERE posts.user_id = {user_id} {beyond} AND {seen} {newest} LIMIT {limit}
""")
_BY_CITY = SQL("""
    SELECT posts.id, posts.created_at AS at FROM posts JOIN users AS author ON author.id = posts.user_id
    WHERE posts.city_key = {city} {beyond} AND {seen} {newest} LIMIT %(limit)s
""")
_BY_TAG = SQL("""
    SELECT post_tags.post_id AS id, post_tags.created_at AS at
    FROM post_tags JOIN posts ON posts.id = post_tags.post_id JOIN users AS author ON author.id = posts.user_id
    WHERE post_tags.tag = %(tag)s {beyond} AND {seen}
    ORDER BY post_tags.created_at DESC, post_tags.post_id DESC LIMIT %(limit)s
""")
_SAVED = SQL("""
    SELECT saved_posts.post_id AS id, saved_posts.created_at AS at
    FROM saved_posts JOIN posts ON posts.id = saved_posts.post_id JOIN users AS author ON author.id = posts.user_id
    WHERE saved_posts.user_id = %(reader_id)s {beyond} AND {seen}
    ORDER BY saved_posts.created_at DESC, saved_posts.post_id DESC LIMIT %(limit)s
""")
_PINNED = SQL("""
    SELECT posts.id, posts.created_at AS at FROM posts JOIN users AS author ON author.id = posts.user_id
    WHERE posts.user_id = {user_id} AND posts.pinned_at IS NOT NULL AND {seen}
    ORDER BY posts.pinned_at DESC LIMIT {most}
""")
_OF_HANDLE = SQL("(SELECT id FROM users WHERE handle = %(handle)s)")

# Two ways to one page of a reader's home. Most find it among the newest posts of all.
_HOME_NEAR = SQL("""
    SELECT posts.id, posts.created_at AS at
    FROM (
        SELECT id, user_id, repost_of, city_key, visibility, hidden_at, created_at FROM posts
        WHERE true {beyond} {newest} LIMIT {near}
    ) AS posts JOIN users AS author ON author.id = posts.user_id
    WHERE (posts.user_id IN (
            SELECT followee_id FROM follows WHERE follower_id = %(reader_id)s UNION ALL SELECT %(reader_id)s
        ) OR (posts.city_key = {city} AND posts.visibility = 'public'))
        AND {seen}
    {newest} LIMIT %(limit)s
""")
# For the others each author is asked: first for their newest post, then those who can be on the page at all, which are
# not more than fit on it, for a page. So neither many authors nor silent ones are dear.
_HOME_FAR = SQL("""
    WITH sources AS MATERIALIZED (
        SELECT followee_id AS user_id FROM follows WHERE follower_id = %(reader_id)s UNION ALL SELECT %(reader_id)s
    ), foremost AS MATERIALIZED (
        SELECT sources.user_id FROM sources CROSS JOIN LATERAL ({newest_of_author}) AS newest
        ORDER BY newest.at DESC, newest.id DESC LIMIT %(limit)s
    )
    SELECT id, at FROM (
        SELECT page.id, page.at FROM foremost CROSS JOIN LATERAL ({page_of_author}) AS page
        UNION
        SELECT id, at FROM ({page_of_city}) AS town
    ) AS together
    ORDER BY at DESC, id DESC LIMIT %(limit)s
""")
_OWN_CITY = SQL("(SELECT NULLIF(city_key, '') FROM users WHERE id = %(reader_id)s)")


class FeedRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_home(self, reader_id: UUID, after: Place | None, limit: int) -> list[tuple[Place, Post]]:
        """The reader's own posts, those of whom the reader follows, and public ones of the reader's city."""
        found = self._read(home_near(after), reader_id, after, limit=limit)
        # The other way finds the whole page by itself, so it does not matter what was written in between.
        return found if len(found) == limit else self._read(home_far(after), reader_id, after, limit=limit)

    def list_city(self, reader_id: UUID, city_key: str, after: Place | None, limit: int) -> list[tuple[Place, Post]]:
        page = _BY_CITY.format(city=SQL("%(city)s"), beyond=_beyond(after), seen=_LISTED, newest=_NEWEST)
        return self._read(page, reader_id, after, limit=limit, city=city_key)

    def list_tag(self, reader_id: UUID, tag: str, after: Place | None, limit: int) -> list[tuple[Place, Post]]:
        beyond = _beyond(after, "(post_tags.created_at, post_tags.post_id)")
        return self._read(_BY_TAG.format(beyond=beyond, seen=_LISTED), reader_id, after, limit=limit, tag=tag)

    def list_saved(self, reader_id: UUID, after: Place | None, limit: int) -> list[tuple[Place, Post]]:
        """By the time they were saved. A muted author's are there: whoever saved one wanted it."""
        beyond = _beyond(after, "(saved_posts.created_at, saved_posts.post_id)")
        return self._read(_SAVED.format(beyond=beyond, seen=_SEEN), reader_id, after, limit=limit)

    def list_profile(
        self, reader_id: UUID | None, handle: str, after: Place | None, limit: int
    ) -> list[tuple[Place, Post]]:
        """A person's posts and reposts. On the first page those pinned follow that are older than all of it."""
        seen = everybody_sees_post("posts", "author") if reader_id is None else _SEEN
        page = _BY_AUTHOR.format(
            user_id=_OF_HANDLE, beyond=_beyond(after), seen=seen, newest=_NEWEST, limit=SQL("%(limit)s")
        )
        if after is None:
            pinned = _PINNED.format(user_id=_OF_HANDLE, seen=seen, most=MOST_PINNED)
            page = SQL("({}) UNION ({})").format(page, pinned)
        return self._read(page, reader_id, after, limit=limit, handle=handle)

    def has_person(self, handle: str, reader_id: UUID | None) -> bool:
        seen = everybody_sees_person("users") if reader_id is None else sees_person("users")
        found = self._connection.execute(
            SQL("SELECT FROM users WHERE handle = %(handle)s AND {}").format(seen),
            {"handle": handle, "reader_id": reader_id},
        )
        return found.rowcount == 1

    def _read(
        self, page: Composed, reader_id: UUID | None, after: Place | None, **values: Any
    ) -> list[tuple[Place, Post]]:
        place = {"at": after.at, "id": after.id} if after else {}
        return read_posts(self._connection, page, values | place, reader_id)


def home_near(after: Place | None, near: int = NEAR) -> Composed:
    return _HOME_NEAR.format(beyond=_beyond(after), newest=_NEWEST, near=near, city=_OWN_CITY, seen=_LISTED)


def home_far(after: Place | None) -> Composed:
    beyond = _beyond(after)
    of_author = {"beyond": beyond, "seen": _LISTED, "newest": _NEWEST}
    return _HOME_FAR.format(
        newest_of_author=_BY_AUTHOR.format(user_id=SQL("sources.user_id"), limit=1, **of_author),
        page_of_author=_BY_AUTHOR.format(user_id=SQL("foremost.user_id"), limit=SQL("%(limit)s"), **of_author),
        page_of_city=_BY_CITY.format(
            city=_OWN_CITY,
            beyond=beyond,
            seen=SQL("posts.visibility = 'public' AND {}").format(_LISTED),
            newest=_NEWEST,
        ),
    )


def _beyond(after: Place | None, place: str = "(posts.created_at, posts.id)") -> SQL:
    return SQL(f"AND {place} < (%(at)s, %(id)s)") if after else SQL("")
