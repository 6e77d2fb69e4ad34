from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from mundotango.adapters.postgres import Database
from mundotango.errors import BadCursor, Conflict, Invalid, MediaNotReady, NotFound, ProfileMissing
from mundotango.feed.service import list_home
from mundotango.follows.service import follow, unfollow
from mundotango.ids import new_id
from mundotango.pagination import Keyring, Place
from mundotango.posts.model import Post, post_payload
from mundotango.posts.service import get_post
from mundotango.realtime.model import author_channel
from mundotango.users.model import User
from mundotango.work import UnitOfWork
from tests.factories.media import pending_media, ready_media
from tests.factories.people import make_post, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.media import FakeMedia


@pytest.fixture
def author(work: UnitOfWork, clock: FakeClock) -> User:
    return make_user(work, clock, handle="malena", display_name="Malena")


@pytest.fixture
def media() -> FakeMedia:
    return FakeMedia()


def ready(media: FakeMedia, owner_id: UUID) -> UUID:
    row = ready_media(owner_id=owner_id)
    media.add(row)
    return row.media_id


def feed(work: UnitOfWork, reader_id: UUID, limit: int = 20) -> list[UUID]:
    return [post.id for post in every_page(work, reader_id, limit)]


def every_page(work: UnitOfWork, reader_id: UUID, limit: int) -> Iterator[Post]:
    cursor = None
    while True:
        page = list_home(work, reader_id, cursor, limit)
        assert len(page.items) <= limit
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def test_a_post_with_pictures_is_kept_and_announced(
    work: UnitOfWork, clock: FakeClock, author: User, media: FakeMedia
) -> None:
    first, second = ready(media, author.id), ready(media, author.id)
    post = make_post(
        work, clock, author.id, body=" Tonight! ", media=[(second, "an embrace"), (first, "")], media_repo=media
    )
    assert get_post(work, post.id, author.id) == post
    assert [(p.media_id, p.alt, p.width) for p in post.media] == [(second, "an embrace", 1000), (first, "", 1000)]
    assert post.media[0].variants[0]["url"].startswith(f"/media/{second}/")
    (announced,) = work.outbox.take_after(0, 10)
    assert announced.activity.channel == author_channel(author.id)
    assert announced.activity.payload == post_payload(post)
    assert announced.activity.payload["author"] == {
        "id": str(author.id),
        "handle": "malena",
        "display_name": "Malena",
        "avatar": None,
    }


def test_only_an_own_ready_picture_made_for_a_post_is_attached(
    work: UnitOfWork, clock: FakeClock, author: User, media: FakeMedia
) -> None:
    another = ready(media, new_id())
    avatar = replace(ready_media(owner_id=author.id), purpose="avatar")
    pending = pending_media(owner_id=author.id)
    media.add(avatar)
    media.add(pending)
    for media_id, refusal in (
        (another, NotFound),
        (new_id(), NotFound),
        (avatar.media_id, NotFound),
        (pending.media_id, MediaNotReady),
    ):
        with pytest.raises(refusal) as refused:
            make_post(work, clock, author.id, media=[(media_id, "")], media_repo=media)
        assert refused.value.fields[0].field == "media.0.id"
    assert feed(work, author.id) == []


def test_a_picture_is_in_one_post(work: UnitOfWork, clock: FakeClock, author: User, media: FakeMedia) -> None:
    picture = ready(media, author.id)
    make_post(work, clock, author.id, media=[(picture, "")], media_repo=media)
    with pytest.raises(Conflict):
        make_post(work, clock, author.id, media=[(picture, "")], media_repo=media)


def test_a_post_needs_words_or_a_picture(work: UnitOfWork, clock: FakeClock, author: User, media: FakeMedia) -> None:
    with pytest.raises(Invalid):
        make_post(work, clock, author.id, body="  ")
    post = make_post(work, clock, author.id, body="", media=[(ready(media, author.id), "")], media_repo=media)
    assert get_post(work, post.id, author.id).body == ""


def test_who_has_no_profile_posts_nothing(work: UnitOfWork, clock: FakeClock) -> None:
    with pytest.raises(ProfileMissing):
        make_post(work, clock, new_id())


def test_a_post_that_is_not_there(work: UnitOfWork) -> None:
    with pytest.raises(NotFound):
        get_post(work, new_id(), new_id())


def test_the_feed_has_own_and_followed_posts_newest_first(work: UnitOfWork, clock: FakeClock, author: User) -> None:
    reader, stranger = make_user(work, clock, city="Rosario"), make_user(work, clock)
    follow(work, reader.id, author.handle, clock)
    expected: list[UUID] = []
    for writer in (author, reader, stranger, author):
        post = make_post(work, clock, writer.id)
        clock.advance(timedelta(seconds=1))
        if writer is not stranger:
            expected.insert(0, post.id)
    assert feed(work, reader.id) == expected
    assert feed(work, reader.id, limit=1) == expected
    unfollow(work, reader.id, author.handle, clock)
    assert feed(work, reader.id) == [expected[1]]


def test_posts_of_one_moment_are_neither_lost_nor_repeated(work: UnitOfWork, clock: FakeClock, author: User) -> None:
    posts = {make_post(work, clock, author.id).id for _ in range(7)}
    seen = feed(work, author.id, limit=3)
    assert len(seen) == 7
    assert set(seen) == posts


def test_a_post_written_between_two_pages_moves_nothing(work: UnitOfWork, clock: FakeClock, author: User) -> None:
    posts: list[UUID] = []
    for _ in range(4):
        clock.advance(timedelta(seconds=1))
        posts.insert(0, make_post(work, clock, author.id).id)
    first = list_home(work, author.id, None, 2)
    clock.advance(timedelta(seconds=1))
    make_post(work, clock, author.id)
    second = list_home(work, author.id, first.next_cursor, 2)
    assert [post.id for post in first.items + second.items] == posts
    assert second.next_cursor is None


@pytest.mark.parametrize("cursor", ["x", "", "é", "\x00", "WyIyMDI2Il0.abc", "a" * 5000])
def test_a_cursor_that_is_not_ours_is_refused(work: UnitOfWork, author: User, cursor: str) -> None:
    if cursor:
        with pytest.raises(BadCursor):
            list_home(work, author.id, cursor, 2)


def test_a_cursor_is_read_by_a_process_that_signed_none(database: Database, clock: FakeClock) -> None:
    place = Place(clock.now(), new_id())
    with UnitOfWork(database, Keyring()) as work:
        cursor = work.sign_cursor("feed", place)
    with UnitOfWork(database, Keyring()) as work:
        assert work.read_cursor("feed", cursor) == place


@pytest.mark.parametrize("limit", [0, 51, -1])
def test_a_page_has_1_to_50_items(work: UnitOfWork, author: User, limit: int) -> None:
    with pytest.raises(Invalid):
        list_home(work, author.id, None, limit)
