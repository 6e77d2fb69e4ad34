"""What was committed is announced, whatever fails in between; what was not, is not."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from devstack.postgres import Server
from functions.jobs import handler
from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.errors import Invalid, NotFound, Unavailable
from mundotango.pagination import Keyring
from mundotango.posts.service import get_post
from mundotango.realtime import relay
from mundotango.realtime.model import Activity, Appended
from mundotango.realtime.rebuild import rebuild_edges
from mundotango.users.model import User
from mundotango.users.repository import FollowRepository
from mundotango.users.service import follow, unfollow
from mundotango.work import UnitOfWork
from tests.factories.people import make_post, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeActivities, FakeEdges
from tests.fixtures.postgres import superuser

PAYLOADS = Path(__file__).parents[1] / "payloads"


class Ample:
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def job(community: Platform, name: str, monkeypatch: pytest.MonkeyPatch, **more: str) -> dict[str, object]:
    monkeypatch.setattr(handler, "platform", lambda: community)
    return handler.lambda_handler({"job": name} | more, Ample())


def ample() -> float:
    return 300.0


@pytest.fixture
def author(community: Platform, clock: FakeClock) -> User:
    with community.unit_of_work() as work:
        return make_user(work, clock)


@pytest.fixture
def reader(community: Platform, clock: FakeClock) -> User:
    with community.unit_of_work() as work:
        return make_user(work, clock)


def waiting(community: Platform) -> int:
    with community.database.transaction() as connection:
        (count,) = connection.execute("SELECT count(*) FROM outbox WHERE relayed_at IS NULL").fetchone() or (0,)
    return int(count)


def fail(store: object, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise TimeoutError("DynamoDB is away")

    monkeypatch.setattr(store, method, away)


def post_by(community: Platform, author: User, clock: FakeClock, body: str = "Tonight!") -> UUID:
    with community.unit_of_work() as work:
        return make_post(work, clock, author.id, body=body).id


def test_a_post_is_announced_at_once(
    community: Platform, clock: FakeClock, author: User, activities: FakeActivities
) -> None:
    post_id = post_by(community, author, clock)
    (told,) = activities.appended
    assert (told.channel, told.activity.payload["id"]) == (f"author:{author.id}", str(post_id))
    assert waiting(community) == 0


def test_a_request_that_fails_announces_nothing(
    community: Platform, clock: FakeClock, author: User, activities: FakeActivities
) -> None:
    def post_and_fail() -> None:
        with community.unit_of_work() as work:
            make_post(work, clock, author.id)
            raise KeyError

    with pytest.raises(KeyError):
        post_and_fail()
    assert activities.appended == []
    assert waiting(community) == 0


def _end_session(connection: psycopg.Connection, server: Server) -> None:
    with superuser(server) as killer:
        killer.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))


def _break_silently(connection: psycopg.Connection, server: Server) -> None:
    connection.pgconn.finish()


@pytest.mark.parametrize("break_", [_end_session, _break_silently])
def test_a_commit_that_fails_is_raised_and_announces_nothing(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    postgres_server: Server,
    break_: Callable[[psycopg.Connection, Server], None],
) -> None:
    posted: list[UUID] = []

    def post_and_lose_the_connection() -> None:
        with community.unit_of_work() as work:
            posted.append(make_post(work, clock, author.id).id)
            break_(work._connection, postgres_server)

    with pytest.raises(Unavailable):
        post_and_lose_the_connection()
    assert activities.appended == []
    with UnitOfWork(community.database, Keyring()) as work, pytest.raises(NotFound):
        get_post(work, posted[0])


def test_what_a_relay_left_behind_is_swept(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        post_id = post_by(community, author, clock)  # the request itself succeeds
    assert (activities.appended, waiting(community)) == ([], 1)
    assert job(community, "sweep_outbox", monkeypatch) == {
        "job": "sweep_outbox",
        "done": True,
        "relayed": 1,
        "failed": 0,
        "forgotten": 0,
    }
    assert [told.activity.payload["id"] for told in activities.appended] == [str(post_id)]
    job(community, "sweep_outbox", monkeypatch)
    assert len(activities.appended) == 1


def test_a_relay_that_dies_before_it_marks_is_repeated_under_the_same_id(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    activities: FakeActivities,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("mundotango.outbox.repository.OutboxRepository.mark_relayed", _die)
        post_by(community, author, clock)
        with community.unit_of_work() as work:
            follow(work, reader.id, author.handle, clock)
    before = dict(edges.rows)
    relay.sweep_outbox(community, ample)
    first, second = activities.appended
    assert first.activity.id == second.activity.id  # so a client, which drops ids it knows, shows it once
    assert first.position < second.position
    assert edges.rows == before
    assert waiting(community) == 0


def _die(*_: Any) -> None:
    raise SystemError("killed")


def test_one_row_that_cannot_be_announced_holds_up_no_other(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append = activities.append

    def picky(activity: Activity) -> Appended:
        if activity.payload["body"] == "poison":
            raise ValueError
        return append(activity)

    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        for body in ("poison", "one", "two"):
            post_by(community, author, clock, body)
    monkeypatch.setattr(activities, "append", picky)
    assert relay.sweep_outbox(community, ample) == {"done": True, "relayed": 2, "failed": 1, "forgotten": 0}
    assert [told.activity.payload["body"] for told in activities.appended] == ["one", "two"]


def test_a_sweep_goes_on_where_the_last_one_ended(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "BATCH", 2)
    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        for number in range(5):
            post_by(community, author, clock, str(number))
    times: Iterator[float] = iter([100.0, 0.0])
    assert relay.sweep_outbox(community, lambda: next(times)) == {"done": False, "relayed": 2, "failed": 0}
    assert relay.sweep_outbox(community, ample)["relayed"] == 3
    assert [told.activity.payload["body"] for told in activities.appended] == list("01234")


def test_a_sweep_does_not_wait_for_a_store_that_is_away(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail(activities, "append", monkeypatch)
    for number in range(5):
        post_by(community, author, clock, str(number))
    assert relay.sweep_outbox(community, ample) == {"done": False, "relayed": 0, "failed": 3}


def test_what_was_announced_long_ago_is_forgotten(community: Platform, clock: FakeClock, author: User) -> None:
    post_by(community, author, clock)
    clock.advance(timedelta(days=6))
    post_by(community, author, clock)
    clock.advance(timedelta(days=2))
    assert relay.sweep_outbox(community, ample)["forgotten"] == 1


def test_the_schedule_wakes_the_sweep(community: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = json.loads((PAYLOADS / "schedule_sweep_outbox.json").read_text())
    monkeypatch.setattr(handler, "platform", lambda: community)
    assert handler.lambda_handler(payload, Ample())["done"] is True


def test_two_relays_at_once_announce_each_row_once(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    database_settings: settings.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        for number in range(4):
            post_by(community, author, clock, str(number))
    append, met = activities.append, threading.Barrier(2)
    monkeypatch.setattr(relay, "BATCH", 2)

    def slow(activity: Activity) -> Appended:
        met.wait(5)  # both hold rows now, and neither waits for the other's
        return append(activity)

    monkeypatch.setattr(activities, "append", slow)
    other = Platform()
    other.database = Database(database_settings, "eu-west-1", password=lambda: "trusted")
    other.clock, other.activities, other.edges = community.clock, activities, community.edges
    threads = [threading.Thread(target=relay.sweep_outbox, args=(p, ample)) for p in (community, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    other.database.close()
    assert sorted(told.activity.payload["body"] for told in activities.appended) == ["0", "1", "2", "3"]


def test_a_follow_reaches_the_copy_and_its_end_too(
    community: Platform, clock: FakeClock, author: User, reader: User, edges: FakeEdges, activities: FakeActivities
) -> None:
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)
    assert edges.followers(author.id) == [reader.id]
    with community.unit_of_work() as work:
        unfollow(work, reader.id, author.handle, clock)
    assert edges.followers(author.id) == []
    assert activities.appended == []


def test_follows_relayed_in_the_wrong_order_end_right(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        fail(edges, "apply", broken)
        with community.unit_of_work() as work:
            follow(work, reader.id, author.handle, clock)
    with community.unit_of_work() as work:
        unfollow(work, reader.id, author.handle, clock)
    relay.sweep_outbox(community, ample)  # the follow comes after its end
    assert edges.followers(author.id) == []


def test_a_rebuild_adds_what_is_missing_and_ends_what_is_over(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with community.unit_of_work() as work:
        gone = make_user(work, clock)
        follow(work, reader.id, author.handle, clock)
    edges.rows.clear()
    edges.apply(author.id, gone.id, active=True, version=0)
    assert job(community, "rebuild_edges", monkeypatch) == {"job": "rebuild_edges", "done": True, "corrected": 2}
    assert edges.followers(author.id) == [reader.id]
    assert job(community, "rebuild_edges", monkeypatch)["corrected"] == 0


def test_a_rebuild_goes_on_after_the_last_author(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mundotango.realtime.rebuild.AUTHORS", 1)
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)
        follow(work, author.id, reader.handle, clock)
    edges.rows.clear()
    times: Iterator[float] = iter([100.0, 0.0])
    cut = rebuild_edges(community, lambda: next(times))
    assert cut == {"done": False, "corrected": 1, "after": str(min(author.id, reader.id))}
    rest = job(community, "rebuild_edges", monkeypatch, after=str(cut["after"]))
    assert rest == {"job": "rebuild_edges", "done": True, "corrected": 1}
    assert len(edges.rows) == 2


@contextmanager
def in_the_middle(
    target: object, name: str, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]
) -> Iterator[None]:
    """Does something else right after the first call of a method."""
    original = getattr(target, name)
    calls: list[int] = []

    def called(*arguments: Any, **more: Any) -> Any:
        answer = original(*arguments, **more)
        if not calls:
            calls.append(1)
            act()
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(target, name, called)
        yield


def test_an_unfollow_during_a_rebuild_is_not_undone(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)

    def end_it() -> None:
        with community.unit_of_work() as work:
            unfollow(work, reader.id, author.handle, clock)

    with in_the_middle(edges, "followers", monkeypatch, end_it):
        rebuild_edges(community, ample)
    assert edges.followers(author.id) == []


def test_a_follow_that_waits_for_a_rebuild_is_not_lost(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    database_settings: settings.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The copy says "follows" where the database says no; the follow comes while the rebuild holds the table."""
    edges.apply(author.id, reader.id, active=True, version=0)
    other = Platform()
    other.database = Database(database_settings, "eu-west-1", password=lambda: "trusted")
    other.clock, other.activities, other.edges = community.clock, community.activities, edges

    def follow_again() -> None:
        with other.unit_of_work() as work:
            follow(work, reader.id, author.handle, clock)

    thread = threading.Thread(target=follow_again)
    with _held(monkeypatch, thread):
        rebuild_edges(community, ample)
    thread.join(20)
    other.database.close()
    assert edges.followers(author.id) == [reader.id]


@contextmanager
def _held(monkeypatch: pytest.MonkeyPatch, thread: threading.Thread) -> Iterator[None]:
    """Starts the thread once follows are held, and goes on when it waits for them."""
    hold = FollowRepository.hold

    def held(self: FollowRepository) -> None:
        hold(self)
        if not thread.ident:
            thread.start()
            _await_waiting(self._connection)

    with monkeypatch.context() as patched:
        patched.setattr(FollowRepository, "hold", held)
        yield


def _await_waiting(connection: psycopg.Connection) -> None:
    for _ in range(2000):
        if connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1").fetchone():
            return
        threading.Event().wait(0.005)
    raise AssertionError("nobody waits")


def test_an_unknown_job_is_refused(community: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="no such job: 'tidy_up'; there are sweep_outbox and rebuild_edges"):
        job(community, "tidy_up", monkeypatch)
