from typing import Annotated

from pydantic import Field

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment
from functions.api.schemas.posts import Attachment, AuthorBody, PictureBody
from mundotango.conversations.model import ConversationKind, Shown
from mundotango.conversations.policy import LONGEST_TITLE, MOST_COUNTED, MOST_MEMBERS
from mundotango.messages.policy import LONGEST_TEXT, MOST_PICTURES

# As with texts: the policy says how many, this only keeps a request from being absurd.
_Handles = Annotated[list[Line], Field(max_length=50)]


class NewConversation(Asked):
    members: _Handles = Field(
        description=f"Handles of the others: one and no title is the conversation of two, else a group of up to "
        f"{MOST_MEMBERS} with the caller."
    )
    title: Line = Field(default="", description=f"Of a group, up to {LONGEST_TITLE} characters.")


class ConversationChanges(Asked):
    title: Line


class NewMembers(Asked):
    members: _Handles


class NewMessage(Asked):
    text: Lines = Field(default="", description=f"Up to {LONGEST_TEXT:,} characters; may be empty beside a picture.")
    media: list[Attachment] = Field(
        default=[],
        max_length=50,
        description=f"Up to {MOST_PICTURES} of the caller's pictures, made for a `message` and ready.",
    )


class MessageReadMark(Asked):
    message_id: Id


class MemberBody(AuthorBody):
    state: Shown = Field(description="`requested` of who has not accepted.")
    read_up_to: Id | None = Field(description="The last message they have read; null of who only was asked.")


class MessageBody(Answered):
    id: Id = Field(description="Sorts as it was said within its conversation.")
    conversation_id: Id
    author: AuthorBody | None = Field(description="null where they are gone from the platform.")
    text: str
    media: list[PictureBody]
    created_at: Moment
    deleted: bool = Field(description="An empty place.")


class MessagePage(Answered):
    items: list[MessageBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


class ConversationBody(Answered):
    id: Id
    kind: ConversationKind
    title: str
    created_at: Moment
    state: Shown = Field(description="The caller's own: `requested` until they accept, or reply.")
    read_up_to: Id | None = Field(description="The last message that the caller has read.")
    active_at: Moment = Field(description="What the list is ordered by: when the last message for the caller was.")
    members: list[MemberBody] = Field(description="Those whom the caller sees, the caller among them.")
    last_message: MessageBody | None
    unread: int = Field(description=f"Others' messages after `read_up_to`; {MOST_COUNTED} means as many or more.")


class ConversationPage(Answered):
    items: list[ConversationBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


class UnreadConversationsBody(Answered):
    conversations: int = Field(description=f"With something unread; {MOST_COUNTED} means as many or more.")
