"""Repost, pin and save, and take it back. What is done twice is done once.

A repost stands for its original: to repost or save one is to repost or save that.
"""

from uuid import UUID

from mundotango.errors import Conflict, NotAllowed, Said
from mundotango.forgetting.service import forget_post
from mundotango.ids import new_id
from mundotango.ports import Clock
from mundotango.posts import announcement
from mundotango.posts.model import Post, repost_of
from mundotango.posts.policy import MOST_PINNED
from mundotango.posts.service import get_author, get_own_post, get_post
from mundotango.work import UnitOfWork


def repost(work: UnitOfWork, post_id: UUID, user_id: UUID, clock: Clock) -> None:
    """Shows a public post, which may be one's own, to those who follow this person."""
    author = get_author(work, user_id)
    original = _original(work, post_id, user_id)
    if not work.marks.is_public(original.id):
        raise NotAllowed("only public posts are reposted")
    made = repost_of(original, id=new_id(), author=author, created_at=clock.now())
    if work.marks.add_repost(made, original.id):
        work.record(announcement.shared(work, made, original, clock))


def unrepost(work: UnitOfWork, post_id: UUID, user_id: UUID, clock: Clock) -> None:
    """Also of a post that this person no longer sees. `post_id` is the original's."""
    repost_id = work.marks.remove_repost(user_id, post_id)
    if repost_id is not None:
        work.record(announcement.unshared(repost_id, post_id, user_id, clock))


def pin(work: UnitOfWork, post_id: UUID, user_id: UUID, clock: Clock) -> None:
    """Puts an own post beside the first page of one's profile."""
    get_own_post(work, post_id, user_id)
    work.users.hold([user_id])
    if not work.marks.pin(user_id, post_id, clock.now(), MOST_PINNED):
        raise Conflict(Said("at most {most} posts are pinned; take one off first", most=MOST_PINNED))
    forget_post(work, post_id, clock)


def unpin(work: UnitOfWork, post_id: UUID, user_id: UUID, clock: Clock) -> None:
    get_own_post(work, post_id, user_id)
    work.marks.unpin(user_id, post_id)
    forget_post(work, post_id, clock)


def save(work: UnitOfWork, post_id: UUID, user_id: UUID, clock: Clock) -> None:
    """For this person alone to find again; nobody is told."""
    work.marks.save(user_id, _original(work, post_id, user_id).id, clock.now())


def unsave(work: UnitOfWork, post_id: UUID, user_id: UUID) -> None:
    """Also of a post that this person no longer sees."""
    work.marks.unsave(user_id, post_id)


def _original(work: UnitOfWork, post_id: UUID, user_id: UUID) -> Post:
    return get_post(work, post_id, user_id).written
