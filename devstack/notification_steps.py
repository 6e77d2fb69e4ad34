"""The steps of the story that are about notifications: several likes in one, and the mail of those not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devstack import outbox, push_service
from devstack.browser import Browser
from devstack.expectations import FRAME_SECONDS, expect, same
from operations import digests
from operations.deployed import Deployed

if TYPE_CHECKING:
    from devstack.story import Story


def join(story: Story) -> None:
    story.carla.make()
    story.carla.sign_in()
    story.carla.create_profile(handle=story.handle("carla"), display_name="Carla", city=story.city)


def register_browser(story: Story) -> str:
    """Only a browser's maker gives addresses that a deployed stack would send to: there its key is all that is seen."""
    key = story.stack.viewer.get("/api/public/push/key")
    if not story.stack.aws.endpoint:
        return "left out: this browser has no address there" + ("" if key.is_success else ", and there is no key")
    same("length of the key", len(key.json()["key"]), 87)
    story.browser = Browser(f"{story.stack.parameter('PushServices')}/send/{story.tag}")
    story.ana.register(story.browser)
    return str(story.ana.ask("GET", "/api/push/devices")["items"][0]["service"])


def hear_of_two_likes(story: Story) -> None:
    """One notification, of both. It may be told of one of them first."""
    for person in (story.bruno, story.carla):
        person.react(story.post["id"])
    item: Any = None
    while item is None or (item["kind"], item["count"]) != ("like", 2):
        item = story.sockets["ana"].expect("notification.updated", FRAME_SECONDS)["data"]["notification"]
    same("people, newest first", item["actor_ids"], [story.carla.profile["id"], story.bruno.profile["id"]])


def show_push(story: Story) -> str:
    """What the first like woke; the second is told within the minute, in its place."""
    if story.browser is None:
        return "left out, as no browser is registered"
    shown = push_service.await_push(story.browser)[0]
    same("what it is about", (shown["kind"], shown["url"]), ("like", f"/posts/{story.post['id']}"))
    expect(len(push_service.sent_to(story.browser)) == 1, "one push within a minute", "more")
    return str(shown["body"])


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
    """Of what Bruno has not read, at once and whatever the hour. What the local cloud was to send is looked at;
    elsewhere, that it is recorded as sent."""
    story.ana.post(f"Gracias, @{story.handle('bruno')}.", city=story.city)
    story.sockets["bruno"].expect("notification.updated", FRAME_SECONDS)
    aws, mailbox = story.stack.aws, story.bruno.email
    if not aws.endpoint:
        sent = _send_digest(story)
        return f"{sent.unread} unread, mailed" if sent.written else f"none: {sent.reason}"
    before = len(outbox.received(aws, mailbox))  # Cognito writes to people too
    sent = _send_digest(story)
    expect(sent.written, "a mail", sent.reason)
    story.mail = outbox.await_mail(aws, mailbox, before + 1)[-1]
    expect("Ana" in story.mail.subject, "who it was, in the subject", story.mail.subject)
    return story.mail.subject


def end_digests(story: Story) -> None:
    """By the one click of a mailbox (RFC 8058). A mail that went elsewhere cannot be clicked in: there he says so."""
    preferences = "/api/notifications/preferences"
    if story.mail is not None:
        answer = story.stack.viewer.post(story.mail.unsubscribe, data={"List-Unsubscribe": "One-Click"})
        same("status of the click", answer.status_code, 200)
    else:
        story.bruno.ask("PUT", preferences, json=story.bruno.ask("GET", preferences) | {"digest": "never"})
    same("digests", story.bruno.ask("GET", preferences)["digest"], "never")
    expect(not _send_digest(story).written, "no mail any more", "another one")


def _send_digest(story: Story) -> digests.Sent:
    aws = story.stack.aws
    return digests.send(Deployed(aws.session, story.stack.name, aws.endpoint), story.bruno.profile["id"])
