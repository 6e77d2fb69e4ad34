from uuid import UUID

from mundotango.comments.model import Comment
from mundotango.text import clean

LONGEST_BODY = 2000


def body(value: str) -> str:
    return clean("body", value, longest=LONGEST_BODY, lines=True)


def may_delete(user_id: UUID, comment: Comment, post_author_id: UUID) -> bool:
    """Whoever wrote it, and whoever wrote what stands above it."""
    return comment.author is not None and user_id in (comment.author.id, post_author_id)
