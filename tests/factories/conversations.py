"""People who write to each other over the API, and what they are told of it."""

from typing import Any
from uuid import UUID

from mundotango.realtime.model import user_channel
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Answer, Gateway

PATH = "/api/conversations"


def opened(gateway: Gateway, user_id: UUID, *handles: str, title: str = "") -> str:
    answer = gateway.post(PATH, user=user_id, json={"members": handles, "title": title})
    assert answer.status in (200, 201), answer.text
    return str(answer.json()["id"])


def say(gateway: Gateway, user_id: UUID, conversation_id: str, text: str = "Hola", **more: Any) -> Answer:
    return gateway.post(f"{PATH}/{conversation_id}/messages", user=user_id, json={"text": text} | more)


def said(gateway: Gateway, user_id: UUID, conversation_id: str, text: str = "Hola") -> str:
    answer = say(gateway, user_id, conversation_id, text)
    assert answer.status == 201, answer.text
    return str(answer.json()["id"])


def listed(gateway: Gateway, user_id: UUID, state: str = "active") -> list[dict[str, Any]]:
    answer = gateway.get(PATH, user=user_id, query={"state": state})
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def history(gateway: Gateway, user_id: UUID, conversation_id: str) -> list[str]:
    """What was said, oldest first; of an empty place nothing."""
    answer = gateway.get(f"{PATH}/{conversation_id}/messages", user=user_id)
    assert answer.status == 200, answer.text
    return [message["text"] for message in reversed(answer.json()["items"])]


def seen(gateway: Gateway, user_id: UUID, conversation_id: str) -> dict[str, Any]:
    answer = gateway.get(f"{PATH}/{conversation_id}", user=user_id)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(announced: FakeActivities, user_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    """What this person was told since it was last asked for, by kind."""
    theirs = [each for each in announced.appended if each.channel == user_channel(user_id)]
    announced.appended = [each for each in announced.appended if each not in theirs]
    return [(each.activity.kind, each.activity.payload) for each in theirs]


def kinds(announced: FakeActivities, user_id: UUID) -> list[str]:
    return [kind for kind, _ in told(announced, user_id)]
