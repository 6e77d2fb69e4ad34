"""The lists of posts, newest first, each as one reader sees it.

A page begins beyond the place where the page before ended, so what is written or deleted in between moves nothing: no
post comes twice and none is left out. A post and its reposts by several people are shown each, with who reposted it.
"""

from dataclasses import dataclass
from uuid import UUID

from mundotango.errors import NotFound
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.posts import policy
from mundotango.posts.model import Post
from mundotango.text import key, refused
from mundotango.users.policy import normal_handle
from mundotango.work import UnitOfWork

HOME, LOCAL, TAG, PROFILE, PUBLIC_PROFILE, SAVED = "feed", "local", "tag", "profile", "public profile", "saved"


@dataclass(frozen=True, slots=True)
class Profile:
    """A page of a person's posts. Those pinned stand beside the first page, and in their place in the list as well."""

    page: Page[Post]
    pinned: list[Post]


def list_home(work: UnitOfWork, reader_id: UUID, cursor: str | None, limit: int) -> Page[Post]:
    """The reader's own posts, those of whom the reader follows, and the public ones of the reader's city."""
    after = _after(work, HOME, cursor, limit)
    return _page(work, HOME, work.feed.list_home(reader_id, after, limit + 1), limit)


def list_local(work: UnitOfWork, reader_id: UUID, city: str, cursor: str | None, limit: int) -> Page[Post]:
    """The posts of a city, found however it is accented or capitalised."""
    after = _after(work, LOCAL, cursor, limit)
    wanted = key(policy.city(city))
    if not wanted:
        raise refused("city", "must not be empty")
    return _page(work, LOCAL, work.feed.list_city(reader_id, wanted, after, limit + 1), limit)


def list_tag(work: UnitOfWork, reader_id: UUID, tag: str, cursor: str | None, limit: int) -> Page[Post]:
    """The posts with a hashtag, however it is accented or capitalised; with or without its #."""
    after = _after(work, TAG, cursor, limit)
    wanted = policy.tag(tag)
    return _page(work, TAG, work.feed.list_tag(reader_id, wanted, after, limit + 1), limit)


def list_saved(work: UnitOfWork, reader_id: UUID, cursor: str | None, limit: int) -> Page[Post]:
    """What the reader saved, last saved first."""
    after = _after(work, SAVED, cursor, limit)
    return _page(work, SAVED, work.feed.list_saved(reader_id, after, limit + 1), limit)


def list_profile(work: UnitOfWork, reader_id: UUID | None, handle: str, cursor: str | None, limit: int) -> Profile:
    """A person's posts and reposts; without a reader, what everybody may see."""
    name = PUBLIC_PROFILE if reader_id is None else PROFILE
    after = _after(work, name, cursor, limit)
    wanted = normal_handle(handle)
    if wanted is None:
        raise NotFound("nobody has this handle")
    found = work.feed.list_profile(reader_id, wanted, after, limit + 1)
    # Where there are posts there is a person.
    if not found and not work.feed.has_person(wanted, reader_id):
        raise NotFound("nobody has this handle")
    pinned = [post for _, post in found if post.pinned] if after is None else []
    return Profile(_page(work, name, found[: limit + 1], limit), pinned)


def _after(work: UnitOfWork, name: str, cursor: str | None, limit: int) -> Place | None:
    checked_limit(limit)
    return work.read_cursor(name, cursor) if cursor else None


def _page(work: UnitOfWork, name: str, found: list[tuple[Place, Post]], limit: int) -> Page[Post]:
    page = page_of(found, limit, lambda placed: work.sign_cursor(name, placed[0]))
    return Page([post for _, post in page.items], page.next_cursor)
