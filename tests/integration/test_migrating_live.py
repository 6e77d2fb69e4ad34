"""Migrations while somebody writes through the API, as code of the version before does during a deploy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic, sleep

import psycopg
import pytest

from devstack import postgres
from devstack.postgres import Server
from mundotango import migrations
from mundotango.adapters.clock import SystemClock
from mundotango.keys.repository import KeyRepository
from mundotango.keys.service import make_keys
from mundotango.migrations import LOCK_SECONDS, Migration, MigrationFailed
from mundotango.migrations.roles import APP, OWNER, create_roles
from operations.migration_rules import violations
from tests.fixtures.postgres import FAST, _free_port, superuser
from tests.integration.recovery.conftest import NAME, Crowd

# What a write may take beside the wait for a lock, on a machine that does much else.
BESIDE_SECONDS = 0.7
# Longer than a lock is waited for, and less than a statement of theirs may take.
BUSY_SECONDS = 2.5
# From here on the posts that are written need nothing of what is new.
LAST = "0020"

EXPANDING = [
    Migration(
        "9001_mood.sql", "ALTER TABLE posts ADD COLUMN mood text, ADD COLUMN loud boolean NOT NULL DEFAULT false;"
    ),
    Migration(
        "9002_mood_filled.sql",
        """-- outside a transaction
DO $$ BEGIN
    LOOP
        UPDATE posts SET mood = 'calm'
        WHERE id IN (SELECT id FROM posts WHERE mood IS NULL LIMIT 20 FOR UPDATE SKIP LOCKED);
        EXIT WHEN NOT FOUND;
        COMMIT;
    END LOOP;
END $$;
""",
    ),
    Migration(
        "9003_mood_index.sql",
        "-- outside a transaction: index idx_posts_mood\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_posts_mood ON posts (mood);",
    ),
    # Allowed in a later release only, as all that is written by then keeps it.
    Migration(
        "9004_mood_kept.sql",
        "-- since 1.4.0: it writes no empty mood\n"
        "ALTER TABLE posts ADD CONSTRAINT mood_kept CHECK (mood <> '') NOT VALID;",
    ),
    Migration("9005_mood_valid.sql", "ALTER TABLE posts VALIDATE CONSTRAINT mood_kept;"),
]
INDEX = EXPANDING[2]


@dataclass(slots=True)
class Site:
    server: Server
    owner: psycopg.Connection


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of whose database `before` others are copies: it has all migrations but the last."""
    data = tmp_path_factory.mktemp("before") / "data"
    server = postgres.start(data, _free_port(), FAST)
    with superuser(server) as connection:
        connection.execute("CREATE DATABASE before")
    with superuser(server, "before") as connection:
        create_roles(connection)
    with psycopg.connect(server.dsn("before", OWNER), autocommit=True) as owner:
        migrations.apply(owner, [each for each in migrations.packaged() if each.name < LAST])
        make_keys(KeyRepository(owner), SystemClock())
    yield server
    postgres.forget(data)


@pytest.fixture
def site(before: Server) -> Iterator[Site]:
    with superuser(before) as connection:
        connection.execute(f"CREATE DATABASE {NAME} TEMPLATE before")
    with psycopg.connect(before.dsn(NAME, OWNER), autocommit=True) as owner:
        yield Site(before, owner)
    with superuser(before) as connection:
        connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture
def busy(site: Site) -> Iterator[Callable[[], Thread]]:
    """Writes to posts, if to none of them, in a transaction that takes its time."""
    threads = []

    def write() -> Thread:
        writing = Event()

        def hold() -> None:
            with psycopg.connect(site.server.dsn(NAME, APP)) as connection:
                connection.execute("DELETE FROM posts WHERE false")
                writing.set()
                sleep(BUSY_SECONDS)

        thread = Thread(target=hold)
        threads.append(thread)
        thread.start()
        assert writing.wait(10)
        return thread

    yield write
    for thread in threads:
        thread.join()


