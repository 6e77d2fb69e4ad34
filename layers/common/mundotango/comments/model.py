"""What is said below a post, two levels deep: comments, and replies to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mundotango.posts.entities import Entity, entity_payload
from mundotango.posts.model import Author, author_payload, moment_payload


@dataclass(frozen=True, slots=True)
class Comment:
    """Without an author it was deleted, and its place is kept for the replies below it.

    `parent_id` is the comment it replies to, None at the top level. `replies` counts those its reader sees.
    """

    id: UUID
    post_id: UUID
    parent_id: UUID | None
    author: Author | None
    body: str
    entities: tuple[Entity, ...]
    created_at: datetime
    edited_at: datetime | None
    version: int
    replies: int = 0


def comment_payload(comment: Comment) -> dict[str, Any]:
    return {
        "id": str(comment.id),
        "post_id": str(comment.post_id),
        "parent_id": None if comment.parent_id is None else str(comment.parent_id),
        "author": None if comment.author is None else author_payload(comment.author),
        "body": comment.body,
        "entities": [entity_payload(entity) for entity in comment.entities],
        "created_at": moment_payload(comment.created_at),
        "edited_at": None if comment.edited_at is None else moment_payload(comment.edited_at),
        "version": comment.version,
        "deleted": comment.author is None,
        "replies": comment.replies,
    }
