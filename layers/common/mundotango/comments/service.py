from dataclasses import replace
from uuid import UUID

from mundotango.comments import policy
from mundotango.comments.model import Comment
from mundotango.errors import Conflict, FieldError, NotAllowed, NotFound, PreconditionFailed
from mundotango.ids import new_id
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.posts.announcement import announce_mentions, channels_of
from mundotango.posts.model import Author, author_payload
from mundotango.posts.policy import told, unchanged
from mundotango.posts.service import get_author, get_post, spoken_of
from mundotango.realtime.model import Activity
from mundotango.work import UnitOfWork

COMMENTS, REPLIES = "comments", "replies"


def add_comment(
    work: UnitOfWork, *, post_id: UUID, author_id: UUID, body: str, parent_id: UUID | None, clock: Clock
) -> Comment:
    """A reply to a reply hangs under the comment at the top. Told are the post's author, whom it replies to, and who is
    mentioned."""
    text = policy.body(body)
    author = get_author(work, author_id)
    post = get_post(work, post_id, author_id)
    if post.original is not None:
        raise Conflict("a repost has no comments of its own; comment on the original")
    parent = None if parent_id is None else _parent(work, post_id, parent_id, author_id)
    comment = Comment(
        id=new_id(),
        post_id=post_id,
        parent_id=None if parent is None else parent.parent_id or parent.id,
        author=author,
        body=text,
        entities=spoken_of(work, author_id, text),
        created_at=clock.now(),
        edited_at=None,
        version=1,
    )
    work.comments.add(comment, author_id)
    concerned = [post.author.id, *([parent.author.id] if parent and parent.author else [])]
    for channel in channels_of(work, post, concerned, author_id, "reply"):
        work.record(_told(comment, author, channel))
    announce_mentions(work, author, told(author_id, comment.entities), clock, post_id=post_id, comment_id=comment.id)
    return comment


def get_comment(work: UnitOfWork, comment_id: UUID, reader_id: UUID) -> Comment:
    comment = work.comments.find(comment_id, reader_id)
    if comment is None:
        raise NotFound("no such comment")
    return comment


def list_comments(work: UnitOfWork, reader_id: UUID, post_id: UUID, cursor: str | None, limit: int) -> Page[Comment]:
    """At the top level, oldest first, each with how many replies there are."""
    checked_limit(limit)
    after = work.read_cursor(COMMENTS, cursor) if cursor else None
    found = work.comments.list_of_post(reader_id, post_id, after, limit + 1)
    if not found:
        get_post(work, post_id, reader_id)
    return page_of(found, limit, lambda comment: work.sign_cursor(COMMENTS, Place(comment.created_at, comment.id)))


def list_replies(work: UnitOfWork, reader_id: UUID, comment_id: UUID, cursor: str | None, limit: int) -> Page[Comment]:
    """To a comment at the top level, oldest first."""
    checked_limit(limit)
    after = work.read_cursor(REPLIES, cursor) if cursor else None
    found = work.comments.list_replies(reader_id, comment_id, after, limit + 1)
    if not found:
        get_comment(work, comment_id, reader_id)
    return page_of(found, limit, lambda comment: work.sign_cursor(REPLIES, Place(comment.created_at, comment.id)))


def edit_comment(
    work: UnitOfWork, *, comment_id: UUID, author_id: UUID, version: int, body: str, clock: Clock
) -> Comment:
    """`version` is the one the writer saw.

    Raises:
        PreconditionFailed: it was edited since.
    """
    before = get_comment(work, comment_id, author_id)
    if before.author is None or before.author.id != author_id:
        raise NotAllowed("this comment is another person's")
    unchanged(before.version, version)
    text = policy.body(body)
    after = replace(
        before,
        body=text,
        entities=spoken_of(work, author_id, text),
        edited_at=clock.now(),
        version=before.version + 1,
    )
    if not work.comments.change(before, after):
        raise PreconditionFailed("it was changed since; read it again")
    earlier = told(author_id, before.entities)
    fresh = [user_id for user_id in told(author_id, after.entities) if user_id not in earlier]
    announce_mentions(work, before.author, fresh, clock, post_id=before.post_id, comment_id=comment_id)
    return after


def delete_comment(work: UnitOfWork, comment_id: UUID, user_id: UUID, clock: Clock) -> None:
    """By who wrote it, also where they no longer see the post, or who wrote the post. Replies to it stay."""
    comment = work.comments.find_own(comment_id, user_id) or _below_own_post(work, comment_id, user_id)
    if not work.comments.remove(comment, clock.now()):
        raise NotFound("no such comment")
    # Told to nobody: what counts a post's comments takes one off by it.
    work.record(
        Activity(
            id=new_id(),
            kind="comment.removed",
            actor_id=user_id,
            channel=None,
            payload=_short(comment),
            occurred_at=clock.now(),
        )
    )


def _below_own_post(work: UnitOfWork, comment_id: UUID, user_id: UUID) -> Comment:
    comment = get_comment(work, comment_id, user_id)
    if comment.author is None or get_post(work, comment.post_id, user_id).author.id != user_id:
        raise NotAllowed("this comment is another person's")
    return comment


def _told(comment: Comment, author: Author, channel: str | None) -> Activity:
    return Activity(
        id=new_id(),
        kind="comment.created",
        actor_id=author.id,
        channel=channel,
        payload=_short(comment) | {"author": author_payload(author)},
        occurred_at=comment.created_at,
    )


def _short(comment: Comment) -> dict[str, str | None]:
    parent_id = None if comment.parent_id is None else str(comment.parent_id)
    return {"post_id": str(comment.post_id), "comment_id": str(comment.id), "parent_id": parent_id}


def _parent(work: UnitOfWork, post_id: UUID, parent_id: UUID, reader_id: UUID) -> Comment:
    parent = work.comments.find(parent_id, reader_id)
    if parent is None or parent.post_id != post_id or parent.author is None:
        raise NotFound("no such comment", FieldError("parent_id", "is no comment of this post"))
    return parent
