"""How fast a page of the home feed is, however deep it stands, in a community of 20,000 authors and 1,000,000 posts.

Timed is the use case that the API runs, `list_home` in a unit of work, against a real PostgreSQL on this machine with
the settings of phase 1, for a reader who follows 300 authors. `p95_ms` is over all pages timed. `depth_ratio` compares
the page at item 10,000 to the first one, and `vs_offset` the same page by OFFSET to ours at that depth; both are of
medians, taken in turns in one run. `statements` is the most that any page took. A page by OFFSET is checked to have
the same posts in it.

A table shows other readers too: one whose authors all fell silent, who finds nothing among the newest posts and whose
authors are asked one by one; one who follows 5,000; and one who follows 5,000 silent ones.

Run it by `python -m bench.feed`; its last line is JSON.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.sql import SQL
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

from bench.cold_start import free_port
from bench.crowd import Crowd, add_reader, gather
from devstack import database, postgres
from devstack.postgres import Server
from mundotango import migrations, settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import Database
from mundotango.feed.service import list_home
from mundotango.keys.repository import KeyRepository
from mundotango.keys.service import make_keys
from mundotango.migrations.roles import APP, OWNER
from mundotango.observability import counting
from mundotango.pagination import DEFAULT_LIMIT, LARGEST_LIMIT, Keyring
from mundotango.posts.model import Post
from mundotango.posts.repository import read_posts
from mundotango.visibility.repository import post_not_muted, sees_post
from mundotango.work import UnitOfWork

ROUNDS = 200
DEPTH = 10_000
AIMS = {"depth_ratio": "at most 1.5", "vs_offset": "at least 20", "statements": "at most 3"}

# The same page as a list without cursors would ask for it.
_BY_OFFSET = SQL("""
    SELECT posts.id, posts.created_at AS at FROM posts JOIN users AS author ON author.id = posts.user_id
    WHERE (posts.user_id IN (SELECT followee_id FROM follows WHERE follower_id = %(reader_id)s)
        OR posts.user_id = %(reader_id)s
        OR (posts.city_key = (SELECT city_key FROM users WHERE id = %(reader_id)s) AND posts.visibility = 'public'))
        AND {seen} AND {not_muted}
    ORDER BY posts.created_at DESC, posts.id DESC LIMIT %(limit)s OFFSET %(offset)s