def test_what_is_tried_here_is_allowed() -> None:
    assert [what for each in EXPANDING for what in violations(each, {"1.4.0"})] == []


def longest(crowd: Crowd) -> float:
    """The longest that a write took, in seconds."""
    return max(ended - started for started, ended, _ in crowd.writes)


def test_nobody_notices_a_column_an_index_or_a_constraint(
    site: Site, busy: Callable[[], Thread], record_property: Callable[[str, object], None]
) -> None:
    with Crowd(lambda: (site.server, None)) as crowd:
        sleep(1)
        busy()
        started = monotonic()
        applied = migrations.apply(site.owner, EXPANDING)
        took = monotonic() - started
        sleep(0.3)

    told = {"writes": len(crowd.writes), "longest": round(longest(crowd), 2), "migrating": round(took, 2)}
    record_property("migrating", told)
    print(f"\nexpanded under a writer: {told}")
    assert applied == [each.name for each in EXPANDING]
    assert crowd.refused == []
    assert {answer.status for _, _, answer in crowd.reads} == {200}
    assert took > BUSY_SECONDS - 1  # it had to wait for who was busy
    assert longest(crowd) < LOCK_SECONDS + BESIDE_SECONDS


def test_nobody_notices_the_last_ones(site: Site) -> None:
    with Crowd(lambda: (site.server, None)) as crowd:
        sleep(0.5)
        applied = migrations.apply(site.owner)
        sleep(0.5)

    print(f"\n{', '.join(applied)} under a writer of {len(crowd.writes)}: {longest(crowd):.2f} s the longest")
    assert applied == [each.name for each in migrations.packaged() if each.name >= LAST]
    assert crowd.refused == []
    assert longest(crowd) < LOCK_SECONDS + BESIDE_SECONDS


def test_an_index_that_was_broken_off_is_made_again(site: Site, busy: Callable[[], Thread]) -> None:
    migrations.apply(site.owner, EXPANDING[:1])
    with site.owner.cursor() as cursor:
        thread = busy()
        cursor.execute("SET statement_timeout = '500ms'")
        # Its first part is committed, its second waits for who is busy.
        with pytest.raises(MigrationFailed, match="statement timeout"):
            migrations.apply(site.owner, [INDEX])
        cursor.execute("RESET statement_timeout")
        thread.join()
        validity = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_posts_mood'::regclass"
        assert cursor.execute(validity).fetchall() == [(False,)]

        assert migrations.apply(site.owner, [INDEX]) == [INDEX.name]

        assert cursor.execute(validity).fetchall() == [(True,)]
        assert migrations.apply(site.owner, [INDEX]) == []


def test_an_index_that_was_made_and_not_noted_is_kept(site: Site) -> None:
    migrations.apply(site.owner, EXPANDING[:1])
    site.owner.execute(INDEX.sql.encode())
    (before,) = site.owner.execute("SELECT 'idx_posts_mood'::regclass::oid").fetchall()

    assert migrations.apply(site.owner, [INDEX]) == [INDEX.name]

    assert site.owner.execute("SELECT 'idx_posts_mood'::regclass::oid").fetchall() == [before]


def test_a_lock_that_is_never_free_is_given_up(
    site: Site, busy: Callable[[], Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(migrations, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(migrations, "PAUSE_SECONDS", 0.1)
    busy()

    with pytest.raises(MigrationFailed, match=r"9001_mood\.sql: no lock"):
        migrations.apply(site.owner, EXPANDING[:1])

    assert site.owner.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


def test_who_waits_for_their_turn_does_not_hold_up_an_index(site: Site, busy: Callable[[], Thread]) -> None:
    """Else the index would wait for the statement in which the second run waits for the first: a deadlock."""
    migrations.apply(site.owner, EXPANDING[:1])
    applied = []

    def migrate() -> None:
        with psycopg.connect(site.server.dsn(NAME, OWNER), autocommit=True) as connection:
            applied.extend(migrations.apply(connection, [INDEX]))

    busy()
    threads = [Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert applied == [INDEX.name]
