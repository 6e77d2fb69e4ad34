from typing import Annotated

from fastapi import APIRouter, Query, Response

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id
from functions.api.schemas.conversations import (
    ConversationBody,
    ConversationChanges,
    ConversationPage,
    MessageBody,
    MessagePage,
    MessageReadMark,
    NewConversation,
    NewMembers,
    NewMessage,
    UnreadConversationsBody,
)
from functions.api.schemas.problems import refusals
from functions.api.standing import open_to_suspended
from mundotango.conversations import service
from mundotango.conversations.model import Conversation, Shown, conversation_payload
from mundotango.messages import service as messages
from mundotango.messages.model import Message, message_payload
from mundotango.pagination import DEFAULT_LIMIT

router = APIRouter(prefix="/api/conversations", tags=["messages"])


@router.post(
    "",
    status_code=201,
    responses=refusals(404, 409, body=True)
    | {200: {"model": ConversationBody, "description": "The two have had one; this is it."}},
)
@access(201, owner=422, blocked=404, suspended=403)
async def open_conversation(
    asked: NewConversation, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> ConversationBody:
    """Begins a group, or opens the conversation of two: there is one, whoever opens it.

    Who follows the caller takes part at once. Everybody else is asked: of two, by the first message.
    """
    conversation, begun = service.open_conversation(work, caller.user_id, asked.members, asked.title, platform.clock)
    response.status_code = 201 if begun else 200
    return _changed(conversation, response)


@router.get("", responses=refusals(400))
@access(200)
async def list_conversations(
    caller: CallerDep,
    work: ReadDep,
    state: Annotated[Shown, Query(description="`requested`: those that wait for the caller's answer.")] = "active",
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> ConversationPage:
    """The caller's own, those with the newest message first."""
    page = service.list_conversations(work, caller.user_id, state, cursor, limit)
    return ConversationPage(items=[_body(found) for found in page.items], next_cursor=page.next_cursor)


@router.get("/unread", responses=refusals())
@access(200)
async def count_unread_conversations(caller: CallerDep, work: ReadDep) -> UnreadConversationsBody:
    """In how many conversations there is something that the caller has not read."""
    return UnreadConversationsBody(conversations=work.conversations.count_unread(caller.user_id))


@router.get("/{conversation_id}", responses=refusals(404))
@access(404, owner=200, stranger=200)
async def get_conversation(conversation_id: Id, caller: CallerDep, work: ReadDep) -> ConversationBody:
    """For who takes part or is asked to; of two, while they see each other."""
    return _body(service.get_conversation(work, conversation_id, caller.user_id))


@router.patch("/{conversation_id}", responses=refusals(404, 409, body=True))
@access(404, owner=200, stranger=200, suspended=403)
async def rename_conversation(
    conversation_id: Id, asked: ConversationChanges, caller: CallerDep, work: WorkDep, platform: PlatformDep
) -> ConversationBody:
    """A group's title, by whoever takes part."""
    return _body(service.rename(work, conversation_id, caller.user_id, asked.title, platform.clock))


@router.post("/{conversation_id}/members", responses=refusals(404, 409, body=True))
@access(404, owner=422, stranger=200, suspended=403)
async def add_members(
    conversation_id: Id,
    asked: NewMembers,
    caller: CallerDep,
    work: WorkDep,
    platform: PlatformDep,
    response: Response,
) -> ConversationBody:
    """To a group, by whoever takes part. Who does not follow the caller is asked, and so is who has left before.

    They see what is said from then on.
    """
    conversation = service.add_members(work, conversation_id, caller.user_id, asked.members, platform.clock)
    return _changed(conversation, response)


@router.delete("/{conversation_id}/members/me", status_code=204, responses=refusals(404))
@access(404, owner=204, stranger=204)
@open_to_suspended
async def leave_conversation(conversation_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> None:
    """It goes from the caller's lists with what was said in it. Of two the other is not told, and may write again.

    What everybody has left is deleted within a day.
    """
    service.leave(work, conversation_id, caller.user_id, platform.clock)


@router.post("/{conversation_id}/accept", responses=refusals(404))
@access(404, owner=200, stranger=200, suspended=403)
async def accept_conversation(
    conversation_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> ConversationBody:
    """What the caller was asked. Accepting twice is accepting once; replying accepts too."""
    return _changed(service.accept(work, conversation_id, caller.user_id, platform.clock), response)


@router.post("/{conversation_id}/decline", status_code=204, responses=refusals(404, 409))
@access(404, owner=409, stranger=409)
@open_to_suspended
async def decline_conversation(conversation_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep) -> None:
    """Whoever asked is not told, and reaches the caller no more by it."""
    service.decline(work, conversation_id, caller.user_id, platform.clock)


@router.get("/{conversation_id}/messages", responses=refusals(400, 404))
@access(404, owner=200, stranger=200)
async def list_messages(
    conversation_id: Id, caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> MessagePage:
    """Newest first, from when the caller joined; of people whom the caller sees."""
    page = messages.list_messages(work, conversation_id, caller.user_id, cursor, limit)
    return MessagePage(items=[_said(message) for message in page.items], next_cursor=page.next_cursor)


@router.post("/{conversation_id}/messages", status_code=201, responses=refusals(404, 409, body=True))
@access(404, owner=201, suspended=403)
async def send_message(
    conversation_id: Id,
    asked: NewMessage,
    caller: CallerDep,
    work: WorkDep,
    platform: PlatformDep,
    response: Response,
) -> MessageBody:
    """Told at once to who takes part. The first one to somebody who does not follow the caller asks them; until they
    accept, or reply, there is no second one: 409.

    Pictures are at addresses that nobody guesses, as all are: whoever is given one can open it.
    """
    message = messages.send(
        work,
        platform.media,
        conversation_id=conversation_id,
        author_id=caller.user_id,
        text=asked.text,
        media=[(attached.id, attached.alt) for attached in asked.media],
        clock=platform.clock,
    )
    response.headers["location"] = f"/api/conversations/{conversation_id}/messages/{message.id}"
    return _said(message)


@router.get("/{conversation_id}/messages/{message_id}", responses=refusals(404))
@access(404, owner=200, stranger=200)
async def get_message(conversation_id: Id, message_id: Id, caller: CallerDep, work: ReadDep) -> MessageBody:
    """One message, where the caller sees it."""
    return _said(messages.get_message(work, conversation_id, message_id, caller.user_id))


@router.delete("/{conversation_id}/messages/{message_id}", status_code=204, responses=refusals(404))
@access(404, owner=204)
@open_to_suspended
async def delete_message(
    conversation_id: Id, message_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep
) -> None:
    """The caller's own, with its pictures, also where they have left. An empty place stays."""
    messages.delete_message(work, conversation_id, message_id, caller.user_id, platform.clock)


@router.put("/{conversation_id}/read", status_code=204, responses=refusals(404, body=True))
@access(404, owner=204, stranger=204, suspended=403)
async def mark_messages_read(
    conversation_id: Id, asked: MessageReadMark, caller: CallerDep, work: WorkDep, platform: PlatformDep
) -> None:
    """Everything up to this message. A mark never goes back; others who take part see it."""
    messages.mark_read(work, conversation_id, asked.message_id, caller.user_id, platform.clock)


def _changed(conversation: Conversation, response: Response) -> ConversationBody:
    response.headers["location"] = f"/api/conversations/{conversation.id}"
    return _body(conversation)


def _body(conversation: Conversation) -> ConversationBody:
    return ConversationBody.model_validate(conversation_payload(conversation))


def _said(message: Message) -> MessageBody:
    return MessageBody.model_validate(message_payload(message))
