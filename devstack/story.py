"""The main job, step by step: a dancer signs up, posts a photograph, is liked and written to, and all are told at once.

Each step is a function that does one thing to the platform as its clients do and holds what comes against what must
come. They build on each other: what one makes, the next ones find in the `Story`.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.exceptions
import httpx
from websockets.exceptions import WebSocketException

from devstack import conversation_steps, event_steps, logs, notification_steps, photograph_steps
from devstack.browser import Browser
from devstack.expectations import FRAME_SECONDS, Unexpected, comes_to_nothing, expect, same
from devstack.listener import Listener
from devstack.outbox import Received
from devstack.people import Person, Picture, Refused
from devstack.stack import Stack
from operations.realtime import ChannelRefused, SocketEnded, SocketRefused
from operations.refusal import Refusal

ALT = "Couples dancing by a river"


@dataclass(slots=True)
class Story:
    """Three people, and what they have made so far. `picture` is what is posted."""

    stack: Stack
    picture: Picture
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    ana: Person = field(init=False)
    bruno: Person = field(init=False)
    carla: Person = field(init=False)
    sockets: dict[str, Listener] = field(default_factory=dict)
    upload: Any = None
    media: Any = None
    post: Any = None
    used_ticket: str = ""
    conversation_id: str = ""
    milonga: Any = None
    registrations: dict[str, str] = field(default_factory=dict)
    mail: Received | None = None
    browser: Browser | None = None

    def __post_init__(self) -> None:
        self.ana, self.bruno, self.carla = (self._person(name) for name in ("ana", "bruno", "carla"))

    def _person(self, name: str) -> Person:
        """Mails to them come back from nowhere: on AWS they have addresses of the simulator that SES keeps for that."""
        mailbox = f"{name}.{self.tag}@example.org"
        if not self.stack.aws.endpoint:
            mailbox = f"success+{name}.{self.tag}@simulator.amazonses.com"
        return Person(self.stack, mailbox, f"Corrientes-348-{secrets.token_hex(8)}")

    def handle(self, name: str) -> str:
        return f"{name}_{self.tag}"

    @property
    def city(self) -> str:
        """One that no reader's list shows, as the story may be told to a platform with real readers."""
        return f"Ensayo {self.tag}"

    def end(self) -> None:
        """Closes what is open and removes the identities; what they made stays: profiles, posts, a milonga."""
        for socket in self.sockets.values():
            socket.close()
        for person in (self.ana, self.bruno, self.carla):
            with suppress(botocore.exceptions.ClientError):
                person.remove()


@dataclass(frozen=True, slots=True)
class Step:
    """`act` may answer with what is worth telling of it."""

    title: str
    act: Callable[[Story], str | None]
    # It has a reason to take longer than the others' 2 s, such as the first call of a function.
    first_call: bool = False


def sign_up(story: Story) -> None:
    for person in (story.ana, story.bruno):
        person.sign_up()
        person.confirm()
        person.sign_in()
        expect(person.token, "an access token", "none")


def refuse_strangers(story: Story) -> None:
    """Whoever has no valid token stays outside: the gateway answers by itself, and no function is called.

    An expired one takes the pool's own key to make: tests/e2e/test_gateway.py tries it.
    """
    called = _calls(story)
    header, claims, signature = story.ana.token.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    other = base64.urlsafe_b64encode(json.dumps(told | {"sub": told["sub"][::-1]}).encode()).decode().rstrip("=")
    for token in ("", f"{header}.{other}.{signature}"):
        stranger = Person(story.stack, "", "", token)
        same("status", stranger.request("GET", "/api/feed").status_code, 401)
    same("calls of the API function", _calls(story) - called, 0)


def make_profiles(story: Story) -> None:
    for person, name in ((story.ana, "ana"), (story.bruno, "bruno")):
        made = person.create_profile(handle=story.handle(name), display_name=name.title(), city=story.city)
        same("handle", made["handle"], story.handle(name))
        same("own profile", person.ask("GET", "/api/users/me")["handle"], story.handle(name))


def follow(story: Story) -> None:
    story.bruno.follow(story.handle("ana"))


def open_sockets(story: Story) -> None:
    story.used_ticket = story.ana.ticket()
    story.sockets["ana"] = Listener.open(story.stack, lambda: story.used_ticket, grant=story.ana.grant)
    story.sockets["bruno"] = Listener.open(story.stack, story.bruno.ticket, grant=story.bruno.grant)


