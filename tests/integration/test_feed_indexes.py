"""Each list of posts, comments and drafts goes by its index, among 100,000 posts of 2,000 people."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from bench.crowd import Crowd, add_reader, gather
from devstack.postgres import Server
from mundotango import ids, settings
from mundotango.adapters.clock import SystemClock
from mundotango.comments.repository import CommentRepository
from mundotango.drafts.repository import DraftRepository
from mundotango.feed.repository import FeedRepository
from mundotango.pagination import Place
from tests.factories.plans import listening
from tests.fixtures.postgres import connect, superuser

# What the crowd does not do: every fourth post has one of 100 hashtags, some are saved by the reader, and some have
# comments with replies.
_BESIDES = """
    SET session_replication_role = replica;
    INSERT INTO post_tags (tag, created_at, post_id)
        SELECT 'tag_' || abs(hashtext(id::text)) / 4 % 100, created_at, id FROM posts
        WHERE abs(hashtext(id::text)) % 4 = 0;
    INSERT INTO saved_posts (user_id, post_id, created_at)
        SELECT '{reader}', id, created_at FROM posts WHERE abs(hashtext(id::text)) % 20 = 0;
    INSERT INTO comments (id, post_id, user_id, body, created_at)
        SELECT uuidv7(), id, user_id, 'Hola', created_at + n * interval '1 minute'
        FROM posts, generate_series(1, 3) AS n WHERE abs(hashtext(id::text)) % 50 = 0;
    INSERT INTO comments (id, post_id, parent_id, user_id, body, created_at)
        SELECT uuidv7(), post_id, id, user_id, 'Hola', created_at FROM comments WHERE abs(hashtext(id::text)) % 3 = 0;
    INSERT INTO drafts (id, user_id, content, updated_at)
        SELECT uuidv7(), id, '{{}}', now() FROM users, generate_series(1, 5) AS n;
    SET session_replication_role = DEFAULT;
    ANALYZE post_tags, saved_posts, comments, drafts, users, follows
"""

Plans = Callable[[], list[str]]


@pytest.fixture(scope="module")
def reader_id(database_settings: settings.Database, postgres_server: Server) -> Iterator[UUID]:
    """Of somebody who follows 50 among them."""
    with superuser(postgres_server, database_settings.name) as connection:
        crowd = Crowd(authors=2_000, posts=100_000, parts=1)
        gather(connection, crowd, lambda _: None)
        reader_id = add_reader(connection, crowd, "reader", follows=50, city="City 7")
        add_reader(connection, crowd, "patient", follows=50, silent=True, city="City 9")
        connection.execute(_BESIDES.format(reader=reader_id).encode())
        yield reader_id
        connection.execute("TRUNCATE users CASCADE")


@pytest.fixture
def connection(reader_id: UUID, database_settings: settings.Database) -> Iterator[psycopg.Connection]:
    with connect(database_settings) as connection:
        yield connection


@pytest.fixture
def plans(connection: psycopg.Connection) -> Iterator[Plans]:
    """How the server goes about the queries that were asked."""
    with listening(connection) as plans:
        yield plans.all


@pytest.fixture(params=["first page", "later page"])
def after(request: pytest.FixtureRequest) -> Place | None:
    """A year ago is in the middle of what was written."""
    later = Place(SystemClock().now() - timedelta(days=365), ids.new_id())
    return later if request.param == "later page" else None


def test_home_goes_by_what_is_newest_of_all(
    connection: psycopg.Connection, plans: Plans, reader_id: UUID, after: Place | None
) -> None:
    assert len(FeedRepository(connection).list_home(reader_id, after, 21)) == 21
    (plan,) = plans()
    assert "idx_posts_created_at" in plan
    assert "Seq Scan on posts" not in plan


def test_home_goes_by_author_and_city_where_those_are_silent(
    connection: psycopg.Connection, plans: Plans, reader_id: UUID
) -> None:
    (silent_id,) = connection.execute("SELECT id FROM users WHERE handle = 'patient'").fetchone() or (None,)
    assert len(FeedRepository(connection).list_home(silent_id, None, 21)) == 21
    _, near, far = plans()
    assert "idx_posts_created_at" in near
    assert "idx_posts_user_created" in far
    assert "idx_posts_city_created" in far
    assert "Seq Scan on posts" not in near + far


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("idx_posts_city_created", lambda feed, reader, after: feed.list_city(reader, "city 3", after, 21)),
        ("idx_post_tags_tag", lambda feed, reader, after: feed.list_tag(reader, "tag_3", after, 21)),
        ("idx_saved_posts_user", lambda feed, reader, after: feed.list_saved(reader, after, 21)),
        ("idx_posts_user_created", lambda feed, reader, after: feed.list_profile(reader, "dancer_7", after, 21)),
        ("idx_posts_user_created", lambda feed, _, after: feed.list_profile(None, "dancer_7", after, 21)),
    ],
    ids=["local", "hashtag", "saved", "profile", "public profile"],
)
def test_lists_of_posts(
    connection: psycopg.Connection,
    plans: Plans,
    reader_id: UUID,
    after: Place | None,
    index: str,
    ask: Callable[[FeedRepository, UUID, Place | None], list[object]],
) -> None:
    assert ask(FeedRepository(connection), reader_id, after)
    (plan,) = plans()
    assert index in plan
    assert "Seq Scan on posts" not in plan
    assert "Seq Scan on post_tags" not in plan


def test_comments_and_replies(connection: psycopg.Connection, plans: Plans, reader_id: UUID) -> None:
    row = connection.execute("""
        SELECT post_id, parent_id FROM comments JOIN posts ON posts.id = post_id
        WHERE parent_id IS NOT NULL AND visibility = 'public' LIMIT 1
        """).fetchone()
    post_id, parent_id = row or (None, None)
    assert CommentRepository(connection).list_of_post(reader_id, post_id, None, 21)
    assert CommentRepository(connection).list_replies(reader_id, parent_id, None, 21)
    _, of_post, replies = plans()
    assert "idx_comments_post" in of_post
    assert "idx_comments_parent" in replies
    assert "Seq Scan on comments" not in of_post + replies


def test_drafts(connection: psycopg.Connection, plans: Plans, reader_id: UUID) -> None:
    assert DraftRepository(connection).list_of(reader_id, None, 21)
    assert "idx_drafts_user" in plans()[0]


def test_all_of_one_person_s_posts_go_by_the_smaller_index(
    connection: psycopg.Connection, plans: Plans, reader_id: UUID
) -> None:
    """As a count of them asks, and the deletion of an account."""
    connection.execute("SELECT count(*) FROM posts WHERE user_id = %s", (reader_id,))
    assert "idx_posts_user_id" in plans()[0]
