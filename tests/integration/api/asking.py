"""What tests of what is told ask of the API, and how they read what it announced."""

from typing import Any
from uuid import UUID

from mundotango import ids
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway


def post(gateway: Gateway, author: UUID, body: str = "¿Quién baila?", **more: Any) -> str:
    answer = gateway.post("/api/posts", user=author, json={"body": body} | more)
    assert answer.status == 201, answer.text
    return str(answer.json()["id"])


def moderate(gateway: Gateway, method: str, path: str, **sent: Any) -> None:
    answer = gateway.call(method, f"/api/moderation/{path}", user=ids.new_id(), groups=("moderators",), **sent)
    assert answer.status == 204, answer.text


def told(announced: FakeActivities, *kinds: str) -> list[tuple[str, str]]:
    """The kind and the channel of each, in the order of being told."""
    return [(each.activity.kind, each.channel) for each in announced.appended if each.activity.kind in kinds]
