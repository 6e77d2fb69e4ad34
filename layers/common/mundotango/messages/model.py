"""What is said in a conversation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mundotango.media.model import shown_picture
from mundotango.posts.model import Author, author_payload, moment_payload


@dataclass(frozen=True, slots=True)
class Message:
    """One that was `deleted` is an empty place; without an author, who wrote it is gone.

    `media` are pictures as they were copied from their rows, each with its `alt`.
    """

    id: UUID
    conversation_id: UUID
    author: Author | None
    text: str
    media: tuple[dict[str, Any], ...]
    created_at: datetime
    deleted: bool = False


def message_payload(message: Message) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "conversation_id": str(message.conversation_id),
        "author": None if message.author is None else author_payload(message.author),
        "text": message.text,
        "media": [shown_picture(picture) for picture in message.media],
        "created_at": moment_payload(message.created_at),
        "deleted": message.deleted,
    }
