"""The lists of posts: what stands in them, in what order, and that pages fit together while people write."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import hypothesis
import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from mundotango.adapters.postgres import Database
from mundotango.errors import BadCursor, Invalid, NotFound
from mundotango.feed import repository, service
from mundotango.ids import new_id
from mundotango.observability import counting
from mundotango.pagination import Keyring, Page
from mundotango.posts.model import Post
from mundotango.work import UnitOfWork
from tests.factories.people import make_post, make_user
from tests.factories.worlds import CITIES, START, TAG, Somebody, World, Written, handle_of, keep, worlds, write
from tests.fakes.clock import FakeClock

Pages = Callable[[str | None], Page[Post]]

# A schedule takes 100 ms: a tenth of the usual number, and all of it where depth is asked for.
DEFAULT = hypothesis.settings.default
EXAMPLES = DEFAULT.max_examples if DEFAULT and DEFAULT.max_examples >= 1000 else 40
schedules = hypothesis.settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@contextmanager
def living(database: Database, world: World) -> Iterator[tuple[UnitOfWork, psycopg.Connection]]:
    """The world as rows, for as long as the block lasts."""
    with database.transaction() as connection, connection.transaction(force_rollback=True):
        keep(connection, world)
        with UnitOfWork(database, Keyring()) as work:
            yield work, connection


@contextmanager
def near(number: int) -> Iterator[None]:
    """As if so few of the newest posts were looked through before the authors are asked one by one."""
    usual = repository.home_near
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repository, "home_near", lambda after: usual(after, number))
        yield


def every_id(pages: Pages) -> list[UUID]:
    found: list[UUID] = []
    cursor = None
    while True:
        page = pages(cursor)
        found += [post.id for post in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert len(found) < 100, "the list does not end"


@schedules
@given(world=worlds(), limit=st.integers(1, 4), newest=st.sampled_from([1, 3, 3000]))
def test_each_list_has_what_its_reader_may_see(database: Database, world: World, limit: int, newest: int) -> None:
    reader = world.reader
    with living(database, world) as (work, _):
        with near(newest):
            home = every_id(lambda cursor: service.list_home(work, reader.id, cursor, limit))
        assert home == world.newest([post for post in world.posts if world.at_home(post)])
        for city in CITIES[1:]:
            local = every_id(lambda cursor, city=city: service.list_local(work, reader.id, city, cursor, limit))  # type: ignore[misc]
            assert local == world.newest([post for post in world.posts if world.lists(post) and post.city == city])
        tagged = every_id(lambda cursor: service.list_tag(work, reader.id, TAG, cursor, limit))
        assert tagged == world.newest([post for post in world.posts if world.lists(post) and post.tagged])
        saved = [post for post in world.posts if world.sees(post) and post.saved_at]
        assert every_id(lambda cursor: service.list_saved(work, reader.id, cursor, limit)) == [
            post.id for post in sorted(saved, key=lambda post: (post.saved_at, post.id), reverse=True)
        ]


@schedules
@given(world=worlds(), limit=st.integers(1, 4))
def test_a_profile_has_what_its_reader_may_see(database: Database, world: World, limit: int) -> None:
    with living(database, world) as (work, _):
        for person in world.people:
            handle, theirs = handle_of(person), [post for post in world.posts if post.author is person]
            for reader_id, exists, sees in (
                (world.reader.id, world.sees_person(person), world.sees),
                (None, not (person.members_only or person.suspended or person.leaving), world.everybody_sees),
            ):
                if exists:
                    listed = every_id(
                        lambda cursor, r=reader_id, h=handle: service.list_profile(work, r, h, cursor, limit).page  # type: ignore[misc]
                    )
                    assert listed == world.newest([post for post in theirs if sees(post)])
                else:
                    with pytest.raises(NotFound):
                        service.list_profile(work, reader_id, handle, None, limit)


@schedules
@given(data=st.data(), limit=st.integers(1, 3), newest=st.sampled_from([1, 4, 3000]))
def test_pages_fit_together_while_people_write_and_delete(
    database: Database, data: st.DataObject, limit: int, newest: int
) -> None:
    people = [Somebody(city="rosario"), *(Somebody(city=data.draw(st.sampled_from(CITIES))) for _ in range(3))]
    somebody, moments = st.sampled_from(people), st.integers(0, 3).map(lambda number: START + timedelta(minutes=number))
    posts = [
        Written(data.draw(somebody), data.draw(moments), city=data.draw(st.sampled_from(CITIES)))
        for _ in range(data.draw(st.integers(0, 12)))
    ]
    follows = {(people[0].id, person.id) for person in people[1:3]}
    world = World(people, posts, follows, blocks=set(), mutes=set())
    began_with = world.newest([post for post in posts if world.at_home(post)])
    deleted: set[UUID] = set()
    seen: list[UUID] = []
    with living(database, world) as (work, connection), near(newest):
        cursor, now = None, START + timedelta(hours=1)
        while True:
            page = service.list_home(work, people[0].id, cursor, limit)
            seen += [post.id for post in page.items]
            assert len(seen) < 100, "the list does not end"
            cursor = page.next_cursor
            if cursor is None:
                break
            for _ in range(data.draw(st.integers(0, 3))):
                deletes = data.draw(st.booleans())
                if began_with and deletes:
                    gone = data.draw(st.sampled_from(began_with))
                    work.posts.remove(gone)
                    deleted.add(gone)
                else:
                    now += timedelta(seconds=1)
                    write(connection, Written(data.draw(somebody), now, city="rosario"))
    assert len(seen) == len(set(seen)), "twice"
    assert [post_id for post_id in began_with if post_id not in deleted and post_id not in seen] == [], "skipped"
    assert [post_id for post_id in began_with if post_id in seen] == seen, "out of order"


def test_a_city_is_found_however_it_is_written(work: UnitOfWork, clock: FakeClock) -> None:
    author = make_user(work, clock)
    post = make_post(work, clock, author.id, city="São Paulo")
    assert [each.id for each in service.list_local(work, author.id, " SAO  paulo", None, 5).items] == [post.id]
    with pytest.raises(Invalid, match="city"):
        service.list_local(work, author.id, " ", None, 5)


def test_a_hashtag_is_found_however_it_is_written(work: UnitOfWork, clock: FakeClock) -> None:
    author = make_user(work, clock)
    post = make_post(work, clock, author.id, body="La #Milónga de hoy")
    assert [each.id for each in service.list_tag(work, author.id, "#MILONGA", None, 5).items] == [post.id]


def test_pinned_posts_stand_beside_the_first_page_and_in_their_place(work: UnitOfWork, clock: FakeClock) -> None:
    author = make_user(work, clock)
    posts: list[UUID] = []
    for _ in range(5):
        posts.insert(0, make_post(work, clock, author.id).id)
        clock.advance(timedelta(seconds=1))
    for post_id in (posts[4], posts[1]):
        work.marks.pin(author.id, post_id, clock.now(), 3)
    first = service.list_profile(work, author.id, author.handle, None, 2)
    assert [post.id for post in first.page.items] == posts[:2]
    assert [post.id for post in first.pinned] == [posts[1], posts[4]]
    second = service.list_profile(work, author.id, author.handle, first.page.next_cursor, 5)
    assert [post.id for post in second.page.items] == posts[2:]
    assert second.pinned == []
    whole = service.list_profile(work, author.id, author.handle, None, 5)
    assert ([post.id for post in whole.page.items], whole.page.next_cursor) == (posts, None)


def test_a_cursor_of_another_list_is_refused_and_one_of_a_deleted_post_goes_on(
    work: UnitOfWork, clock: FakeClock
) -> None:
    author = make_user(work, clock)
    posts: list[UUID] = []
    for _ in range(3):
        posts.insert(0, make_post(work, clock, author.id, body="#vals").id)
        clock.advance(timedelta(seconds=1))
    cursor = service.list_home(work, author.id, None, 1).next_cursor
    for elsewhere in (
        lambda: service.list_local(work, author.id, "Buenos Aires", cursor, 1),
        lambda: service.list_tag(work, author.id, "vals", cursor, 1),
        lambda: service.list_saved(work, author.id, cursor, 1),
        lambda: service.list_profile(work, author.id, author.handle, cursor, 1),
        lambda: service.list_profile(work, None, author.handle, cursor, 1),
    ):
        with pytest.raises(BadCursor):
            elsewhere()
    work.posts.remove(posts[0])
    assert [post.id for post in service.list_home(work, author.id, cursor, 5).items] == posts[1:]


def test_a_page_of_any_list_costs_three_statements_at_most(real_database: Database, clock: FakeClock) -> None:
    """In a process that has just begun, which reads the keys of its cursors as well, and however large the page is."""
    with UnitOfWork(real_database, Keyring()) as work:
        reader, author = make_user(work, clock), make_user(work, clock)
        work.follows.add(reader.id, author.id, clock.now(), 1)
        for number in range(12):
            post = make_post(work, clock, author.id, body=f"#vals with @{reader.handle} and @{author.handle}")
            work.marks.save(reader.id, post.id, clock.now())
            if number < 3:
                work.marks.pin(author.id, post.id, clock.now(), 3)
        work.commit()
    lists: list[Callable[[UnitOfWork, int], object]] = [
        lambda work, limit: service.list_home(work, reader.id, None, limit),
        lambda work, limit: service.list_local(work, reader.id, "Buenos Aires", None, limit),
        lambda work, limit: service.list_tag(work, reader.id, "vals", None, limit),
        lambda work, limit: service.list_saved(work, reader.id, None, limit),
        lambda work, limit: service.list_profile(work, reader.id, author.handle, None, limit),
        lambda work, limit: service.list_profile(work, None, author.handle, None, limit),
        lambda work, limit: service.list_profile(work, reader.id, reader.handle, None, limit),
    ]
    for list_ in lists:
        for limit in (1, 5, 50):
            with counting() as counts, near(2), UnitOfWork(real_database, Keyring()) as work:
                list_(work, limit)
            assert counts["sql_statements"] <= 3


def test_nobody_has_no_posts(work: UnitOfWork, clock: FakeClock) -> None:
    for handle in ("nobody_there", "no handle", "x"):
        with pytest.raises(NotFound):
            service.list_profile(work, new_id(), handle, None, 5)
    quiet = make_user(work, clock)
    assert service.list_profile(work, new_id(), quiet.handle, None, 5).page.items == []
