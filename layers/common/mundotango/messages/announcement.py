"""What people are told of messages: each member on a channel of their own, so that a block holds whoever sent it."""

from collections.abc import Iterable
from uuid import UUID

from mundotango.conversations.announcement import activity
from mundotango.messages.model import Message, message_payload
from mundotango.ports import Clock
from mundotango.realtime.model import fits, user_channel
from mundotango.work import UnitOfWork


def announce(work: UnitOfWork, message: Message, author_id: UUID, told: Iterable[UUID], clock: Clock) -> None:
    """To the author's own devices too. Of a message that no frame can carry, which it is."""
    payload = message_payload(message)
    if not fits(payload):
        payload = {"id": str(message.id), "conversation_id": str(message.conversation_id)}
    for user_id in (author_id, *told):
        work.record(activity("message.created", author_id, user_channel(user_id), payload, clock))


def announce_removal(
    work: UnitOfWork, conversation_id: UUID, message_id: UUID, actor_id: UUID | None, told: Iterable[UUID], clock: Clock
) -> None:
    payload = {"id": str(message_id), "conversation_id": str(conversation_id)}
    for user_id in told:
        work.record(activity("message.removed", actor_id, user_channel(user_id), payload, clock))
