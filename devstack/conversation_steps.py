"""The steps of the story that are about a message, one of them with a socket that is cut in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devstack.expectations import FRAME_SECONDS, expect, same

if TYPE_CHECKING:
    from devstack.story import Story


def write_message(story: Story) -> None:
    """Bruno follows Ana, so she need not ask first; her own other devices are told as well."""
    made = _say(story, "¿Venís esta noche?")
    for name in ("bruno", "ana"):
        heard = story.sockets[name].expect("message.created", FRAME_SECONDS)["data"]
        same(f"message to {name}", (heard["id"], heard["text"]), (made["id"], made["text"]))


def lose_socket_meanwhile(story: Story) -> None:
    """Bruno's socket is cut; a post and a message are made meanwhile, and he is told of both when he is back. What he
    had heard before does not come again: it would come first."""
    socket = story.sockets["bruno"]
    socket.go_away()
    post, message = story.ana.post("Ya salgo.", city=story.city), _say(story, "Ya salgo.")
    socket.come_back()
    same("post", socket.expect("post.created", FRAME_SECONDS)["data"]["id"], post["id"])
    same("message", socket.expect("message.created", FRAME_SECONDS)["data"]["id"], message["id"])


def read_messages(story: Story) -> None:
    """What was told live stands in the history too, newest first."""
    path = f"/api/conversations/{_conversation(story)}/messages"
    said = [message["text"] for message in story.bruno.ask("GET", path)["items"]]
    same("messages", said, ["Ya salgo.", "¿Venís esta noche?"])


def _say(story: Story, text: str) -> Any:
    return story.ana.ask("POST", f"/api/conversations/{_conversation(story)}/messages", 201, json={"text": text})


def _conversation(story: Story) -> str:
    """Of the two there is one: it is made when first asked for, and answered again from then on."""
    answer = story.ana.request("POST", "/api/conversations", json={"members": [story.handle("bruno")]})
    expect(answer.status_code in (200, 201), "the conversation of the two", answer.text[:200])
    return str(answer.json()["id"])
