"""Conversations of two and of small groups, and how people take part in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mundotango.messages.model import Message, message_payload
from mundotango.posts.model import Author, author_payload, moment_payload

ConversationKind = Literal["direct", "group"]
State = Literal["active", "requested", "declined", "left"]
Shown = Literal["active", "requested"]
"""How somebody takes part as others see it: nobody is told that they were declined."""

# Sorts before every message.
NOTHING = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a conversation, as another member sees them. `read_up_to` is of those alone who take part."""

    person: Author
    state: Shown
    read_up_to: UUID | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """As one member finds it: `state`, `read_up_to` and `unread` are their own, and of the others there are those whom
    they see. `unread` counts to 100 at most."""

    id: UUID
    kind: ConversationKind
    title: str
    created_at: datetime
    state: Shown
    read_up_to: UUID | None
    active_at: datetime
    members: tuple[Member, ...]
    last_message: Message | None
    unread: int


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody's place in a conversation, as the one who acts finds it: whether they see this person, and whether this
    person follows them."""

    user_id: UUID
    state: State
    joined_after: UUID
    seen: bool
    follows: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that nobody else changes until the transaction ends. `latest_id` is of its messages."""

    id: UUID
    kind: ConversationKind
    latest_id: UUID
    me: Seat
    others: tuple[Seat, ...]


def conversation_payload(conversation: Conversation) -> dict[str, Any]:
    last = conversation.last_message
    return {
        "id": str(conversation.id),
        "kind": conversation.kind,
        "title": conversation.title,
        "created_at": moment_payload(conversation.created_at),
        "state": conversation.state,
        "read_up_to": _id(conversation.read_up_to),
        "active_at": moment_payload(conversation.active_at),
        "members": [
            author_payload(member.person) | {"state": member.state, "read_up_to": _id(member.read_up_to)}
            for member in conversation.members
        ],
        "last_message": None if last is None else message_payload(last),
        "unread": conversation.unread,
    }


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)
