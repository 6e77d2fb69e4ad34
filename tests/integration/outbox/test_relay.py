"""What was committed is announced at once; what was not, is not."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from devstack.postgres import Server
from mundotango.bootstrap import Platform
from mundotango.errors import NotFound, Unavailable
from mundotango.follows.service import follow, unfollow
from mundotango.ids import new_id
from mundotango.pagination import Keyring
from mundotango.posts.service import get_post
from mundotango.reactions.model import ENDED, bucket_keys, target_of
from mundotango.realtime.model import Activity, Kind, user_channel
from mundotango.users.model import User
from mundotango.work import UnitOfWork
from tests.factories.outbox import post_by, waiting
from tests.factories.people import make_post
from tests.fakes.clock import FakeClock
from tests.fakes.reactions import FakeCounters, FakeEngagements, FakeTable
from tests.fakes.realtime import FakeActivities, FakeEdges
from tests.fixtures.postgres import superuser


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
        get_post(work, posted[0], author.id)


def told(community: Platform, clock: FakeClock, kind: Kind, **payload: UUID) -> None:
    """As a use case records what is told to nobody and only copied."""
    said = {name: str(id) for name, id in payload.items()}
    with community.unit_of_work() as work:
        work.record(Activity(new_id(), kind, None, None, said, clock.now()))


@pytest.mark.parametrize(
    ("begun", "ended", "item", "total"),
    [
        ("comment.created", "comment.removed", "comment_id", "comments"),
        ("post.shared", "post.unshared", "repost_id", "shares"),
    ],
)
def test_what_a_post_is_counted_by_is_copied_and_its_end_too(
    community: Platform, clock: FakeClock, begun: Kind, ended: Kind, item: str, total: str
) -> None:
    table = FakeTable()
    community.engagements = FakeEngagements(table)
    post_id, item_id = new_id(), new_id()

    for kind in (begun, begun, ended):
        told(community, clock, kind, post_id=post_id, **{item: item_id})

    changed = [(change.before, change.after) for change in table.stream if change.before != change.after]
    assert changed == [(None, total), (total, None)]
    assert {target_of(change.bucket) for change in table.stream} == {post_id}
    assert waiting(community) == 0


def test_the_totals_of_a_post_that_is_gone_end(community: Platform, clock: FakeClock) -> None:
    counters = FakeCounters()
    community.counters, post_id = counters, new_id()

    told(community, clock, "post.removed", post_id=post_id)

    assert {row.guard for row in counters.counts(bucket_keys(post_id)).values()} == {ENDED}
    assert waiting(community) == 0


def test_a_follow_reaches_the_copy_and_its_end_too(
    community: Platform, clock: FakeClock, author: User, reader: User, edges: FakeEdges, activities: FakeActivities
) -> None:
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)
    assert edges.followers(author.id) == [reader.id]
    with community.unit_of_work() as work:
        unfollow(work, reader.id, author.handle, clock)
    assert edges.followers(author.id) == []
    assert [(each.activity.kind, each.channel) for each in activities.appended] == [
        ("follower.added", user_channel(author.id))
    ]