def refuse_sockets(story: Story) -> None:
    same("status for a used ticket", _refusal(story, story.used_ticket, ""), 403)
    same("status for a foreign Origin", _refusal(story, story.ana.ticket(), "https://elsewhere.example"), 403)


def publish(story: Story) -> None:
    story.post = story.ana.post("Esta noche, al borde del río.", city=story.city, media=[(story.upload["id"], ALT)])
    shown = story.post["media"][0]
    for measure in ("width", "height", "blurhash"):
        same(measure, shown[measure], story.media[measure])


def hear_of_post(story: Story) -> None:
    frame = story.sockets["bruno"].expect("post.created", FRAME_SECONDS)
    same("channel", frame["channel"], "home")
    same("post", frame["data"]["id"], story.post["id"])


def read_feed(story: Story) -> None:
    first = story.bruno.feed()[0]
    same("post", first["id"], story.post["id"])
    same("author", first["author"]["handle"], story.handle("ana"))
    same("alt text", first["media"][0]["alt"], ALT)
    same("likes", (first["totals"]["like"], first["reaction"]), (0, None))


def like(story: Story) -> None:
    story.sockets["ana"].subscribe(f"post:{story.post['id']}")
    answer = story.bruno.react(story.post["id"])
    same("answer", (answer["totals"]["like"], answer["reaction"]), (1, "like"))
    same("count for others", _settled_likes(story, 1), 1)
    frame = story.sockets["ana"].expect("reaction.changed", FRAME_SECONDS)
    same("count in the frame", frame["data"]["totals"]["like"], 1)


def unlike(story: Story) -> None:
    answer = story.bruno.unreact(story.post["id"])
    same("answer", (answer["totals"]["like"], answer["reaction"]), (0, None))
    same("count for others", _settled_likes(story, 0), 0)
    frame = story.sockets["ana"].expect("reaction.changed", FRAME_SECONDS)
    same("count in the frame", frame["data"]["totals"]["like"], 0)


def list_milongas(story: Story) -> None:
    starts_at = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    event = {
        "title": "Milonga del ensayo", "description": "", "kind": "milonga", "city": story.city, "country": "AR",
        "venue_name": "Salón", "address": "Corrientes 348", "latitude": -34.6037, "longitude": -58.3816,
        "zone": "America/Argentina/Buenos_Aires",
        "starts_at": _utc(starts_at), "ends_at": _utc(starts_at + timedelta(hours=4)),
    }  # fmt: skip
    made = story.ana.ask("POST", "/api/events", 201, json=event)
    asked = {
        "city": story.city, "from": _utc(starts_at - timedelta(days=1)), "to": _utc(starts_at + timedelta(days=1)),
    }  # fmt: skip
    answer = story.stack.viewer.get("/api/public/events", params=asked)
    same("status", answer.status_code, 200)
    same("events", [one["id"] for one in answer.json()["items"]], [made["id"]])
    expect("max-age=300" in answer.headers["cache-control"], "five minutes in caches", answer.headers["cache-control"])
    again = story.stack.viewer.get(
        "/api/public/events", params=asked, headers={"If-None-Match": answer.headers["etag"]}
    )
    same("status with the ETag", again.status_code, 304)


def ask_health(story: Story) -> None:
    """Everybody hears whether the API runs; only a moderator, what it stands on."""
    same("health", story.stack.viewer.get("/api/public/health").json(), {"status": "ok"})
    same("status for a dancer", story.bruno.request("GET", "/api/health").status_code, 403)
    story.ana.make_moderator()
    story.ana.sign_in()
    health = story.ana.ask("GET", "/api/health")
    same("health", health["status"], "ok")


def leave(story: Story) -> None:
    """A socket that is closed is nobody's any more; what is left of it ends by age."""
    ids = {str(person.ask("GET", "/api/users/me")["id"]) for person in (story.ana, story.bruno)}
    expect(_rows(story, ids), "rows of the open sockets", "none")
    for socket in story.sockets.values():
        socket.close()
    same("rows of open sockets", comes_to_nothing(lambda: _rows(story, ids)), [])


