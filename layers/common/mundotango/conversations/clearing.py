"""Deletes what was said in conversations that everybody has left, and their pictures.

In short steps, each of which may be done twice: a run that is cut off is completed by the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mundotango.attachments.service import release
from mundotango.observability import logger

if TYPE_CHECKING:
    from uuid import UUID

    from mundotango.bootstrap import Platform

# In one run, and of one conversation's messages in one step.
_CONVERSATIONS, _MESSAGES = 1000, 100
# A page takes far less; this is for a database that is slow today.
STEP_SECONDS = 20.0


class _OutOfTime(Exception):
    """What is left is for the next run."""


def clear_conversations(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """`cleared` are conversations; one that fails holds up no other."""
    cleared, failed = 0, 0
    with platform.unit_of_work() as work:
        ended = work.conversations.list_ended(_CONVERSATIONS)
    for conversation_id in ended:
        try:
            while _clear_page(platform, conversation_id):
                if time_left() < STEP_SECONDS:
                    raise _OutOfTime
            cleared += 1
        except _OutOfTime:
            return {"done": False, "cleared": cleared, "failed": failed}
        except Exception as failure:  # noqa: BLE001 - told here, and the call counts as a failed one at its end
            failed += 1
            said = {"conversation_id": str(conversation_id), "cause": type(failure).__name__}
            logger().exception("not cleared", extra=said)
    return {"done": len(ended) < _CONVERSATIONS, "cleared": cleared, "failed": failed}


def _clear_page(platform: Platform, conversation_id: UUID) -> bool:
    """Whether there may be more. Owners of pictures are held before the conversation, in the order of a sender."""
    with platform.unit_of_work() as work:
        page = work.messages.oldest_of(conversation_id, _MESSAGES)
        pictures = [each for shown in page.values() for each in shown]
        work.users.hold([owner_id for owner_id, _ in pictures])
        if not work.conversations.hold_ended(conversation_id):
            return False
        if not page:
            work.conversations.remove_ended(conversation_id)
            return False
        work.messages.remove(list(page))
        for owner_id, media_id in pictures:
            release(work, owner_id, [media_id], platform.clock)
    return True
