"""The steps of the story that are about messages, one of them with a socket that is cut in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devstack.expectations import FRAME_SECONDS, same

if TYPE_CHECKING:
    from devstack.people import Person
    from devstack.story import Story


def ask_to_talk(story: Story) -> None:
    """Ana does not follow Bruno, so his first message asks; his own other devices are told it as well."""
    opened = story.bruno.ask("POST", "/api/conversations", 201, json={"members": [story.handle("ana")]})
    story.conversation_id = opened["id"]
    asked = _say(story, story.bruno, "¿Venís esta noche?")
    found = story.sockets["ana"].expect("conversation.updated", FRAME_SECONDS)["data"]
    same("state for Ana", (found["state"], found["last_message"]["id"]), ("requested", asked["id"]))
    same("message to Bruno", _heard(story, "bruno"), asked["id"])
    second = story.bruno.request("POST", _messages(story), json={"text": "¿Estás?"})
    same("status of a second message", second.status_code, 409)


def accept_and_answer(story: Story) -> None:
    story.ana.ask("POST", f"/api/conversations/{story.conversation_id}/accept")
    answer = _say(story, story.ana, "Sí, a las diez.")
    for name in ("bruno", "ana"):
        same(f"message to {name}", _heard(story, name), answer["id"])


def lose_socket_meanwhile(story: Story) -> None:
    """Who was away gets what was missed, on each channel, and what was told before or again not a second time."""
    socket = story.sockets["bruno"]
    socket.go_away()
    post, missed = story.ana.post("Ya salgo.", city=story.city), _say(story, story.ana, "Ya salgo.")
    socket.come_back()
    same("post", socket.expect("post.created", FRAME_SECONDS)["data"]["id"], post["id"])
    same("message", _heard(story, "bruno"), missed["id"])
    live = _say(story, story.ana, "Llegué.")
    same("message after it", _heard(story, "bruno"), live["id"])


def read_messages(story: Story) -> None:
    """What was told live stands in the history too, newest first; the other's devices see how far it was read."""
    items = story.bruno.ask("GET", _messages(story))["items"]
    same(
        "messages", [item["text"] for item in items], ["Llegué.", "Ya salgo.", "Sí, a las diez.", "¿Venís esta noche?"]
    )
    story.sockets["ana"].subscribe(f"conversation:{story.conversation_id}")
    path = f"/api/conversations/{story.conversation_id}/read"
    story.bruno.ask("PUT", path, 204, json={"message_id": items[0]["id"]})
    frame = story.sockets["ana"].expect("conversation.read", FRAME_SECONDS)
    same("read by Bruno", (frame["data"]["user_id"], frame["data"]["message_id"]), (_id(story.bruno), items[0]["id"]))


def _messages(story: Story) -> str:
    return f"/api/conversations/{story.conversation_id}/messages"


def _say(story: Story, person: Person, text: str) -> Any:
    return person.ask("POST", _messages(story), 201, json={"text": text})


def _heard(story: Story, name: str) -> str:
    """The id of the next message that this person's socket is told."""
    return str(story.sockets[name].expect("message.created", FRAME_SECONDS)["data"]["id"])


def _id(person: Person) -> str:
    return str(person.profile["id"])
