"""The steps of the story that are about notifications: several likes in one, and the mail of those not read."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from devstack.expectations import FRAME_SECONDS, expect, same
from devstack.people import Person

if TYPE_CHECKING:
    from devstack.story import Story


def hear_of_two_likes(story: Story) -> None:
    """Bruno and a passer-by like Ana's post: one notification, of both."""
    carla = Person(story.stack, f"carla.{story.tag}@example.org", f"Corrientes-348-{secrets.token_hex(8)}")
    carla.make()
    try:
        carla.sign_in()
        carla.create_profile(handle=story.handle("carla"), display_name="Carla", city=story.city)
        for person in (story.bruno, carla):
            person.react(story.post["id"])
        item = _of_two(story)
    finally:
        carla.remove()
    same("people, newest first", item["actor_ids"], [carla.profile["id"], story.bruno.profile["id"]])


def read_notifications(story: Story) -> str:
    """Who they are stands in the list; what was read is read on every device."""
    page = story.ana.ask("GET", "/api/notifications")
    (item,) = [each for each in page["items"] if each["kind"] == "like"]
    same("names, newest first", [each["display_name"] for each in item["actors"]], ["Carla", "Bruno"])
    story.ana.ask("PUT", "/api/notifications/read", json={"up_to": page["newest"]})
    frame = story.sockets["ana"].expect("notifications.read", FRAME_SECONDS)
    same("unread", frame["data"]["unread"], 0)
    return f"{item['actors'][0]['display_name']} and {item['count'] - 1} more"


def receive_digest(story: Story) -> str:
    """Of what Bruno has not read, at once and whatever the hour; on the local cloud its mail is looked at as well."""
    from devstack import outbox  # type: ignore[attr-defined]
    from operations import digests  # type: ignore[attr-defined]
    from operations.deployed import Deployed

    aws = story.stack.aws
    story.ana.post(f"Gracias, @{story.handle('bruno')}.", city=story.city)
    story.sockets["bruno"].expect("notification.updated", FRAME_SECONDS)
    sent = digests.send(Deployed(aws.session, story.stack.name, aws.endpoint), story.bruno.profile["id"])
    expect(sent.written, "a mail", sent.reason)
    if not aws.endpoint:
        return f"{sent.unread} unread, mailed"
    mail = outbox.await_mail(aws, story.bruno.email)[-1]
    expect("Ana" in mail.subject and mail.unsubscribe in mail.text, "who it was, and how to end this", mail.subject)
    return str(mail.subject)


def _of_two(story: Story) -> Any:
    """The notification of likes as it is told last: it may be told of one first."""
    while True:
        item = story.sockets["ana"].expect("notification.updated", FRAME_SECONDS)["data"]["notification"]
        if item["kind"] == "like" and item["count"] == 2:
            return item
