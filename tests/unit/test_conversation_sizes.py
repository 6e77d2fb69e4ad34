"""What a page of conversations, and of messages, may weigh at most, where something takes no more."""

import json
from typing import Any

from mundotango import ids
from mundotango.conversations.model import Conversation, Member, conversation_payload
from mundotango.conversations.policy import LONGEST_TITLE, MOST_MEMBERS
from mundotango.messages.model import Message, message_payload
from mundotango.messages.policy import LONGEST_TEXT, MOST_PICTURES
from mundotango.pagination import LARGEST_LIMIT
from mundotango.posts.policy import LONGEST_ALT
from tests.unit.test_post_sizes import ATTRIBUTION, BLURHASH, LARGEST_ANSWER, NOTE, NOW, largest, variants


def the_largest() -> Message:
    media_id = ids.new_id()
    picture: dict[str, Any] = {
        "id": str(media_id), "alt": NOTE * LONGEST_ALT, "width": 1600, "height": 1600, "blurhash": BLURHASH,
        "color": "#c81e1e", "animated": False, "attribution": NOTE * ATTRIBUTION,
        "variants": variants(media_id, "message"),
    }  # fmt: skip
    author = largest("x").author
    return Message(ids.new_id(), ids.new_id(), author, NOTE * LONGEST_TEXT, (picture,) * MOST_PICTURES, NOW)


def answered(item: dict[str, Any]) -> int:
    """What a function answers is JSON that has the JSON in a string."""
    body = json.dumps([item] * LARGEST_LIMIT, ensure_ascii=False)
    return len(json.dumps({"body": body}, ensure_ascii=False).encode())


def test_a_page_of_the_largest_messages_is_an_answer() -> None:
    assert answered(message_payload(the_largest())) <= LARGEST_ANSWER


def test_a_page_of_the_largest_conversations_is_an_answer() -> None:
    last = the_largest()
    assert last.author is not None
    members = (Member(last.author, "requested", ids.new_id()),) * MOST_MEMBERS
    conversation = Conversation(
        ids.new_id(), "group", NOTE * LONGEST_TITLE, NOW, "requested", ids.new_id(), NOW, members, last, 100
    )
    assert answered(conversation_payload(conversation)) <= LARGEST_ANSWER
