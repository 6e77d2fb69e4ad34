"""What people are told of their conversations, and what is copied of who takes part."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from mundotango.conversations.model import conversation_payload
from mundotango.ids import new_id
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, Kind, conversation_channel, fits, user_channel
from mundotango.work import UnitOfWork


def announce(
    work: UnitOfWork, conversation_id: UUID, told: Iterable[UUID], actor_id: UUID, unseen: set[UUID], clock: Clock
) -> None:
    """To each of these people the conversation as they find it now; of one that no frame can carry, which it is.

    Those in `unseen` do not see who acted: theirs says nothing of them, so it may reach them.
    """
    for user_id in dict.fromkeys(told):
        found = work.conversations.find(conversation_id, user_id)
        if found is None:
            continue
        payload = conversation_payload(found)
        work.record(
            activity(
                "conversation.updated",
                None if user_id in unseen else actor_id,
                user_channel(user_id),
                payload if fits(payload) else {"id": str(conversation_id)},
                clock,
            )
        )


def announce_end(work: UnitOfWork, conversation_id: UUID, user_id: UUID, state: str, clock: Clock) -> None:
    """To the devices of somebody who left or declined: there it is no more."""
    payload = {"id": str(conversation_id), "state": state}
    work.record(activity("conversation.updated", user_id, user_channel(user_id), payload, clock))


def announce_read(work: UnitOfWork, conversation_id: UUID, user_id: UUID, message_id: UUID, clock: Clock) -> None:
    payload = {"conversation_id": str(conversation_id), "user_id": str(user_id), "message_id": str(message_id)}
    for channel in (conversation_channel(conversation_id), user_channel(user_id)):
        work.record(activity("conversation.read", user_id, channel, payload, clock))


def membership(conversation_id: UUID, user_id: UUID, clock: Clock, *, joined: bool) -> Activity:
    """Told to nobody: the relay keeps the copy of who takes part by it."""
    payload = {"conversation_id": str(conversation_id), "user_id": str(user_id)}
    return activity("conversation.joined" if joined else "conversation.left", user_id, None, payload, clock)


def activity(kind: Kind, actor_id: UUID | None, channel: str | None, payload: dict[str, Any], clock: Clock) -> Activity:
    return Activity(
        id=new_id(), kind=kind, actor_id=actor_id, channel=channel, payload=payload, occurred_at=clock.now()
    )
