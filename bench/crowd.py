"""A community of a size that shows what a plan costs: who writes, what they wrote over two years, who follows whom.

Made by the server itself, in the order of time, with ids as the platform makes them. A quarter of the authors fell
silent long ago. What is left to chance is chosen by the hash of a number, so that each run has the same community.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import psycopg

CITIES = 200
FOLLOWS_OF_EACH = 20

_PEOPLE = """
    CREATE TEMPORARY TABLE numbered AS
    SELECT number, uuidv7(interval '-2 years') AS id, 'City ' || number %% %(cities)s AS city
    FROM generate_series(1, %(authors)s) AS number;
    ALTER TABLE numbered ADD PRIMARY KEY (number);
    INSERT INTO users (id, handle, display_name, bio, city, city_key, created_at, updated_at)
    SELECT id, 'dancer_' || number, 'Dancer ' || number, '', city, lower(city), now(), now() FROM numbered
"""
_POSTS = """
    INSERT INTO posts (id, user_id, body, city, city_key, created_at, version, visibility)
    SELECT uuidv7(at - now()), author.id, repeat('Who is at the milonga tonight? ', 1 + n %% 8), author.city,
        lower(author.city), at, 1, CASE WHEN n %% 10 = 0 THEN 'followers' ELSE 'public' END
    FROM generate_series(%(first)s, %(last)s) AS n
        CROSS JOIN LATERAL (
            SELECT abs(hashint4(n)) AS luck, now() - interval '2 years' * (1 - n::float / %(posts)s) AS at
        ) AS one
        JOIN numbered AS author ON author.number = CASE
            WHEN n %% 2 = 0 AND n < %(posts)s / 5 THEN %(active)s + 1 + luck %% (%(authors)s - %(active)s)
            ELSE 1 + luck %% %(active)s END
    ORDER BY n
"""
_REPOSTS = """
    INSERT INTO posts (id, user_id, body, city, created_at, version, repost_of)
    SELECT uuidv7(posts.created_at + interval '1 minute' - now()), author.id, '', '',
        posts.created_at + interval '1 minute', 1, posts.id
    FROM posts JOIN numbered AS author ON author.number = 1 + abs(hashtext(posts.id::text)) %% %(active)s
    WHERE posts.created_at >= now() - interval '2 years' * (1 - %(first)s::float / %(posts)s)
        AND posts.repost_of IS NULL AND posts.visibility = 'public' AND abs(hashtext(posts.id::text)) %% 50 = 7
    ORDER BY posts.created_at
    ON CONFLICT DO NOTHING
"""
_FOLLOWS = """
    INSERT INTO follows (follower_id, followee_id, created_at)
    SELECT follower.id, followee.id, now()
    FROM numbered AS follower CROSS JOIN generate_series(1, %(each)s) AS n
        JOIN numbered AS followee ON followee.number = 1 + abs(hashint4(follower.number * 1000 + n)) %% %(authors)s
    WHERE follower.id <> followee.id
    ON CONFLICT DO NOTHING
"""
_READER = """
    WITH reader AS (
        INSERT INTO users (id, handle, display_name, bio, city, city_key, created_at, updated_at)
        VALUES (uuidv7(), %(handle)s, %(handle)s, '', %(city)s, lower(%(city)s), now(), now()) RETURNING id
    ), followed AS (
        INSERT INTO follows (follower_id, followee_id, created_at)
        SELECT reader.id, author.id, now() FROM reader CROSS JOIN (
            SELECT id FROM numbered WHERE number > %(beyond)s ORDER BY hashint4(number) LIMIT %(follows)s
        ) AS author
    )
    SELECT id FROM reader
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Authors up to the number `active` write still; the others wrote among the first fifth of all posts."""

    authors: int = 20_000
    posts: int = 1_000_000
    parts: int = 50

    @property
    def active(self) -> int:
        return self.authors * 3 // 4


def gather(connection: psycopg.Connection, crowd: Crowd, step: Callable[[int], None]) -> None:
    """By the superuser, because the server is to count what there is; `step` is told of each part of the posts.

    One post in fifty or so is shown again by somebody a minute later.
    """
    sizes = {"authors": crowd.authors, "active": crowd.active, "posts": crowd.posts, "cities": CITIES}
    cursor = psycopg.ClientCursor(connection)
    # What is made here refers to what was made here: the server need not look it up row by row.
    cursor.execute("SET session_replication_role = replica")
    cursor.execute(_PEOPLE, sizes)
    part = max(1, crowd.posts // crowd.parts)
    for first in range(1, crowd.posts + 1, part):
        last = min(first + part - 1, crowd.posts)
        cursor.execute(_POSTS, sizes | {"first": first, "last": last})
        cursor.execute(_REPOSTS, sizes | {"first": first})
        step(last - first + 1)
    cursor.execute(_FOLLOWS, {"authors": crowd.authors, "each": FOLLOWS_OF_EACH})
    cursor.execute("SET session_replication_role = DEFAULT")
    cursor.execute("VACUUM (ANALYZE) users, posts, follows")


def add_reader(
    connection: psycopg.Connection, crowd: Crowd, handle: str, *, follows: int, silent: bool = False, city: str = ""
) -> UUID:
    """Somebody who follows that many authors; only such as fell `silent`, if so."""
    asked = {"handle": handle, "city": city, "beyond": crowd.active if silent else 0, "follows": follows}
    row = psycopg.ClientCursor(connection).execute(_READER, asked).fetchone()
    if row is None:
        raise AssertionError("INSERT … RETURNING returned nothing")
    return UUID(str(row[0]))