""").format(seen=sees_post("posts", "author"), not_muted=post_not_muted("posts"))


@dataclass(slots=True)
class Timed:
    """Milliseconds of one kind of page, and the most statements that one took."""

    times: list[float] = field(default_factory=list)
    statements: int = 0

    @property
    def p50(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.times, n=20)[-1]


@dataclass(frozen=True, slots=True)
class Feed:
    """The home feed as the API's process reads it."""

    database: Database
    keyring: Keyring

    def page(self, reader_id: UUID, cursor: str | None, limit: int = DEFAULT_LIMIT) -> tuple[list[Post], str | None]:
        with UnitOfWork(self.database, self.keyring) as work:
            page = list_home(work, reader_id, cursor, limit)
        return page.items, page.next_cursor

    def page_by_offset(self, reader_id: UUID, offset: int) -> list[Post]:
        asked = {"limit": DEFAULT_LIMIT + 1, "offset": offset}
        with self.database.transaction() as connection:
            return [post for _, post in read_posts(connection, _BY_OFFSET, asked, reader_id)][:DEFAULT_LIMIT]

    def cursor_at(self, reader_id: UUID, depth: int) -> str | None:
        """Of the page that begins behind so many items, walked to as a reader would."""
        cursor: str | None = None
        for _ in range(depth // LARGEST_LIMIT):
            _, cursor = self.page(reader_id, cursor, LARGEST_LIMIT)
            if cursor is None:
                raise SystemExit(f"bench: this reader's feed ends before item {depth}")
        return cursor

    def time(self, timed: Timed, reader_id: UUID, cursor: str | None) -> list[Post]:
        with counting() as counts:
            started = time.perf_counter()
            items, _ = self.page(reader_id, cursor)
            timed.times.append((time.perf_counter() - started) * 1000)
        timed.statements = max(timed.statements, int(counts["sql_statements"]))
        return items


@contextmanager
def server() -> Iterator[Server]:
    """With an empty database, migrated as a deploy does it."""
    with tempfile.TemporaryDirectory(prefix="mundo-bench-") as folder:
        data_dir = Path(folder) / "data"
        started = postgres.start(data_dir, free_port())
        try:
            database.create(started)
            with psycopg.connect(started.dsn(database.NAME, OWNER), autocommit=True) as connection:
                migrations.apply(connection)
                make_keys(KeyRepository(connection), SystemClock())
            yield started
        finally:
            postgres.forget(data_dir)


def populate(started: Server, crowd: Crowd, console: Console) -> dict[str, UUID]:
    """The community and its readers, by what they are."""
    with psycopg.connect(started.dsn(database.NAME), autocommit=True) as connection:
        with Progress(console=console) as progress:
            task = progress.add_task(f"{crowd.authors:,} authors write {crowd.posts:,} posts", total=crowd.posts)
            gather(connection, crowd, lambda count: progress.advance(task, count))
        readers = {
            "300 follows": add_reader(connection, crowd, "reader", follows=300, city="City 7"),
            "300 follows, all silent": add_reader(connection, crowd, "patient", follows=300, silent=True),
            "5,000 follows": add_reader(connection, crowd, "eager", follows=5000, city="City 8"),
            "5,000 follows, all silent": add_reader(connection, crowd, "alone", follows=5000, silent=True),
        }
        connection.execute("ANALYZE users, follows")
    return readers


def measure(feed: Feed, reader_id: UUID, console: Console) -> tuple[Timed, Timed, Timed]:
    """Of the first page, of the one at DEPTH, and of that one by OFFSET, in turns."""
    first, at_depth, by_offset = Timed(), Timed(), Timed()
    feed.time(first, reader_id, None)
    deep = feed.cursor_at(reader_id, DEPTH)
    for number in track(range(ROUNDS), "300 follows", console=console):
        feed.time(first, reader_id, None)
        items = feed.time(at_depth, reader_id, deep)
        if number % 10 == 0:
            started = time.perf_counter()
            same = feed.page_by_offset(reader_id, DEPTH)
            by_offset.times.append((time.perf_counter() - started) * 1000)
            if [post.id for post in same] != [post.id for post in items]:
                raise SystemExit("bench: the page by OFFSET has other posts in it")
    return first, at_depth, by_offset


def shown(rows: dict[str, Timed]) -> Table:
    table = Table("page of 20", "p50 ms", "p95 ms", "statements", title="The home feed")
    for name, timed in rows.items():
        table.add_row(name, f"{timed.p50:.1f}", f"{timed.p95:.1f}", str(timed.statements or "–"))
    return table


def main() -> None:
    console = Console()
    with server() as started:
        readers = populate(started, Crowd(), console)
        app = settings.Database(started.host, started.port, database.NAME, APP, "disable", 1)
        pool = Database(app, "eu-west-1", password=lambda: "trusted")
        others = {name: Timed() for name in readers if name != "300 follows"}
        # A process reads the keys of cursors with its first page: each reader has one here, and it is counted.
        first, at_depth, by_offset = measure(Feed(pool, Keyring()), readers["300 follows"], console)
        for name, timed in others.items():
            feed = Feed(pool, Keyring())
            for _ in track(range(ROUNDS // 4), name, console=console):
                feed.time(timed, readers[name], None)
        pool.close()
    rows = {"300 follows, first page": first, f"300 follows, item {DEPTH:,}": at_depth}
    console.print(shown(rows | {f"300 follows, item {DEPTH:,}, by OFFSET": by_offset} | others))
    figures = {
        "p95_ms": round(statistics.quantiles(first.times + at_depth.times, n=20)[-1], 1),
        "depth_ratio": round(at_depth.p50 / first.p50, 2),
        "vs_offset": round(by_offset.p50 / at_depth.p50, 1),
        "statements": max(timed.statements for timed in (first, at_depth, *others.values())),
    }
    for name, aim in AIMS.items():
        console.print(f"{name:<12} {figures[name]} (aim {aim})")
    print(json.dumps({"bench": "feed", **figures}))


if __name__ == "__main__":
    main()