STEPS = (
    Step("two dancers sign up, confirm and sign in", sign_up),
    Step("nobody gets past the gateway without a valid token", refuse_strangers),
    Step("each makes a profile", make_profiles, first_call=True),
    Step("Bruno follows Ana", follow),
    Step("both open a socket with a single-use ticket", open_sockets, first_call=True),
    Step("a used ticket and a foreign Origin are refused", refuse_sockets),
    Step("Ana asks to upload a photograph", photograph_steps.ask_for_upload),
    Step("S3 takes the photograph", photograph_steps.upload_photograph),
    Step("Ana hears media.received, then media.ready", photograph_steps.hear_of_media, first_call=True),
    Step("its variants are upright and silent of place and camera", photograph_steps.see_variants),
    Step("its sources go into a <picture> as they are", photograph_steps.offer_sources),
    Step("Ana posts the photograph", publish),
    Step("Bruno hears post.created", hear_of_post),
    Step("Bruno's feed has it", read_feed),
    Step("Bruno likes it: one, and Ana hears reaction.changed", like, first_call=True),
    Step("Bruno takes it back: none", unlike),
    Step("Bruno writes to Ana, who is asked first", conversation_steps.ask_to_talk),
    Step("Ana accepts and answers, and Bruno hears it", conversation_steps.accept_and_answer),
    Step("Bruno's socket is cut, and he gets what he missed, once", conversation_steps.lose_socket_meanwhile),
    Step("Bruno reads it all, and Ana sees that he did", conversation_steps.read_messages),
    Step("Carla joins", notification_steps.join),
    Step("Ana's browser registers for Web Push", notification_steps.register_browser),
    # To tell totals again the function that counts waits for a second, and the local cloud reads no other stream then.
    Step("Bruno and Carla like it: Ana hears one notification", notification_steps.hear_of_two_likes, first_call=True),
    Step("her browser shows it while no page is open", notification_steps.show_push, first_call=True),
    Step("Ana reads it, on every device", notification_steps.read_notifications),
    Step("Bruno's digest comes by mail", notification_steps.receive_digest, first_call=True),
    Step("one click ends his digests", notification_steps.end_digests),
    Step("a milonga is listed, with cache headers and ETag", list_milongas),
    Step("Ana publishes a weekly milonga, with one place", event_steps.publish_weekly),
    Step("Bruno finds it: near me, tonight", event_steps.find_tonight),
    Step("Carla gets the place, and Bruno waits", event_steps.register),
    Step("she gives it back, and Bruno hears that he moved up", event_steps.move_up),
    Step("he takes it into his calendar", event_steps.take_home_calendar, first_call=True),
    Step("Ana calls it off", event_steps.call_off),
    Step("health: shallow for all, in depth for a moderator", ask_health),
    Step(
        "Ana deletes the photograph, and it is gone from post and edge",
        photograph_steps.delete_photograph,
        first_call=True,
    ),
    Step("both close their sockets, and no row is left", leave),
)


def _refusal(story: Story, ticket: str, origin: str) -> int | None:
    """The status of a socket that is not opened; None where it is."""
    try:
        Listener.open(story.stack, lambda: ticket, grant=story.ana.grant, origin=origin).close()
    except SocketRefused as refused:
        return refused.status
    return None


def _calls(story: Story) -> int:
    """Of the API function so far; 0 where the stack is not on this machine: its log may come minutes later there."""
    stack = story.stack
    return logs.invocations(stack, stack.log_group("ApiFunction")) if stack.aws.endpoint else 0


def _settled_likes(story: Story, expected: int) -> int:
    """What the author sees, once the count has followed the reaction through its stream."""
    deadline = time.monotonic() + FRAME_SECONDS
    while True:
        likes: int = story.ana.ask("GET", f"/api/posts/{story.post['id']}")["totals"]["like"]
        if likes == expected or time.monotonic() > deadline:
            return likes
        time.sleep(0.05)


def _rows(story: Story, user_ids: set[str]) -> list[str]:
    """The keys of what says of these people's sockets that they are open."""
    pages = story.stack.aws.dynamodb.get_paginator("scan").paginate(TableName=story.stack.resource("ConnectionsTable"))
    rows = [item for page in pages for item in page["Items"]]
    return [
        row["pk"]["S"]
        for row in rows
        if (row["sk"]["S"] == "meta" and row["user_id"]["S"] in user_ids and "closed" not in row)
        or (row["pk"]["S"].removeprefix("user#") in user_ids and row.get("sockets", {}).get("SS"))
    ]


def _utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


# What a step may raise where the platform does not do what it must.
FAILURES = (
    Unexpected, Refused, Refusal, SocketRefused, SocketEnded, ChannelRefused, TimeoutError, WebSocketException,
    OSError, httpx.HTTPError,
    botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, LookupError,
)  # fmt: skip
