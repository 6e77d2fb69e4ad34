"""Lists of people are read from an index where there are 100,000 of them."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.sql import SQL

from devstack.postgres import Server
from mundotango.blocks.repository import BlockRepository
from mundotango.follows.repository import FollowRepository
from mundotango.pagination import Place, Ranked
from mundotango.search import policy
from mundotango.search.repository import SearchRepository
from mundotango.users.model import Listed
from mundotango.users.repository import UserRepository
from tests.factories.plans import listening
from tests.fixtures.postgres import alone, clone, superuser

pytestmark = pytest.mark.slow

READER, STRANGER = UUID(int=50_000), UUID(int=40_001)

Plan = Callable[[], str]
PlansWithin = Callable[[], AbstractContextManager[list[str]]]
ListPeople = Callable[[FollowRepository, BlockRepository, Place | None], list[Listed]]


@pytest.fixture(scope="module")
def crowd(postgres_server: Server) -> Iterator[psycopg.Connection]:
    """A database of their own, shared by the tests of this module, none of which writes."""
    name = f"people_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with alone(postgres_server.data_dir.with_name("lock")), superuser(postgres_server) as connection:
        clone(connection, name)
    with superuser(postgres_server, name) as connection:
        _fill(connection)
        connection.execute("SET default_transaction_read_only = on")
        yield connection
    with superuser(postgres_server) as connection:
        connection.execute(SQL("DROP DATABASE {}").format(SQL(name)))


def _fill(connection: psycopg.Connection) -> None:
    """Person n is called after two of 300 words and lives in one of 50 cities; the reader is person 50,000."""
    connection.execute(
        """
        SET session_replication_role = replica;  -- no foreign key is looked up
        DROP INDEX idx_users_search;
        CREATE FUNCTION person(n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
        AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$;
        CREATE FUNCTION minute(n bigint) RETURNS timestamptz IMMUTABLE LANGUAGE sql
        AS $$ SELECT timestamptz '2025-06-01Z' + n * interval '1 minute' $$;
        INSERT INTO users (id, handle, display_name, bio, city, city_key, search_key, created_at, updated_at)
        SELECT person(n), handle, name, '', city, city, ' ' || concat_ws(' ', handle, name, city), minute(n), minute(n)
        FROM generate_series(1, 100000) AS n, LATERAL (
            SELECT left(md5((n % 300)::text), 7) || '_' || n AS handle,
                left(md5((n % 300)::text), 7) || ' ' || right(md5((n % 311)::text), 9) AS name,
                'city ' || n % 50 AS city
        ) AS called;
        INSERT INTO follows
        SELECT person(a), person(1 + (a * 7) % 100000), minute(a) FROM generate_series(1, 99999) AS a WHERE a <> 50000;
        INSERT INTO follows SELECT person(a), person(50000), minute(a) FROM generate_series(40000, 49999) AS a
        ON CONFLICT DO NOTHING;
        INSERT INTO follows SELECT person(50000), person(b), minute(b) FROM generate_series(1, 3000) AS b;
        """
    )
    for number, table in enumerate(("follow_requests", "mutes", "blocks")):
        connection.execute(
            SQL(
                """
                INSERT INTO {table}
                SELECT person(a), person(1 + (a * 13) % 49999), minute(a) FROM generate_series(50001, 100000) AS a
                UNION ALL SELECT person(a), person(50000), minute(a) FROM generate_series({first}, {first} + 2000) AS a
                UNION ALL SELECT person(50000), person(b), minute(b)
                FROM generate_series({first} + 2001, {first} + 5000) AS b
                """
            ).format(table=SQL(table), first=5_000 + 5_001 * number)
        )
    # Faster in one go than person by person.
    connection.execute("CREATE INDEX idx_users_search ON users USING gin (search_key gin_trgm_ops)")
    connection.execute("VACUUM ANALYZE users, follows, follow_requests, mutes, blocks")


def _at(minute: int) -> Place:
    return Place(datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=minute), READER)


@pytest.fixture
def plan(crowd: psycopg.Connection) -> Iterator[Plan]:
    """How the server went about the last query that was composed."""
    with listening(crowd) as plans:
        yield plans.of_last_composed


@pytest.mark.parametrize(
    ("list_people", "minute", "index"),
    [
        (lambda f, _, at: f.list_followers(STRANGER, READER, at, 21), 45_000, "follows_followee_created"),
        (lambda f, _, at: f.list_following(STRANGER, READER, at, 21), 2_000, "follows_follower_created"),
        (lambda f, _, at: f.list_requests(READER, at, 21), 6_000, "follow_requests_followee"),
        (lambda _, b, at: b.list_muted(READER, at, 21), 14_000, "mutes_muter_created"),
        (lambda _, b, at: b.list_blocked(READER, at, 21), 19_000, "blocks_blocker_created"),
    ],
    ids=["followers", "following", "requests", "muted", "blocked"],
)
def test_a_list_by_time(
    crowd: psycopg.Connection, plan: Plan, list_people: ListPeople, minute: int, index: str
) -> None:
    """The first page, and one in the middle."""
    for at in (None, _at(minute)):
        assert len(list_people(FollowRepository(crowd), BlockRepository(crowd), at)) == 21
        assert f"idx_{index}" in plan()
        assert "Seq Scan" not in plan()
        assert "Sort" not in plan()


def test_the_people_of_a_city(crowd: psycopg.Connection, plan: Plan) -> None:
    for at in (None, _at(50_000)):
        assert len(SearchRepository(crowd).list_of_city(READER, "city 7", at, 21)) == 21
        assert "Index Scan using idx_users_city" in plan()
        assert "Seq Scan" not in plan()
        assert "Sort" not in plan()


def test_the_pages_of_a_profile(crowd: psycopg.Connection, plan: Plan) -> None:
    users = UserRepository(crowd)
    users.find_profile(READER)
    assert "Seq Scan on follows" not in plan()
    assert "Seq Scan on users" not in plan()
    users.find_relation(READER, STRANGER)
    assert "Seq Scan" not in plan()
    users.find_relation_by_handle(READER, "nobody_at_all")
    assert "Seq Scan" not in plan()


@pytest.mark.parametrize("asked", ["c4ca423", "c4ca432", "a87ff", "c4ca423 c4ca"])
@pytest.mark.parametrize("after", [None, Ranked(600, STRANGER)], ids=["first", "next"])
def test_a_search(crowd: psycopg.Connection, plans_within: PlansWithin, asked: str, after: Ranked | None) -> None:
    with plans_within() as plans:
        found = SearchRepository(crowd).list_found(
            READER, asked=asked, pattern=policy.pattern(asked), most=policy.MOST_WEIGHED, after=after, limit=21
        )
    assert found or after
    (inner,) = [plan for plan in plans if "Query Text: \n    SELECT * FROM users WHERE handle" in plan]
    assert inner.count("Bitmap Index Scan on idx_users_search") == 2
    assert "Seq Scan" not in "".join(plans)


@pytest.fixture
def plans_within(crowd: psycopg.Connection) -> PlansWithin:
    """The plans of all that ran, inside functions too, as the server itself noted them."""

    @contextmanager
    def noting() -> Iterator[list[str]]:
        plans: list[str] = []

        def note(diagnostic: psycopg.errors.Diagnostic) -> None:
            plans.append(diagnostic.message_primary or "")

        crowd.execute("LOAD 'auto_explain'")
        crowd.execute("SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on")
        crowd.execute("SET client_min_messages = log")
        crowd.add_notice_handler(note)
        yield plans
        crowd.remove_notice_handler(note)
        crowd.execute("RESET client_min_messages; RESET auto_explain.log_min_duration")

    return noting


def test_suggestions(crowd: psycopg.Connection, plan: Plan) -> None:
    search = SearchRepository(crowd)
    assert search.list_followed_by_followed(
        READER, middlemen=policy.MOST_MIDDLEMEN, of_each=policy.MOST_OF_EACH, limit=20
    )
    assert plan().count("idx_follows_follower_created") >= 2
    assert "Seq Scan" not in plan()
    assert search.list_neighbours(READER, [STRANGER], 20)
    assert "idx_users_city" in plan()
    assert "Seq Scan" not in plan()
