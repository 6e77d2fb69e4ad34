"""Two requests about one post at the same time: nothing is lost, and no limit is passed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest

from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.comments import service as comments
from mundotango.drafts import service as drafts
from mundotango.drafts.model import Draft
from mundotango.errors import Conflict, MundoTangoError, NotFound, PreconditionFailed
from mundotango.ids import new_id
from mundotango.marks import service as marks
from mundotango.pagination import Keyring
from mundotango.posts import service as posts
from mundotango.work import UnitOfWork
from tests.factories.people import make_post, make_user
from tests.fakes.clock import FakeClock

Act = Callable[[UnitOfWork], object]
ROUNDS = 5


@pytest.fixture
def databases(real_database: Database, database_settings: settings.Database) -> Iterator[list[Database]]:
    """One for each of four who act at once."""
    others = [Database(database_settings, "eu-west-1", password=lambda: "trusted") for _ in range(3)]
    yield [real_database, *others]
    for database in others:
        database.close()


@pytest.fixture
def author_id(real_database: Database, clock: FakeClock) -> UUID:
    return committed(real_database, lambda work: make_user(work, clock)).id


def committed[T](database: Database, act: Callable[[UnitOfWork], T]) -> T:
    with UnitOfWork(database, Keyring()) as work:
        result = act(work)
        work.commit()
    return result


def at_once(databases: list[Database], acts: list[Act]) -> list[str]:
    """The names of the refusals, sorted."""
    barrier = Barrier(len(acts))

    def run(database: Database, act: Act) -> str:
        barrier.wait(10)
        try:
            committed(database, act)
        except MundoTangoError as refusal:
            return type(refusal).__name__
        return ""

    with ThreadPoolExecutor(len(acts)) as threads:
        return sorted(filter(None, threads.map(run, databases, acts)))


def test_of_two_edits_of_one_version_one_is_kept(databases: list[Database], author_id: UUID, clock: FakeClock) -> None:
    for _ in range(ROUNDS):
        post_id = committed(databases[0], lambda work: make_post(work, clock, author_id)).id

        def edit(body: str, post_id: UUID = post_id) -> Act:
            return lambda work: posts.edit_post(
                work, post_id=post_id, author_id=author_id, version=1, changes={"body": body}, clock=clock
            )

        assert at_once(databases, [edit("one"), edit("two")]) == [PreconditionFailed.__name__]
        versions = committed(databases[0], lambda work, post_id=post_id: posts.list_versions(work, post_id, author_id))  # type: ignore[misc]
        assert [each.version for each in versions] == [2, 1]


def test_no_more_than_three_are_pinned(databases: list[Database], author_id: UUID, clock: FakeClock) -> None:
    made = [committed(databases[0], lambda work: make_post(work, clock, author_id)).id for _ in range(4)]
    for _ in range(ROUNDS):
        acts: list[Act] = [lambda work, each=each: marks.pin(work, each, author_id, clock) for each in made]  # type: ignore[misc]
        assert at_once(databases, acts) == [Conflict.__name__]
        for post_id in made:
            committed(databases[0], lambda work, each=post_id: marks.unpin(work, each, author_id, clock))  # type: ignore[misc]


def test_no_more_than_a_hundred_drafts_are_kept(databases: list[Database], author_id: UUID, clock: FakeClock) -> None:
    for _ in range(98):
        committed(databases[0], lambda work: work.drafts.add(Draft(new_id(), author_id, {}, clock.now())))
    acts: list[Act] = [lambda work: drafts.keep_draft(work, author_id, {"media": []}, clock)] * 4
    assert at_once(databases, acts) == [Conflict.__name__] * 2


def test_a_reply_is_never_lost_with_the_comment_above_it(
    databases: list[Database], author_id: UUID, clock: FakeClock
) -> None:
    post_id = committed(databases[0], lambda work: make_post(work, clock, author_id)).id

    def say(work: UnitOfWork, parent_id: UUID | None = None) -> UUID:
        return comments.add_comment(
            work, post_id=post_id, author_id=author_id, body="x", parent_id=parent_id, clock=clock
        ).id

    for _ in range(ROUNDS):
        top = committed(databases[0], say)
        acts: list[Act] = [
            lambda work, top=top: say(work, top),  # type: ignore[misc]
            lambda work, top=top: comments.delete_comment(work, top, author_id, clock),  # type: ignore[misc]
        ]
        refused = at_once(databases, acts)
        with databases[0].transaction() as connection:
            left = connection.execute(
                """
                SELECT count(*) FILTER (WHERE id = %(top)s), count(*) FILTER (WHERE parent_id = %(top)s) FROM comments
                """,
                {"top": top},
            ).fetchone()
        assert (refused, left) in [([], (1, 1)), ([NotFound.__name__], (0, 0))]


def test_one_of_two_reposts_is_kept_and_told(databases: list[Database], author_id: UUID, clock: FakeClock) -> None:
    for _ in range(ROUNDS):
        post_id = committed(databases[0], lambda work: make_post(work, clock, author_id)).id
        acts: list[Act] = [lambda work, each=post_id: marks.repost(work, each, author_id, clock)] * 3  # type: ignore[misc]
        assert at_once(databases, acts) == []
        with databases[0].transaction() as connection:
            told = connection.execute(
                "SELECT count(*) FROM outbox WHERE kind = 'post.shared' AND payload->>'post_id' = %s", (str(post_id),)
            ).fetchone()
        assert told == (1,)
